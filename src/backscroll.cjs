// What the command `backscroll` runs; like `main.cjs` it tells an older Node that it is too old.
require('../scripts/needs-node.cjs')
void import('./launch.ts').then(({ launchCommand }) => launchCommand())
