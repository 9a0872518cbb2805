// The server as a service: started by npm or through a shell, it ends with what started it; what is missing is told in a sentence.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { thorough, thoroughTest } from '../thorough.ts'
import { InProcessServer } from '../../harness/in-process-server.ts'
import {
  SERVER_ENTRY,
  ServerProcess,
  settingsOf,
  SOURCES,
  temporaryFolder
} from '../../harness/server-process.ts'

const ROOT = join(import.meta.dirname, '..', '..')

let folder: ReturnType<typeof temporaryFolder>
beforeAll(() => {
  folder = temporaryFolder()
})
afterAll(() => folder.remove())

interface Started {
  readonly pid: number
  /** The exit code, once everything that it had started has ended as well: they all share its output. */
  readonly ended: Promise<number | null>
  readonly output: () => string
}

const environment = (more: Readonly<Record<string, string>> = {}) => ({
  PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
  HOME: process.env['HOME'] ?? '',
  ...settingsOf({ dataDir: join(folder.path, 'data') }),
  ...more
})

/** Starts a command in a process group of its own; resolves when the server listens. */
const started = async (
  command: string,
  args: ReadonlyArray<string>,
  more: Readonly<Record<string, string>> = {}
): Promise<Started> => {
  const child = spawn(command, args, {
    cwd: ROOT,
    env: environment(more),
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true
  })
  let output = ''
  const ended = once(child, 'close').then(() => child.exitCode)
  const listens = new Promise<void>(resolve => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (output.includes('Listening')) resolve()
    })
  })
  await Promise.race([
    listens,
    ended.then(code => Promise.reject(new Error(`It ended with ${String(code)}:\n${output}`)))
  ])
  return { pid: child.pid!, ended, output: () => output }
}

describe('a signal to what started the server', () => {
  // Without the scripts before it: set-up is none of this test, and would change what is installed.
  const npmStart = () => started('npm', ['start', '--ignore-scripts'])

  thoroughTest('npm alone, as by a process manager: both end, with 0', async () => {
    const npm = await npmStart()
    process.kill(npm.pid, 'SIGTERM')
    expect(await npm.ended).toBe(0)
  })

  test('npm and the server at once, as by Ctrl+C in a terminal: both end, with 0', async () => {
    const npm = await npmStart()
    process.kill(-npm.pid, 'SIGINT')
    expect(await npm.ended).toBe(0)
    // Neither the port nor the lock is left behind.
    const next = await InProcessServer.start({ dataDir: join(folder.path, 'data') })
    await next.stop()
  })

  thoroughTest(
    'a shell between npx and the server, which hands nothing on: the server ends in order',
    async () => {
      const entry = process.env[SERVER_ENTRY] ?? SOURCES
      const shell = await started('/bin/sh', ['-c', `"${process.execPath}" "${entry}"; true`], {
        npm_lifecycle_event: 'npx',
        npm_package_name: 'backscroll'
      })
      process.kill(shell.pid, 'SIGKILL')
      await shell.ended
      const next = await ServerProcess.start({ dataDir: join(folder.path, 'data') })
      expect(await next.stop()).toBe(0)
    }
  )
})

describe('an older Node', () => {
  const ENTRIES = ['src/main.ts', 'demo/main.ts', 'simulator/main.ts', 'bench/main.ts']
  const SCRIPTS = readdirSync(join(ROOT, 'scripts'))
    .filter(
      name =>
        name.endsWith('.mjs') &&
        !['setup.mjs', 'browser.mjs', 'installed.mjs', 'console-stamp.mjs'].includes(name)
    )
    .map(name => `scripts/${name}`)
  const SENTENCE = /^Backscroll needs Node 24, found [\d.]+: .*npm start.*\n$/

  test.each([...ENTRIES, ...SCRIPTS])('%s asks which Node it is before anything else', file => {
    const code = readFileSync(join(ROOT, file), 'utf8').replace(/^(\/\/.*|#!.*)?\n/gm, '')
    expect(code).toMatch(/^(import '\.\/needs-node\.cjs'|require\('\.\.\/scripts\/needs-node\.cjs'\))\n/)
  })

  // Each of the two ways; the others are the same.
  const some = thorough([ENTRIES[0]!, SCRIPTS[0]!], [...ENTRIES, ...SCRIPTS])
  test.each(some)('%s says that it needs Node 24', file => {
    const preload = join(folder.path, 'older.cjs')
    writeFileSync(
      preload,
      `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.0' } })`
    )
    // As in those versions, TypeScript cannot be read.
    const run = spawnSync(process.execPath, ['--no-strip-types', '--require', preload, join(ROOT, file)], {
      encoding: 'utf8'
    })
    expect([run.status, run.stdout, run.stderr]).toEqual([1, '', expect.stringMatching(SENTENCE)])
    expect(run.stderr).toContain('found 20.19.0')
  })

  const older = ['/usr/bin/node', '/usr/local/bin/node'].find(path => {
    const { status, stdout } = spawnSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' })
    return status === 0 && Number.parseInt(stdout, 10) < 24
  })
  test.skipIf(older === undefined)('the older one of this machine is told the same', () => {
    for (const file of thorough(ENTRIES.slice(0, 1), ENTRIES)) {
      const run = spawnSync(older!, [join(ROOT, file)], { encoding: 'utf8' })
      expect([run.status, run.stderr]).toEqual([1, expect.stringMatching(SENTENCE)])
    }
  })

  test('whatever npm starts by its path is such an entry', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>
    }
    const entries = Object.values(scripts).flatMap(
      script => /^exec node (\S+\/main\.ts)/.exec(script)?.[1] ?? []
    )
    expect(new Set(entries)).toEqual(new Set(ENTRIES))
  })
})

