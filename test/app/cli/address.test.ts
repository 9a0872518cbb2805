// Which server and which key: flags before the environment, the environment before the data folder; never a key that others can read.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Effect, Exit, Option } from 'effect'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { temporaryFolder } from '../../../harness/server-process.ts'
import { addressFrom } from '../../../src/app/cli/server/address.ts'

const NAMES = ['BACKSCROLL_URL', 'BACKSCROLL_API_KEY', 'API_KEY', 'HOST', 'PORT', 'DATA_DIR']

let folder: ReturnType<typeof temporaryFolder>
let before: ReadonlyArray<readonly [string, string | undefined]>
beforeEach(() => {
  folder = temporaryFolder()
  before = NAMES.map(name => [name, process.env[name]])
  for (const name of NAMES) delete process.env[name]
  process.env['DATA_DIR'] = folder.path
})
afterEach(() => {
  for (const [name, value] of before)
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  folder.remove()
})

const address = (url?: string, keyFile?: string) =>
  Effect.runSyncExit(addressFrom({ url: Option.fromNullishOr(url), keyFile: Option.fromNullishOr(keyFile) }))

const keyFile = (name: string, text: string, mode = 0o600): string => {
  const file = join(folder.path, name)
  writeFileSync(file, text, { mode })
  return file
}

test('the server of this machine, with the key of the settings', () => {
  process.env['API_KEY'] = 'key-of-the-settings'
  expect(address()).toEqual(Exit.succeed({ url: 'http://127.0.0.1:3000', key: 'key-of-the-settings' }))
  Object.assign(process.env, { HOST: '::', PORT: '4000' })
  expect(address()).toEqual(Exit.succeed({ url: 'http://[::1]:4000', key: 'key-of-the-settings' }))
})

test('what is nearer wins', () => {
  const inFolder = keyFile('cli.key', 'key-of-the-folder\n')
  expect(address()).toMatchObject({ value: { key: 'key-of-the-folder' } })
  Object.assign(process.env, { API_KEY: 'key-of-the-settings', BACKSCROLL_API_KEY: 'key-of-the-shell' })
  process.env['BACKSCROLL_URL'] = 'https://backscroll.example.com/'
  expect(address()).toEqual(Exit.succeed({ url: 'https://backscroll.example.com', key: 'key-of-the-shell' }))
  expect(address('http://other:3000', inFolder)).toEqual(
    Exit.succeed({ url: 'http://other:3000', key: 'key-of-the-folder' })
  )
})

const reason = (exit: ReturnType<typeof address>): string => String(Exit.isFailure(exit) ? exit.cause : '')

test('what cannot be used is told with what to do, without the key', () => {
  expect(reason(address())).toContain('Set BACKSCROLL_API_KEY')
  const open = keyFile('open.key', 'secret-key', 0o644)
  expect(reason(address(undefined, open))).toContain(`chmod 600 ${open}`)
  expect(reason(address(undefined, keyFile('two.key', 'secret-key secret-key')))).toMatch(/holds no key/)
  mkdirSync(join(folder.path, 'folder'), { mode: 0o700 })
  expect(reason(address(undefined, join(folder.path, 'folder')))).toMatch(/cannot be read/)
  process.env['API_KEY'] = 'secret-key'
  expect(reason(address('127.0.0.1:3000'))).toContain('http://')
  expect(reason(address('http://me:secret-key@127.0.0.1:3000'))).not.toContain('secret-key')
})
