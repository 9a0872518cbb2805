import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Effect, Exit } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import { InProcessServer } from '../../../harness/in-process-server.ts'
import { temporaryFolder } from '../../../harness/server-process.ts'
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

test('deferred changes are read at once, and written with the next ones of the account', async () => {
  const folder = temporaryFolder()
  const file = join(folder.path, 'backscroll.db')
  const OTHER = Buffer.from('another private key')
  const writing = runtimeOn(file)
  const before = await writing.runPromise(
    Effect.gen(function* () {
      const vault = yield* Vault
      const read = vault.readKeys('acc-1', 'session', ['a.0', 'b.0', 'c.0', 'd.0'])
      yield* vault.writeKeys('acc-1', { session: { 'a.0': SECRET, 'b.0': SECRET } })
      vault.deferKeys('acc-1', { session: { 'a.0': OTHER, 'b.0': null, 'c.0': SECRET } })
      const deferred = yield* read
      const known = vault.knownKeys('acc-1', 'session', ['a.0', 'b.0', 'c.0'])
      const ids = yield* vault.keyIds('acc-1', 'session')
      // An undone transaction has written nothing of it.
      const sql = yield* SqlClient.SqlClient
      yield* Effect.ignore(
        sql.withTransaction(
          Effect.andThen(vault.writeKeys('acc-1', { session: { 'd.0': SECRET } }), Effect.fail('undone'))
        )
      )
      const isLeft = vault.writeDeferred('acc-1') !== undefined
      yield* vault.writeKeys('acc-1', { session: { 'd.0': SECRET, 'c.0': OTHER } })
      const isWritten = vault.writeDeferred('acc-1') === undefined
      vault.deferKeys('acc-1', { session: { 'a.0': null } })
      return { deferred, known, ids, isLeft, isWritten }
    })
  )
  await writing.dispose()
  expect([...before.deferred]).toEqual([
    ['a.0', OTHER],
    ['c.0', SECRET]
  ])
  expect(before.known).toEqual(before.deferred)
  expect(before.ids.toSorted()).toEqual(['a.0', 'c.0'])
  expect(before).toMatchObject({ isLeft: true, isWritten: true })

  const reading = runtimeOn(file)
  const after = await reading.runPromise(
    Vault.use(vault => vault.readKeys('acc-1', 'session', ['a.0', 'b.0', 'c.0', 'd.0']))
  )
  await reading.dispose()
  folder.remove()
  expect(Object.fromEntries(after)).toEqual({ 'a.0': OTHER, 'c.0': OTHER, 'd.0': SECRET })
})

test('what accompanies keys is written with the next ones, once, and is there only if they are', async () => {
  const written = await onDatabase(
    Effect.gen(function* () {
      const vault = yield* Vault
      const sql = yield* SqlClient.SqlClient
      let times = 0
      const note = Effect.sync(() => void (times += 1))
      const keys = (value: string) => vault.writeKeys('acc-1', { session: { one: Buffer.from(value) } })
      const counts: Array<number> = []
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* vault.accompany('acc-1', note)
          yield* vault.writeKeys('acc-2', { session: { one: Buffer.from('of another account') } })
          counts.push(times)
          yield* Effect.ignore(sql.withTransaction(Effect.andThen(keys('rolled back'), Effect.fail('no'))))
          yield* keys('written')
          counts.push(times)
          yield* keys('once more')
          counts.push(times)
        })
      )
      yield* Effect.scoped(vault.accompany('acc-1', note))
      yield* keys('after the scope')
      return [...counts, times]
    })
  )
  // The second is made again, because its transaction was rolled back.
  expect(written).toEqual([0, 2, 2, 2])
})

test('a transaction that writes a key twice keeps the last, whatever was deferred before', async () => {
  const [first, second, third] = [Buffer.from('1'), Buffer.from('2'), Buffer.from('3')]
  const read = await onDatabase(
    Effect.gen(function* () {
      const vault = yield* Vault
      const sql = yield* SqlClient.SqlClient
      const stored = vault.readKeys('acc-1', 'session', ['a.0', 'b.0'])
      vault.deferKeys('acc-1', { session: { 'a.0': first, 'b.0': first } })
      const inTransaction = yield* sql.withTransaction(
        Effect.gen(function* () {
          const before = yield* stored
          yield* vault.writeKeys('acc-1', { session: { 'a.0': second } })
          vault.deferKeys('acc-1', { session: { 'b.0': third } })
          yield* vault.writeKeys('acc-1', { 'pre-key': { '1': SECRET } })
          return { before, within: yield* stored }
        })
      )
      const after = yield* stored
      yield* vault.writeKeys('acc-1', {})
      const written = yield* sql.withTransaction(stored)
      return { ...inTransaction, after, written }
    })
  )
  const values = (keys: ReadonlyMap<string, Buffer>) => Object.fromEntries(keys)
  expect(values(read.before)).toEqual({ 'a.0': first, 'b.0': first })
  expect(values(read.within)).toEqual({ 'a.0': second, 'b.0': first })
  expect(values(read.after)).toEqual({ 'a.0': second, 'b.0': third })
  expect(values(read.written)).toEqual({ 'a.0': second, 'b.0': third })
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
  const server = await InProcessServer.start({ dataDir: folder.path })
  await server.stop()
  expect(statSync(join(folder.path, 'vault.key')).mode & 0o777).toBe(0o600)
  const other = Buffer.alloc(32, 1).toString('base64')
  const refusal = await InProcessServer.start({ dataDir: folder.path, settings: { VAULT_KEY: other } }).then(
    () => 'It started',
    (error: Error) => error.message
  )
  folder.remove()
  expect(refusal).toContain('VAULT_KEY does not open this DATA_DIR')
  expect(refusal).not.toContain(other)
})
