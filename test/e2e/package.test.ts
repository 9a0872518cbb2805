// What is published: the bundle with its command, and nothing that only development needs. `npm run check:package` installs it.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { temporaryFolder } from '../../harness/server-process.ts'
import { thoroughTest } from '../thorough.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const MODULES = join(ROOT, 'node_modules')

interface Packed {
  readonly filename: string
  readonly size: number
  readonly files: ReadonlyArray<{ readonly path: string }>
}

let folder: ReturnType<typeof temporaryFolder>
let packed: Packed
beforeAll(() => {
  folder = temporaryFolder()
  const { stderr, stdout } = spawnSync(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', folder.path],
    { cwd: ROOT, encoding: 'utf8' }
  )
  if (stdout === '') throw new Error(stderr)
  packed = (JSON.parse(stdout) as [Packed])[0]
})
afterAll(() => folder.remove())

test('it has the bundle, its client with types and the documents; no sources, no tests, no data', () => {
  const paths = packed.files.map(({ path }) => path)
  expect(paths).toEqual(
    expect.arrayContaining([
      'LICENSE',
      'README.md',
      'bin/backscroll.cjs',
      'build/THIRD-PARTY-NOTICES.txt',
      'build/backscroll.js',
      'build/client/index.d.ts',
      'build/client/index.js',
      'build/demo.js',
      'build/main.js',
      'docs/command-line.md',
      'package.json'
    ])
  )
  const expected = /^(LICENSE|README\.md|CHANGELOG\.md|package\.json|bin\/|build\/|docs\/[\w-]+\.md$)/
  expect(paths.filter(path => !expected.test(path))).toEqual([])
  expect(packed.size).toBeLessThan(6_000_000)
})

test('the license of every package whose code is in the bundle lets it be there', () => {
  const notices = readFileSync(join(ROOT, 'build', 'THIRD-PARTY-NOTICES.txt'), 'utf8')
  const licenses = [...notices.matchAll(/^(\S+) \d+\.\d+\.\d+\S*: (.+?)(?:,|$)/gm)].map(
    ([, name, license]) => [name, license] as const
  )
  expect(licenses.map(([name]) => name)).toEqual(
    expect.arrayContaining(['@whiskeysockets/baileys', 'effect', 'xstate'])
  )
  const free = /^(MIT|ISC|0BSD|Unlicense|BSD-[23]-Clause|Apache-2\.0|BlueOak-1\.0\.0|MPL-2\.0|\(.*MIT.*\))$/
  expect(licenses.filter(([, license]) => !free.test(license ?? ''))).toEqual([])
})

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly version: string
  readonly dependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
}

/** What npm does not install with it: what the bundle contains, and what is for Firebase. */
const NOT_INSTALLED = new Set([
  '@effect',
  '@google-cloud',
  '@statelyai',
  '@whiskeysockets',
  'effect',
  'firebase-admin',
  'google-gax',
  'mediabunny',
  'xstate'
])

/** The package where npm would put it, beside what it depends on. */
const project = (): string => join(folder.path, 'project')
const install = (): void => {
  const modules = join(project(), 'node_modules')
  if (existsSync(modules)) return
  mkdirSync(join(modules, '.bin'), { recursive: true })
  for (const name of readdirSync(MODULES)) {
    if (name.startsWith('.') || NOT_INSTALLED.has(name)) continue
    symlinkSync(join(MODULES, name), join(modules, name))
  }
  mkdirSync(join(modules, 'backscroll'))
  const unpacked = spawnSync(
    'tar',
    ['-xzf', join(folder.path, packed.filename), '-C', join(modules, 'backscroll'), '--strip-components=1'],
    { encoding: 'utf8' }
  )
  expect([unpacked.status, unpacked.stderr]).toEqual([0, ''])
  symlinkSync('../backscroll/bin/backscroll.cjs', join(modules, '.bin', 'backscroll'))
}