describe('set-up of a production start', () => {
  const here = { os: [process.platform], cpu: [process.arch] }
  const elsewhere = { os: ['aix'], cpu: ['ppc64'] }
  const LOCKED = {
    '': {},
    'node_modules/needed': { version: '1.0.0' },
    'node_modules/needed/node_modules/inner': { version: '2.0.0' },
    'node_modules/library-here': { version: '1.0.0', optional: true, ...here },
    'node_modules/library-elsewhere': { version: '1.0.0', optional: true, ...elsewhere },
    'node_modules/for-tests': { version: '1.0.0', dev: true }
  }
  const COMPLETE = ['needed', 'needed/node_modules/inner', 'library-here']

  /** A project with these packages installed, by npm or not at all, and what set-up says of it where there is no npm. */
  const setUp = (installed: ReadonlyArray<string>, more: Readonly<Record<string, string>> = {}) => {
    const project = temporaryFolder()
    for (const name of ['setup.mjs', 'installed.mjs', 'console-stamp.mjs'])
      cpSync(join(ROOT, 'scripts', name), join(project.path, 'scripts', name))
    mkdirSync(join(project.path, 'tools', 'node'), { recursive: true })
    writeFileSync(join(project.path, 'tools', 'node', 'package-lock.json'), '{}')
    writeFileSync(join(project.path, 'package-lock.json'), JSON.stringify({ packages: LOCKED }))
    const paths = installed.map(name => `node_modules/${name}`)
    for (const path of paths) {
      mkdirSync(join(project.path, path), { recursive: true })
      writeFileSync(join(project.path, path, 'package.json'), '{}')
    }
    if (paths.length > 0) {
      const packages = Object.fromEntries(Object.entries(LOCKED).filter(([path]) => paths.includes(path)))
      writeFileSync(join(project.path, 'node_modules', '.package-lock.json'), JSON.stringify({ packages }))
    }
    const before = readdirSync(project.path, { recursive: true }).length
    const run = spawnSync(process.execPath, [join(project.path, 'scripts', 'setup.mjs'), '--production'], {
      encoding: 'utf8',
      env: { PATH: '/nowhere', ...more }
    })
    const isUnchanged = readdirSync(project.path, { recursive: true }).length === before
    project.remove()
    return { code: run.status, said: run.stderr, isUnchanged }
  }

  test('is content with what the server needs on this machine, and changes nothing', () => {
    expect(setUp(COMPLETE)).toEqual({ code: 0, said: '', isUnchanged: true })
  })

  test('says what is missing, instead of installing it beside what somebody else installed', () => {
    const { code, said } = setUp(['needed', 'needed/node_modules/inner'])
    expect([code, said]).toEqual([1, expect.stringMatching(/lacks library-here, .*npm ci --omit=dev/)])
    expect(setUp(['needed', 'library-here']).said).toMatch(/lacks inner, /)
  })

  test('installs in a fresh clone, unless NODE_ENV says that this is production', () => {
    expect(setUp([])).toMatchObject({
      code: 1,
      said: expect.stringMatching(/installing what the server needs …[^]*npm could not be started/)
    })
    expect(setUp([], { NODE_ENV: 'production' })).toMatchObject({
      code: 1,
      said: expect.stringMatching(
        /^\nbackscroll set-up: node_modules lacks all packages, .*npm ci --omit=dev\n$/
      )
    })
  })
})
