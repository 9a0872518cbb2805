// Writes the package.json of an image: what the bundle does not contain, and the packages for Firebase, which are optional elsewhere.
//   node deploy/image/package.mjs <the repository> <the tree>
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [, , source, tree] = process.argv
const read = path => JSON.parse(readFileSync(join(source, path), 'utf8'))
const { dependencies, engines, license, name, type, version } = read('package.json')
const forFirebase = Object.entries(read('src/package.json').dependencies).filter(([one]) =>
  /^(firebase-admin|@google-cloud\/)/.test(one)
)
const needed = { ...dependencies, ...Object.fromEntries(forFirebase) }
writeFileSync(
  join(tree, 'package.json'),
  `${JSON.stringify({ name, version, license, private: true, type, engines, dependencies: needed }, null, 2)}\n`
)
