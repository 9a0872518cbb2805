// The house: who may import whom. The rules are those of docs/architecture.md; each has a proof that it notices.
import { globSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { circlesIn, filesIn, graphOf, importsIn, importsOf, type ImportGraph } from './imports.ts'

/** Which room of src/ may look into which: each may also look into itself. */
const ROOMS: Readonly<Record<string, ReadonlyArray<string>>> = {
  domain: [],
  // What others install: it brings nothing of the server with it.
  client: [],
  // Runs in browsers, with nothing of the server but its contract.
  console: ['client'],
  config: ['domain'],
  'config.ts': ['domain', 'config'],
  machines: ['domain'],
  services: ['domain'],
  actors: ['domain', 'machines', 'services'],
  http: ['domain', 'services'],
  app: ['config.ts', 'domain', 'services', 'actors', 'http', 'client'],
  'launch.ts': ['app'],
  'main.ts': ['launch.ts']
}

/** The wings of src/services from the top floor down. A wing imports only from the floors below its own. */
const FLOORS: ReadonlyArray<ReadonlyArray<string>> = [
  ['firestore'],
  ['firebase', 'personal-data', 'retention'],
  ['webhooks'],
  ['feed'],
  ['outbox', 'media', 'intake'],
  ['accounts.ts'],
  ['history'],
  ['whatsapp'],
  ['conversations'],
  ['incidents', 'telemetry'],
  ['journal', 'events', 'access'],
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
  '@statelyai/inspect': ['src/actors/'],
  'https-proxy-agent': ['src/services/whatsapp/proxy/'],
  'socks-proxy-agent': ['src/services/whatsapp/proxy/']
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

const sources = filesIn('src')

test('no file of src/ imports what it must not', () => {
  expect(sources.length).toBeGreaterThan(200)
  expect(sources.flatMap(file => violations(file, importsOf(file)))).toEqual([])
})

/** The tables that a file's SQL statements name. */
const tablesIn = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/\b(?:FROM|JOIN|INTO|UPDATE)\s+([a-z_]+)/g)].map(([, table = '']) => table)

/** Which wing declares which table, in its `tables.ts`. */
const ownerOf = new Map(
  globSync('src/services/*/tables.ts').flatMap(file =>
    [...readFileSync(file, 'utf8').matchAll(/name: '([a-z_]+)'/g)].map(
      ([, table = '']) => [table, segment(file, 2)] as const
    )
  )
)

/** Tables of higher wings, or of others of its floor, that a file's SQL names. */
const tableViolations = (file: string, text: string): ReadonlyArray<string> =>
  tablesIn(text).flatMap(table => {
    const owner = ownerOf.get(table)
    const wing = segment(file, 2)
    const isAllowed = owner === undefined || owner === wing || floorOf(owner) > floorOf(wing)
    return isAllowed ? [] : [`${file} names ${table}, a table of ${owner}`]
  })

test('no wing reads or writes a table of a wing above it', () => {
  expect(ownerOf.size).toBeGreaterThan(20)
  // Migrations create the tables of all wings.
  const wings = sources.filter(file => segment(file, 1) === 'services' && segment(file, 3) !== 'migrations')
  expect(wings.flatMap(file => tableViolations(file, readFileSync(file, 'utf8')))).toEqual([])
  const above = tableViolations('src/services/journal/x.ts', 'sql`SELECT 1 FROM outbox WHERE entry_id = 1`')
  expect(above).toEqual(['src/services/journal/x.ts names outbox, a table of outbox'])
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
    ['the entry that composes by itself', 'src/launch.ts', "import { a } from './services/accounts.ts'"],
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

describe('circles of imports', () => {
  test('there are none, in the product or beside it', () => {
    const files = ['src', 'simulator', 'harness', 'bench', 'demo', 'test'].flatMap(filesIn)
    expect(circlesIn(graphOf(files))).toEqual([])
  })

  test('one is noticed, with the files that are in it', () => {
    const graph = new Map([
      ['main', ['a']],
      ['a', ['b', 'leaf']],
      ['b', ['c']],
      ['c', ['a', 'leaf']],
      ['leaf', []]
    ])
    expect(circlesIn(graph)).toEqual(['a → b → c → a'])
    expect(circlesIn(new Map([...graph, ['c', ['leaf']]]))).toEqual([])
    expect(circlesIn(new Map([['alone', ['alone']]]))).toEqual(['alone → alone'])
  })
})

/** From the bottom: a file imports files of its own layer and of those before it. */
const LAYERS = [
  ['wire/'],
  ['signal/'],
  ['state/'],
  ['protocol/'],
  ['phone/', 'phone.ts', 'phone-factory.ts', 'simulator.ts'],
  ['control/'],
  ['main.ts', 'launch.ts', 'measure.ts']
]

const layerOf = (file: string): number => {
  const inside = file.replace(/^simulator\//, '')
  return LAYERS.findIndex(layer => layer.some(name => inside.startsWith(name)))
}

const isProject = (target: string): boolean => /^(src|harness|bench|demo|test)\//.test(target)

/** Imports of the simulator that leave it or run up. */
const simulatorViolations = (graph: ImportGraph): ReadonlyArray<string> =>
  [...graph].flatMap(([file, targets]) =>
    targets
      .filter(target =>
        target.startsWith('simulator/') ? layerOf(target) > layerOf(file) : isProject(target)
      )
      .map(target => `${file} imports ${target}`)
  )

describe('the simulator', () => {
  test('has a layer for every file, none imports a higher one or anything of the project', () => {
    const simulator = graphOf(filesIn('simulator'))
    expect(simulator.size).toBeGreaterThan(50)
    expect([...simulator.keys()].filter(file => layerOf(file) < 0)).toEqual([])
    expect(simulatorViolations(simulator)).toEqual([])
  })

  test.each([
    ['state that imports the protocol', 'simulator/state/x.ts', "import { a } from '../protocol/queries.ts'"],
    [
      'a type of the control port in the simulator',
      'simulator/simulator.ts',
      "import type { A } from './control/port.ts'"
    ],
    ['the product', 'simulator/phone.ts', "import type { Message } from '../src/domain/message.ts'"],
    ['the harness', 'simulator/launch.ts', "import { Api } from '../harness/api.ts'"]
  ])('notices %s', (_, file, text) => {
    expect(simulatorViolations(new Map([[file, importsIn(file, text)]]))).toHaveLength(1)
  })
})
