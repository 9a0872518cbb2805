// Keys: kept as hashes, found by their id, valid until they end.
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { Effect, Exit, Fiber, Layer, Logger } from 'effect'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../harness/server-process.ts'
import type { KeyDecisions } from '../../../src/domain/access-key.ts'
import { AccessKeys, MOST_KEYS } from '../../../src/services/access/access-keys.ts'
import { hashOfKey, isHashOf, keyIdIn, newKeyId, newKeyText } from '../../../src/services/access/key-text.ts'
import * as Migrations from '../../../src/services/database/migrations.ts'
import * as NodeSqlite from '../../../src/services/database/sqlite/node-sqlite.ts'

const DECIDED: KeyDecisions = {
  name: 'n8n',
  role: 'agent',
  accounts: ['acc-1'],
  events: ['message.*'],
  requestsPerMinute: null,
  expiresAt: null
}

/** A database file on which the service can be started several times. */
const keysOn = (file: string) =>
  AccessKeys.layer.pipe(
    Layer.provide(Migrations.layer),
    Layer.provide(NodeSqlite.layer(file)),
    Layer.provide(Logger.layer([]))
  )

const withFolder = async (run: (file: string) => Promise<void>) => {
  const folder = temporaryFolder()
  try {
    await run(join(folder.path, 'keys.db'))
  } finally {
    folder.remove()
  }
}

const using = <A, E>(file: string, work: (keys: AccessKeys['Service']) => Effect.Effect<A, E>) =>
  Effect.runPromise(AccessKeys.use(work).pipe(Effect.provide(keysOn(file))))

test('a key names its id, and only the whole key has its hash', () => {
  const keyId = newKeyId()
  const text = newKeyText(keyId)
  expect(text).toMatch(/^bsk_[0-9a-f]{16}_[\w-]{43}$/)
  expect(keyIdIn(text)).toBe(keyId)
  expect(isHashOf(hashOfKey(text), text)).toBe(true)
  for (const wrong of ['', 'bsk_', text.slice(0, -1), `${text}x`, newKeyText(keyId)])
    expect(isHashOf(hashOfKey(text), wrong)).toBe(false)
  // A key that an earlier version generated for the settings.
  for (const other of [`bsk_${'a'.repeat(32)}`, text.toUpperCase(), ` ${text}`])
    expect(keyIdIn(other)).toBeUndefined()
})

test('the text of a key is in no row; a restart knows the key, its limits and when it was used', () =>
  withFolder(async file => {
    const issued = await using(file, keys =>
      Effect.gen(function* () {
        const created = yield* keys.create(DECIDED)
        expect(keys.identify(created.text, 1_800_000_000_000)?.accessKey.keyId).toBe(created.accessKey.keyId)
        return created
      })
    )
    const database = new DatabaseSync(file)
    const rows = JSON.stringify(database.prepare('SELECT * FROM access_keys').all())
    database.close()
    expect(rows).toContain(issued.accessKey.keyId)
    expect(rows).not.toContain(issued.text.split('_').slice(2).join('_'))
    await using(file, keys =>
      Effect.gen(function* () {
        expect(yield* keys.list).toEqual([{ ...issued.accessKey, lastUsedAt: 1_800_000_000_000 }])
        expect(keys.identify(issued.text, 1)).toMatchObject({
          accessKey: { role: 'agent', accounts: ['acc-1'], events: ['message.*'] },
          until: undefined
        })
      })
    )
  }))

test('a key is refused once it expires, is changed to expire, or is removed; what was opened with it ends', () =>
  withFolder(file =>
    using(file, keys =>
      Effect.gen(function* () {
        const { accessKey, text } = yield* keys.create({ ...DECIDED, expiresAt: 2000 })
        expect(keys.identify(text, 1999)?.until).toBe(2000)
        expect(keys.identify(text, 2000)).toBeUndefined()
        expect(keys.identify(newKeyText(accessKey.keyId), 1)).toBeUndefined()

        const first = yield* Effect.forkChild(keys.identify(text, 1)?.ended ?? Effect.never)
        expect(yield* keys.change(accessKey.keyId, { role: 'viewer', expiresAt: null })).toMatchObject({
          name: 'n8n',
          role: 'viewer',
          expiresAt: null
        })
        yield* Fiber.join(first)
        expect(keys.identify(text, 3000)?.accessKey.role).toBe('viewer')

        const second = yield* Effect.forkChild(keys.identify(text, 1)?.ended ?? Effect.never)
        expect(yield* keys.remove(accessKey.keyId)).toMatchObject({ keyId: accessKey.keyId })
        yield* Fiber.join(second)
        expect(keys.identify(text, 1)).toBeUndefined()
        expect(yield* keys.list).toEqual([])
        for (const missing of [
          keys.change(accessKey.keyId, {}),
          keys.rotate(accessKey.keyId, 0),
          keys.remove(accessKey.keyId),
          keys.get(accessKey.keyId)
        ])
          expect(yield* missing).toBeUndefined()
      })
    )
  ))

test('an exchanged secret is valid for the overlap, the one before it never again', () =>
  withFolder(file =>
    using(file, keys =>
      Effect.gen(function* () {
        const first = yield* keys.create(DECIDED)
        const { keyId } = first.accessKey
        const second = yield* keys.rotate(keyId, 60_000)
        const end = second?.accessKey.previousValidUntil ?? 0
        expect(end).toBe((second?.accessKey.rotatedAt ?? 0) + 60_000)
        expect(keys.identify(first.text, end - 1)?.until).toBe(end)
        expect(keys.identify(first.text, end)).toBeUndefined()
        expect(keys.identify(second?.text ?? '', end)?.accessKey.keyId).toBe(keyId)
        const third = yield* keys.rotate(keyId, 60_000)
        expect(keys.identify(first.text, 1)).toBeUndefined()
        expect(keys.identify(second?.text ?? '', 1)).toBeDefined()
        const fourth = yield* keys.rotate(keyId, 0)
        expect(fourth?.accessKey.previousValidUntil).toBeNull()
        expect(keys.identify(third?.text ?? '', 1)).toBeUndefined()
        expect(keys.identify(fourth?.text ?? '', 1)).toBeDefined()
      })
    )
  ))

test('a server keeps so many keys and no more', () =>
  withFolder(async file => {
    await using(file, () => Effect.void)
    const database = new DatabaseSync(file)
    const insert = database.prepare(
      `INSERT INTO access_keys (key_id, name, role, accounts, events, created_at, secret_hash) VALUES (?, 'x', 'viewer', '"all"', '"all"', 1, ?)`
    )
    database.exec('BEGIN')
    for (let n = 0; n < MOST_KEYS; n += 1) insert.run(`${n}`, hashOfKey(`${n}`))
    database.exec('COMMIT')
    database.close()
    const exit = await using(file, keys => Effect.exit(keys.create(DECIDED)))
    expect(Exit.isFailure(exit) && String(exit.cause)).toContain('TooManyKeys')
  }))
