// The keys of programs. All of them are in memory: finding one costs no request a read of the database.
import { Clock, Context, Deferred, Effect, Layer, Schedule, Schema, Semaphore } from 'effect'
import { SqlClient } from 'effect/sql'
import type { AccessKey, KeyDecisions } from '../../domain/access-key.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { deleteKey, readKeys, type StoredKey, storeKey, storeLastUse } from './key-rows.ts'
import { hashOfKey, isHashOf, keyIdIn, newKeyId, newKeyText } from './key-text.ts'

export const MOST_KEYS = 1000
const LAST_USE_STORED_EVERY = '1 minute'

/** There are as many keys as this server keeps. */
export class TooManyKeys extends Schema.TaggedError<TooManyKeys>()('TooManyKeys', {}) {}

/** A key with its text, which nobody can ask for again. */
export interface IssuedKey {
  readonly accessKey: AccessKey
  readonly text: string
}

/** Whose key a request has. */
export interface IdentifiedKey {
  readonly accessKey: AccessKey
  /** Until when it may be used, milliseconds since 1970; `undefined`: without an end. */
  readonly until: number | undefined
  /** Completes when the key is changed, exchanged without an overlap, or removed: what was opened with it has to end. */
  readonly ended: Effect.Effect<void>
}

export class AccessKeys extends Context.Service<
  AccessKeys,
  {
    /** Oldest first. */
    readonly list: Effect.Effect<ReadonlyArray<AccessKey>>
    readonly get: (keyId: string) => Effect.Effect<AccessKey | undefined>
    /** The key that this text is, at this time (milliseconds since 1970); notes that it was used. */
    readonly identify: (text: string, now: number) => IdentifiedKey | undefined
    readonly create: (decided: KeyDecisions) => Effect.Effect<IssuedKey, DatabaseError | TooManyKeys>
    /** `undefined`: there is no such key. The same holds for those below. */
    readonly change: (
      keyId: string,
      decided: Partial<KeyDecisions>
    ) => Effect.Effect<AccessKey | undefined, DatabaseError>
    /** Another secret; the present one stays valid for `overlapMs`, one before it does not. */
    readonly rotate: (keyId: string, overlapMs: number) => Effect.Effect<IssuedKey | undefined, DatabaseError>
    readonly remove: (keyId: string) => Effect.Effect<AccessKey | undefined, DatabaseError>
  }
>()('backscroll/services/access/AccessKeys') {
  static readonly layer: Layer.Layer<AccessKeys, DatabaseError, SqlClient.SqlClient> = Layer.effect(
    AccessKeys,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const stored = yield* readKeys(sql).pipe(asDatabaseError('reading keys'))
      const keys: Keys = new Map(stored.map(key => [key.keyId, held(key)]))
      const changing = Semaphore.makeUnsafe(1)
      yield* storeLastUses(sql, keys)
      return AccessKeys.of({
        list: Effect.sync(() => [...keys.values()].map(resourceOf)),
        get: keyId =>
          Effect.sync(() => {
            const key = keys.get(keyId)
            return key && resourceOf(key)
          }),
        identify: (text, now) => identify(keys, text, now),
        create: decided => changing.withPermit(create(sql, keys, decided)),
        change: (keyId, decided) => changing.withPermit(change(sql, keys, keyId, decided)),
        rotate: (keyId, overlapMs) => changing.withPermit(rotate(sql, keys, keyId, overlapMs)),
        remove: keyId => changing.withPermit(remove(sql, keys, keyId))
      })
    })
  )
}

/** A key in memory. */
interface HeldKey {
  readonly stored: StoredKey
  readonly ended: Deferred.Deferred<void>
  lastUsedAt: number | null
  /** As the database knows it. */
  lastUseStored: number | null
}

type Keys = Map<string, HeldKey>

const held = (stored: StoredKey, lastUsedAt = stored.lastUsedAt): HeldKey => ({
  stored,
  ended: Deferred.makeUnsafe(),
  lastUsedAt,
  lastUseStored: stored.lastUsedAt
})

