// Whether build/console is what the present sources would be built to. Plain JavaScript for any Node since 20, like set-up, which asks it.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const SOURCES = ['src/console', 'src/client', 'tools/console']

const filesIn = (root, folder) =>
  readdirSync(join(root, folder), { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules')
    .flatMap(entry => {
      const path = `${folder}/${entry.name}`
      return entry.isDirectory() ? filesIn(root, path) : [path]
    })

/** What the present sources would be built to; `undefined` where they are not. */
export const consoleStamp = root => {
  if (!SOURCES.every(folder => existsSync(join(root, folder)))) return undefined
  const hash = createHash('sha256')
  const files = SOURCES.flatMap(folder => filesIn(root, folder)).toSorted((a, b) => (a < b ? -1 : 1))
  for (const file of [...files, 'scripts/console.mjs'])
    hash.update(`${file}\n`).update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

export const stampFileOf = root => join(root, 'build', 'console', '.stamp')

export const isConsoleStale = root => {
  const wanted = consoleStamp(root)
  const file = stampFileOf(root)
  return wanted !== undefined && (!existsSync(file) || readFileSync(file, 'utf8') !== wanted)
}
