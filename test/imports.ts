// What the project's files import, for the tests of its structure.
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const IMPORT = /(?:from|import)\s*\(?\s*'([^']+)'/g

/** All TypeScript files of a folder, as paths from the project's root. */
export const filesIn = (folder: string): ReadonlyArray<string> =>
  globSync('**/*.{ts,tsx}', { cwd: join(ROOT, folder) }).map(file => join(folder, file))

/** What a file with this text imports: project files as paths from the root, packages by their name; types count too. */
export const importsIn = (file: string, text: string): ReadonlyArray<string> =>
  [...text.matchAll(IMPORT)].map(([, target = '']) =>
    target.startsWith('.') ? relative(ROOT, join(ROOT, dirname(file), target)) : target
  )

export const importsOf = (file: string): ReadonlyArray<string> =>
  importsIn(file, readFileSync(join(ROOT, file), 'utf8'))

/** Which file imports which. */
export type ImportGraph = ReadonlyMap<string, ReadonlyArray<string>>

export const graphOf = (files: ReadonlyArray<string>): ImportGraph =>
  new Map(files.map(file => [file, importsOf(file)]))

/** Circles of imports, each as `a → b → a`; one of those that share a file may stand for all. */
export const circlesIn = (graph: ImportGraph): ReadonlyArray<string> => {
  const circles: Array<string> = []
  const visited = new Set<string>()
  const visit = (file: string, path: ReadonlyArray<string>): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '))
    if (visited.has(file)) return
    visited.add(file)
    for (const next of graph.get(file) ?? []) visit(next, [...path, file])
  }
  for (const file of graph.keys()) visit(file, [])
  return circles
}
