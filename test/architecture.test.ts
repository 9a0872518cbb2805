// The house: who may import whom. The rules are those of docs/architecture.md; each has a proof that it notices.
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

const IMPORT = /(?:from|import)\s*\(?\s*'([^']+)'/g

/** What a text imports, types included: project files as paths from the root, packages by their name. */
const importsIn = (file: string, text: string): ReadonlyArray<string> =>
  [...text.matchAll(IMPORT)].map(([, target]) =>
    target!.startsWith('.') ? relative(ROOT, join(ROOT, dirname(file), target!)) : target!
  )

const importsOf = (file: string) => importsIn(file, readFileSync(join(ROOT, file), 'utf8'))

/** Which room of src/ may look into which: each may also look into itself. */
const ROOMS: Readonly<Record<string, ReadonlyArray<string>>> = {
  domain: [],
  'config.ts': ['domain'],
  machines: ['domain'],
  services: ['domain'],
  actors: ['domain', 'machines', 'services'],
  http: ['domain', 'services'],
  app: ['config.ts', 'domain', 'services', 'actors', 'http'],
  'main.ts': ['app']
}

/** The wings of src/services from the top floor down. A wing imports only from the floors below its own. */
const FLOORS: ReadonlyArray<ReadonlyArray<string>> = [
  ['firestore'],
  ['firebase'],
  ['webhooks', 'outbox', 'media', 'intake'],
  ['accounts.ts'],
  ['history'],
  ['whatsapp'],
  ['conversations'],
  ['incidents', 'telemetry'],
  ['journal', 'events'],
  ['ownership'],
  ['vault'],
  ['database'],
  ['process']
]
const floorOf = (wing: string): number => FLOORS.findIndex(wings => wings.includes(wing))

/** Packages that only some places may know. */
const PACKAGES: Readonly<Record<string, ReadonlyArray<string>>> = {
  '@whiskeysockets/baileys': ['src/services/whatsapp/'],
  'node:sqlite': ['src/services/database/sqlite/'],
  '@effect/sql-pg': ['src/services/database/postgres/'],
  'firebase-admin': ['src/services/firestore/', 'src/services/firebase/'],
  '@google-cloud/firestore': ['src/services/firestore/'],
  xstate: ['src/machines/', 'src/actors/'],
  '@statelyai/inspect': ['src/actors/']
}

const segment = (path: string, at: number): string => path.split('/')[at] ?? ''

const brokenByRoom = (file: string, target: string): boolean => {
  const from = segment(file, 1)
  const to = segment(target, 1)
  return from !== to && !(ROOMS[from] ?? []).includes(to)
}

const brokenByFloor = (file: string, target: string): boolean => {
  if (segment(file, 1) !== 'services' || segment(target, 1) !== 'services') return false
  const from = segment(file, 2)
  const to = segment(target, 2)
  return from !== to && floorOf(from) >= floorOf(to)
}

const brokenByPackage = (file: string, target: string): boolean =>
  Object.entries(PACKAGES).some(
    ([name, places]) =>
      (target === name || target.startsWith(`${name}/`)) && !places.some(place => file.startsWith(place))
  )

const isOutside = (target: string): boolean => /^(simulator|harness|demo|test|bench)\//.test(target)

/** The rules a file breaks by its imports, in words. */
const violations = (file: string, imports: ReadonlyArray<string>): ReadonlyArray<string> =>
  imports.flatMap(target => {
    if (isOutside(target)) return [`${file} imports ${target}, which is not part of the product`]
    if (!target.startsWith('src/')) {
      const isPureMachine = segment(file, 1) !== 'machines' || target === 'xstate'
      return brokenByPackage(file, target) || !isPureMachine ? [`${file} imports ${target}`] : []
    }
    return brokenByRoom(file, target) || brokenByFloor(file, target) ? [`${file} imports ${target}`] : []
  })

const sources = globSync('src/**/*.ts', { cwd: ROOT })

test('no file of src/ imports what it must not', () => {
  expect(sources.length).toBeGreaterThan(200)
  expect(sources.flatMap(file => violations(file, importsOf(file)))).toEqual([])
})

test('every wing has a floor', () => {
  const wings = new Set(sources.filter(file => segment(file, 1) === 'services').map(file => segment(file, 2)))
  expect([...wings].filter(wing => floorOf(wing) === -1)).toEqual([])
})

