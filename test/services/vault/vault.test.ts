import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Effect, Exit } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import { ServerProcess, runToExit, temporaryFolder } from '../../../harness/server-process.ts'
import { make as makeSeal } from '../../../src/services/vault/seal.ts'
import { Vault } from '../../../src/services/vault/vault.ts'
import { KEY, onDatabase, runtimeOn } from '../database.ts'

const SECRET = Buffer.from('a private identity key')

test('credentials and keys come back as they were written', async () => {
  const read = await onDatabase(
    Effect.gen(function* () {
      const vault = yield* Vault
      yield* vault.writeCredentials('acc-1', SECRET)
      yield* vault.writeKeys('acc-1', {
        session: { 'a.0': SECRET, 'b.0': SECRET },
        'pre-key': { '1': SECRET }
      })
      yield* vault.writeKeys('acc-1', { session: { 'b.0': null } })
      return {
        credentials: yield* vault.readCredentials('acc-1'),
        sessions: yield* vault.readKeys('acc-1', 'session', ['a.0', 'b.0', 'c.0']),
        ofAnother: yield* vault.readKeys('acc-2', 'session', ['a.0'])
      }
    })
  )
  expect(read.credentials).toEqual(SECRET)
  expect([...read.sessions]).toEqual([['a.0', SECRET]])
  expect(read.ofAnother.size).toBe(0)
})

test('hundreds of keys are read at once, each under its own id', async () => {
  const ids = [...Array(812).keys(), 'with "quotes", a \\ and an é'].map(String)
  const read = await onDatabase(
    Effect.gen(function* () {
      const vault = yield* Vault
      const keys = Object.fromEntries(ids.map(id => [id, Buffer.from(`key ${id}`)]))
      yield* vault.writeKeys('acc-1', { 'pre-key': keys, session: { '7': SECRET } })
      return yield* vault.readKeys('acc-1', 'pre-key', [...ids, 'of nobody'])
    })
  )
  expect(read.size).toBe(ids.length)
  for (const id of ids) expect(read.get(id)?.toString()).toBe(`key ${id}`)
})

test('nothing of a secret can be found in the database file', async () => {
  const folder = temporaryFolder()
  const file = join(folder.path, 'backscroll.db')
  const runtime = runtimeOn(file)
  await runtime.runPromise(
    Effect.gen(function* () {
      const vault = yield* Vault
      yield* vault.writeCredentials('acc-1', SECRET)
      yield* vault.writeKeys('acc-1', { session: { 'a.0': SECRET } })
    })
  )
  await runtime.dispose()
  const bytes = readFileSync(file)
  folder.remove()
  expect(bytes.includes(SECRET)).toBe(false)
  expect(bytes.includes(SECRET.toString('base64'))).toBe(false)
})

test('the folder does not open with another key, and opens again with its own', async () => {
  const folder = temporaryFolder()
  const file = join(folder.path, 'backscroll.db')
  const write = runtimeOn(file)
  await write.runPromise(Vault.use(vault => vault.writeCredentials('acc-1', SECRET)))
  await write.dispose()

  const wrong = runtimeOn(file, new Uint8Array(32).fill(8))
  const refused = await wrong.runPromiseExit(Effect.asVoid(Vault))
  await wrong.dispose()
  expect(Exit.isFailure(refused) && String(refused.cause)).toContain('VaultLocked')

  const right = runtimeOn(file, KEY)
  expect(await right.runPromise(Vault.use(vault => vault.readCredentials('acc-1')))).toEqual(SECRET)
  await right.dispose()
  folder.remove()
})

test('a sealed value cannot be moved to another place or changed', async () => {
  const seal = makeSeal(KEY)
  const sealed = seal.close('key acc-1 session a.0', SECRET)
  expect(await Effect.runPromise(seal.open('key acc-1 session a.0', sealed))).toEqual(SECRET)
  const elsewhere = await Effect.runPromiseExit(seal.open('key acc-2 session a.0', sealed))
  expect(Exit.isFailure(elsewhere)).toBe(true)
  for (const position of [0, 5, 20, sealed.length - 1]) {
    const changed = Buffer.from(sealed)
    changed[position]! ^= 1
    expect(Exit.isFailure(await Effect.runPromiseExit(seal.open('key acc-1 session a.0', changed)))).toBe(
      true
    )
  }
})

test('two rows of the vault with the same secret look different', async () => {
  const seals = await onDatabase(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* Vault.use(vault => vault.writeKeys('acc-1', { session: { a: SECRET, b: SECRET } }))
      const rows = yield* sql<{ sealed: Uint8Array }>`SELECT sealed FROM vault_keys`
      return rows.map(row => Buffer.from(row.sealed).toString('hex'))
    })
  )
  expect(new Set(seals).size).toBe(2)
})

test('the server generates a key only its owner can read, and refuses a folder written with another one', async () => {
  const folder = temporaryFolder()
  const server = await ServerProcess.start({ dataDir: folder.path })
  await server.stop()
  expect(statSync(join(folder.path, 'vault.key')).mode & 0o777).toBe(0o600)
  const other = Buffer.alloc(32, 1).toString('base64')
  const { code, output } = await runToExit({ DATA_DIR: folder.path, PORT: '0', VAULT_KEY: other })
  folder.remove()
  expect(code).toBe(1)
  expect(output).toContain('VAULT_KEY does not open this DATA_DIR')
  expect(output).not.toContain(other)
})