thoroughTest('npx backscroll demo runs from it in a folder with nothing else', async () => {
  install()
  const { stderr, stdout } = spawnSync(
    'npx',
    ['--no-install', 'backscroll', 'demo', '--exit', '--chats', '3', '--messages', '60'],
    { cwd: project(), encoding: 'utf8' }
  )
  const result: unknown = JSON.parse(stdout.trim().split('\n').at(-1) ?? stderr)
  expect(result).toMatchObject({ missing: 0, duplicates: 0, different: 0, sent: 10, received_once: 10 })
  // Nothing is left in the folder, and the client of the package is there for programs.
  expect(readdirSync(project())).toEqual(['node_modules'])
  const program = "import { Backscroll } from 'backscroll/client'; console.log(typeof Backscroll)"
  const client = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: project(),
    encoding: 'utf8'
  })
  expect([client.stdout, client.stderr]).toEqual(['function\n', ''])
})

thoroughTest(
  'it says its version, and what to install for settings that need more than it brings',
  async () => {
    install()
    const run = (args: ReadonlyArray<string>, environment: Readonly<Record<string, string>>) =>
      spawnSync(process.execPath, [join(project(), 'node_modules', '.bin', 'backscroll'), ...args], {
        cwd: folder.path,
        env: { PATH: process.env['PATH'], ...environment },
        encoding: 'utf8'
      })
    expect(run(['--version'], {}).stdout).toBe(`${manifest.version}\n`)
    const firestore = run(['start'], {
      STORE: 'firestore',
      FIREBASE_PROJECT_ID: 'demo-shop',
      FIRESTORE_EMULATOR_HOST: '127.0.0.1:9',
      PORT: '0',
      DATA_DIR: join(folder.path, 'data')
    })
    expect(firestore.status).toBe(1)
    const [, major] = /npm install firebase-admin@(\d+)\n/.exec(firestore.stderr) ?? [firestore.stderr]
    expect(manifest.peerDependencies['firebase-admin']).toMatch(new RegExp(`^\\^${major}\\.`))
  }
)

const older = ['/usr/bin/node', '/usr/local/bin/node'].find(path => {
  if (!existsSync(path)) return false
  const { stdout } = spawnSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' })
  return Number.parseInt(stdout, 10) < 22
})

const read = (file: string): { readonly [field: string]: Readonly<Record<string, string>> } =>
  JSON.parse(readFileSync(join(ROOT, file), 'utf8'))
const numbersOf = (version: string): ReadonlyArray<number> => version.split('.').map(Number)

test('no package that it brings needs a newer Node than it says: npm would warn at each start', () => {
  const { dependencies, engines } = read('package.json')
  const [oldest = ''] = /[\d.]+$/.exec(engines!['node']!) ?? []
  const needs = Object.keys(dependencies!).flatMap(name => {
    const [, needed] =
      /^>=\s*([\d.]+)/.exec(read(`node_modules/${name}/package.json`)['engines']?.['node'] ?? '') ?? []
    return needed === undefined ? [] : [{ name, needed }]
  })
  expect(needs.map(({ name }) => name)).toContain('piscina')
  const isNewer = (needed: string): boolean => {
    const [[major = 0, minor = 0], [ourMajor = 0, ourMinor = 0]] = [numbersOf(needed), numbersOf(oldest)]
    return major > ourMajor || (major === ourMajor && minor > ourMinor)
  }
  expect(needs.filter(({ needed }) => isNewer(needed))).toEqual([])
  expect(isNewer('22.20.0')).toBe(true)
})

test('an older Node is told what to do', () => {
  const entry = join(ROOT, 'build', 'backscroll.js')
  const pretended = spawnSync(
    process.execPath,
    [
      '--import',
      `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'22.18.1'}})`,
      entry
    ],
    { encoding: 'utf8' }
  )
  const sentence = /^Backscroll needs Node 22\.19 or newer, found [\d.]+: install Node 24 .*\n$/
  expect([pretended.status, pretended.stdout, pretended.stderr]).toEqual([
    1,
    '',
    expect.stringMatching(sentence)
  ])
  if (older === undefined) return
  const really = spawnSync(older, [entry], { encoding: 'utf8' })
  expect([really.status, really.stderr]).toEqual([1, expect.stringMatching(sentence)])
})