describe('the rule notices', () => {
  test.each([
    [
      'a service that knows a machine',
      'src/services/outbox/x.ts',
      "import { a } from '../../machines/account.ts'"
    ],
    ['a machine that knows a service', 'src/machines/x.ts', "import { a } from '../services/accounts.ts'"],
    ['a machine that knows Effect', 'src/machines/x.ts', "import { Effect } from 'effect'"],
    ['a service that knows XState', 'src/services/outbox/x.ts', "import { setup } from 'xstate'"],
    ['pure types that know a service', 'src/domain/x.ts', "import { a } from '../services/accounts.ts'"],
    ['HTTP that reaches into actors', 'src/http/x.ts', "import { layer } from '../actors/root.ts'"],
    ['an actor that reaches into HTTP', 'src/actors/x.ts', "import { Api } from '../http/api.ts'"],
    ['the entry that composes by itself', 'src/main.ts', "import { a } from './services/accounts.ts'"],
    ['anything that knows the composition', 'src/http/x.ts', "import { a } from '../app/server.ts'"],
    ['an arrow that runs up', 'src/services/history/x.ts', "import { a } from '../outbox/outbox.ts'"],
    ['a type that runs up', 'src/services/vault/x.ts', "import type { A } from '../journal/journal.ts'"],
    ['two wings of one floor', 'src/services/media/x.ts', "import { a } from '../outbox/outbox.ts'"],
    ['a wing that has no floor', 'src/services/outbox/x.ts', "import { a } from '../misc/x.ts'"],
    [
      'Baileys outside its wing',
      'src/services/outbox/x.ts',
      "import { proto } from '@whiskeysockets/baileys'"
    ],
    ['SQLite outside its folder', 'src/services/database/x.ts', "import { DatabaseSync } from 'node:sqlite'"],
    [
      'Postgres outside its folder',
      'src/services/database/x.ts',
      "import { PgClient } from '@effect/sql-pg'"
    ],
    ['Firebase outside its wings', 'src/http/x.ts', "import { getAuth } from 'firebase-admin/auth'"],
    [
      'the product that imports the simulator',
      'src/app/x.ts',
      "import { a } from '../../simulator/simulator.ts'"
    ],
    ['a dynamic import too', 'src/http/x.ts', "await import('../actors/root.ts')"]
  ])('%s', (_, file, text) => {
    expect(violations(file, importsIn(file, text))).not.toEqual([])
  })

  test('and lets through what is allowed', () => {
    const text = "import { a } from '../conversations/apply.ts'\nimport { Effect } from 'effect'"
    expect(violations('src/services/outbox/x.ts', importsIn('src/services/outbox/x.ts', text))).toEqual([])
  })
})

/** Circles in a graph of imports, each as a path that ends where it began. */
const circlesOf = (graph: ReadonlyMap<string, ReadonlyArray<string>>): ReadonlyArray<string> => {
  const circles: Array<string> = []
  const seen = new Set<string>()
  const visit = (file: string, path: ReadonlyArray<string>): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '))
    if (seen.has(file)) return
    seen.add(file)
    for (const next of graph.get(file) ?? []) visit(next, [...path, file])
  }
  for (const file of graph.keys()) visit(file, [])
  return circles
}

describe('circles of imports', () => {
  test.each(['src', 'simulator', 'bench', 'harness', 'demo'])('%s has none', folder => {
    const files = globSync(`${folder}/**/*.ts`, { cwd: ROOT })
    expect(files.length).toBeGreaterThan(0)
    const graph = new Map(
      files.map(file => [file, importsOf(file).filter(target => target.startsWith(`${folder}/`))])
    )
    expect(circlesOf(graph)).toEqual([])
  })

  test('the simulator imports nothing of the product', () => {
    const broken = globSync('simulator/**/*.ts', { cwd: ROOT }).flatMap(file =>
      importsOf(file).filter(target => target.startsWith('src/'))
    )
    expect(broken).toEqual([])
  })

  test('one is noticed', () => {
    const graph = new Map([
      ['a', ['b']],
      ['b', ['c']],
      ['c', ['a']]
    ])
    expect(circlesOf(graph)).toEqual(['a → b → c → a'])
  })
})
