// The dependency rule of docs/architecture: main → {http, actors} → {services, machines} → domain, and who may know what.
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const filesOf = (folder: string) =>
  globSync('**/*.ts', { cwd: join(ROOT, folder) }).map(file => join(folder, file))

const IMPORT = /(?:from|import)\s*\(?\s*'([^']+)'/g

/** What a file imports: project files as paths from the root, packages by their name. */
const importsIn = (file: string, text: string): ReadonlyArray<string> =>
  [...text.matchAll(IMPORT)].map(([, target]) =>
    target!.startsWith('.') ? relative(ROOT, join(ROOT, dirname(file), target!)) : target!
  )

const importsOf = (file: string) => importsIn(file, readFileSync(join(ROOT, file), 'utf8'))

/** Which room of src/ may look into which: each may also look into itself. */
const MAY_IMPORT: Readonly<Record<string, ReadonlyArray<string>>> = {
  domain: [],
  machines: ['domain'],
  services: ['domain'],
  actors: ['domain', 'machines', 'services'],
  http: ['domain', 'services'],
  app: ['config.ts', 'actors', 'http', 'services', 'domain'],
  'main.ts': ['config.ts', 'app', 'actors', 'http', 'services', 'domain'],
  'migrate-store.ts': ['config.ts', 'app', 'services', 'domain'],
  'config.ts': ['domain']
}

const roomOf = (path: string): string => path.split('/')[1] ?? ''

/** The rules a file breaks by an import, in words. */
const violations = (file: string, imports: ReadonlyArray<string>): ReadonlyArray<string> => {
  const broken: Array<string> = []
  const room = roomOf(file)
  for (const target of imports) {
    if (target.startsWith('src/')) {
      const other = roomOf(target)
      if (other !== room && !(MAY_IMPORT[room] ?? []).includes(other))
        broken.push(`${file} imports ${target}`)
    } else if (/^(simulator|harness|demo|test|bench)\//.test(target)) {
      broken.push(`${file} imports ${target}, which is not part of the product`)
    }
    const knows = (name: string, ...where: ReadonlyArray<string>) => {
      if (target === name || target.startsWith(`${name}/`)) {
        if (!where.some(room => file.startsWith(room)))
          broken.push(`${file} imports ${name}, which only ${where.join(' and ')} may know`)
      }
    }
    knows('@whiskeysockets/baileys', 'src/services/whatsapp/')
    knows('node:sqlite', 'src/services/database/sqlite/')
    knows('firebase-admin', 'src/services/firestore/', 'src/services/firebase/')
    if (room === 'machines' && target !== 'xstate' && !target.startsWith('src/'))
      broken.push(`${file} imports ${target}`)
    if (room === 'services' && target === 'xstate') broken.push(`${file} imports xstate`)
    if (room === 'domain' && target.startsWith('xstate')) broken.push(`${file} imports xstate`)
  }
  return broken
}

const sources = filesOf('src')

test('no folder of src/ imports what it must not', () => {
  expect(sources.length).toBeGreaterThan(30)
  expect(sources.flatMap(file => violations(file, importsOf(file)))).toEqual([])
})

describe('the rule notices', () => {
  test.each([
    ['a service that knows a machine', 'src/services/x.ts', "import { a } from '../machines/account.ts'"],
    ['a machine that knows Effect', 'src/machines/x.ts', "import { Effect } from 'effect'"],
    ['HTTP that reaches into actors', 'src/http/x.ts', "import { layer } from '../actors/root.ts'"],
    ['an actor that reaches into HTTP', 'src/actors/x.ts', "import { Api } from '../http/api.ts'"],
    [
      'Baileys outside its wing',
      'src/services/outbox/x.ts',
      "import { proto } from '@whiskeysockets/baileys'"
    ],
    [
      'the product that imports the simulator',
      'src/main.ts',
      "import { Simulator } from '../simulator/simulator.ts'"
    ],
    ['a dynamic import too', 'src/http/x.ts', "await import('../actors/root.ts')"]
  ])('%s', (_, file, text) => {
    expect(violations(file, importsIn(file, text))).not.toEqual([])
  })
})

test('no file of src/ takes part in a circle of imports', () => {
  const graph = new Map(
    sources.map(file => [file, importsOf(file).filter(target => target.startsWith('src/'))])
  )
  const circles: Array<string> = []
  const visit = (file: string, path: ReadonlyArray<string>, seen: Set<string>): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '))
    if (seen.has(file)) return
    seen.add(file)
    for (const next of graph.get(file) ?? []) visit(next, [...path, file], seen)
  }
  const seen = new Set<string>()
  for (const file of sources) visit(file, [], seen)
  expect(circles).toEqual([])
})
