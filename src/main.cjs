// What `main.ts` links to: an older Node takes it as the JavaScript that it is, and can say that it is too old.
require('../scripts/needs-node.cjs')
void import('./launch.ts').then(({ launchServer }) => launchServer())
