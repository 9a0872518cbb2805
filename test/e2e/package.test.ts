// What is published: the bundle with its command, and nothing that only development needs. `npm run check:package` installs it.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { temporaryFolder } from '../../harness/server-process.ts'

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

/** The package where npm would put it, beside what it depends on. */
const installed = (): string => {
  const project = join(folder.path, 'project')
  const modules = join(project, 'node_modules')
  mkdirSync(join(modules, '.bin'), { recursive: true })
  for (const name of readdirSync(MODULES)) {
    if (name.startsWith('.')) continue
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
  return project
}

test('npx backscroll demo runs from it in a folder with nothing else', () => {
  const project = installed()
  const npx = (...args: ReadonlyArray<string>) =>
    spawnSync('npx', ['--no-install', 'backscroll', ...args], { cwd: project, encoding: 'utf8' })
  const { stderr, stdout } = npx('demo', '--exit', '--chats', '3', '--messages', '60')
  const result: unknown = JSON.parse(stdout.trim().split('\n').at(-1) ?? stderr)
  expect(result).toMatchObject({ missing: 0, duplicates: 0, different: 0, sent: 10, received_once: 10 })
  // Nothing is left in the folder, and the client of the package is there for programs.
  expect(readdirSync(project)).toEqual(['node_modules'])
  const program = "import { Backscroll } from 'backscroll/client'; console.log(typeof Backscroll)"
  const client = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: project,
    encoding: 'utf8'
  })
  expect([client.stdout, client.stderr]).toEqual(['function\n', ''])
  expect(npx('--version').stdout).toBe(
    `${(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version}\n`
  )
})

const older = ['/usr/bin/node', '/usr/local/bin/node'].find(path => {
  if (!existsSync(path)) return false
  const { stdout } = spawnSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' })
  return Number.parseInt(stdout, 10) < 22
})

test('an older Node is told what to do', () => {
  const entry = join(ROOT, 'build', 'backscroll.js')
  const pretended = spawnSync(
    process.execPath,
    [
      '--import',
      `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'22.15.1'}})`,
      entry
    ],
    { encoding: 'utf8' }
  )
  const sentence = /^Backscroll needs Node 22\.16 or newer, found [\d.]+: install Node 24 .*\n$/
  expect([pretended.status, pretended.stdout, pretended.stderr]).toEqual([
    1,
    '',
    expect.stringMatching(sentence)
  ])
  if (older === undefined) return
  const really = spawnSync(older, [entry], { encoding: 'utf8' })
  expect([really.status, really.stderr]).toEqual([1, expect.stringMatching(sentence)])
})