const resourceOf = ({ lastUsedAt, stored }: HeldKey): AccessKey => {
  const { previousHash: _, previousUntil, secretHash: __, ...known } = stored
  return { ...known, lastUsedAt, previousValidUntil: previousUntil }
}

/** Until when this text of the key is valid; `undefined`: it is not. */
const validUntil = (key: StoredKey, text: string, now: number): number | undefined => {
  const end = key.expiresAt ?? Infinity
  const until = isHashOf(key.secretHash, text)
    ? end
    : key.previousHash !== null && isHashOf(key.previousHash, text)
      ? Math.min(end, key.previousUntil ?? 0)
      : 0
  return now < until ? until : undefined
}

const identify = (keys: Keys, text: string, now: number): IdentifiedKey | undefined => {
  const key = keys.get(keyIdIn(text) ?? '')
  const until = key && validUntil(key.stored, text, now)
  if (key === undefined || until === undefined) return undefined
  key.lastUsedAt = now
  return {
    accessKey: resourceOf(key),
    until: until === Infinity ? undefined : until,
    ended: Deferred.await(key.ended)
  }
}

/** Stores a key, then takes it into memory; both happen, or neither. */
const put = Effect.fnUntraced(
  function* (sql: SqlClient.SqlClient, keys: Keys, stored: StoredKey) {
    yield* storeKey(sql, stored)
    const before = keys.get(stored.keyId)
    const key = held(stored, before?.lastUsedAt)
    keys.set(stored.keyId, key)
    if (before !== undefined) yield* Deferred.succeed(before.ended, undefined)
    return resourceOf(key)
  },
  Effect.uninterruptible,
  asDatabaseError('storing a key')
)

const create = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, keys: Keys, decided: KeyDecisions) {
  if (keys.size >= MOST_KEYS) return yield* new TooManyKeys()
  const keyId = newKeyId()
  const text = newKeyText(keyId)
  const accessKey = yield* put(sql, keys, {
    ...decided,
    keyId,
    createdAt: yield* Clock.currentTimeMillis,
    lastUsedAt: null,
    rotatedAt: null,
    secretHash: hashOfKey(text),
    previousHash: null,
    previousUntil: null
  })
  return { accessKey, text }
})

const change = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  keys: Keys,
  keyId: string,
  decided: Partial<KeyDecisions>
) {
  const key = keys.get(keyId)
  return key && (yield* put(sql, keys, { ...key.stored, lastUsedAt: key.lastUsedAt, ...decided }))
})

const rotate = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  keys: Keys,
  keyId: string,
  overlapMs: number
) {
  const key = keys.get(keyId)
  if (key === undefined) return undefined
  const now = yield* Clock.currentTimeMillis
  const text = newKeyText(keyId)
  const accessKey = yield* put(sql, keys, {
    ...key.stored,
    lastUsedAt: key.lastUsedAt,
    rotatedAt: now,
    secretHash: hashOfKey(text),
    previousHash: overlapMs === 0 ? null : key.stored.secretHash,
    previousUntil: overlapMs === 0 ? null : now + overlapMs
  })
  return { accessKey, text }
})

const remove = Effect.fnUntraced(
  function* (sql: SqlClient.SqlClient, keys: Keys, keyId: string) {
    const key = keys.get(keyId)
    if (key === undefined) return undefined
    yield* deleteKey(sql, keyId)
    keys.delete(keyId)
    yield* Deferred.succeed(key.ended, undefined)
    return resourceOf(key)
  },
  Effect.uninterruptible,
  asDatabaseError('removing a key')
)

/** Notes in the database when keys were last used: once a minute, and at the end. */
const storeLastUses = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, keys: Keys) {
  const store = Effect.gen(function* () {
    for (const [keyId, key] of keys) {
      const at = key.lastUsedAt
      if (at === null || at === key.lastUseStored) continue
      yield* storeLastUse(sql, keyId, at)
      key.lastUseStored = at
    }
  }).pipe(Effect.catch(error => Effect.logDebug('When keys were used is stored later', error)))
  yield* Effect.addFinalizer(() => store)
  yield* Effect.forkScoped(Effect.repeat(store, Schedule.spaced(LAST_USE_STORED_EVERY)))
})
