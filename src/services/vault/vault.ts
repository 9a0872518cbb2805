// Credentials and Signal keys of every account, sealed at rest. Does not know what the values mean.
import { Context, Effect, Layer, Option, Schema, type Scope } from 'effect'
import { SqlClient } from 'effect/sql'
import { SqlBulk } from '../database/bulk.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { joinTransaction } from '../database/transaction.ts'
import { AccountMemory } from '../process/account-memory.ts'
import { type Accompanying, type AccompanyingWrite, makeAccompanying } from './accompanying.ts'
import { type DeferredKeys, makeDeferredKeys } from './deferred-keys.ts'
import type { KeyChanges } from './key-changes.ts'
import { type KeyCache, makeKeyCache } from './key-cache.ts'
import { CHECK_LABEL, Seal, type SealBroken } from './seal.ts'

/** The data folder was written with another key than the one given now. */
export class VaultLocked extends Schema.TaggedError<VaultLocked>()('VaultLocked', {}) {
  override get message(): string {
    return 'VAULT_KEY does not open this DATA_DIR: it was written with another key. Start with that key (or with the vault.key file that belongs to this folder).'
  }
}

export type VaultError = DatabaseError | SealBroken

export class Vault extends Context.Service<
  Vault,
  {
    /** The credentials of an account, `undefined` before its first pairing. */
    readonly readCredentials: (accountId: string) => Effect.Effect<Buffer | undefined, VaultError>
    readonly writeCredentials: (accountId: string, value: Uint8Array) => Effect.Effect<void, VaultError>
    readonly readKeys: (
      accountId: string,
      kind: string,
      ids: ReadonlyArray<string>
    ) => Effect.Effect<ReadonlyMap<string, Buffer>, VaultError>
    /** What `readKeys` would answer, when that is known without the database; not to be asked within a transaction. */
    readonly knownKeys: (
      accountId: string,
      kind: string,
      ids: ReadonlyArray<string>
    ) => ReadonlyMap<string, Buffer> | undefined
    /** The ids of an account's keys of a kind. */
    readonly keyIds: (accountId: string, kind: string) => Effect.Effect<ReadonlyArray<string>, VaultError>
    /** All changes, and new credentials if given, in one transaction; joins the caller's when there is one. */
    readonly writeKeys: (
      accountId: string,
      changes: KeyChanges,
      credentials?: Uint8Array
    ) => Effect.Effect<void, VaultError>
    /** Changes that are read from now on, and written with the account's next ones. They are lost if the server ends before. */
    readonly deferKeys: (accountId: string, changes: KeyChanges) => void
    /** Writes what was deferred; `undefined` when there is nothing. */
    readonly writeDeferred: (accountId: string) => Effect.Effect<void, VaultError> | undefined
    /** Until the scope is closed: this write is made with the account's next changes of keys, in their transaction. */
    readonly accompany: (
      accountId: string,
      write: AccompanyingWrite
    ) => Effect.Effect<void, never, Scope.Scope>
    /** The same for all accounts and all changes, as long as the server runs. */
    readonly accompanyAll: (write: (accountId: string) => AccompanyingWrite) => Effect.Effect<void>
    /** Deletes everything of an account. */
    readonly erase: (accountId: string) => Effect.Effect<void, VaultError>
  }
>()('backscroll/services/vault/Vault') {
  static readonly layer: Layer.Layer<
    Vault,
    VaultLocked | VaultError,
    AccountMemory | Seal | SqlClient.SqlClient | SqlBulk
  > = Layer.effect(
    Vault,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const bulk = yield* SqlBulk
      const seal = yield* Seal
      yield* asVaultError(checkKey(sql, seal))
      const putCredentials = writeCredentials(sql, seal)
      const memory = yield* AccountMemory
      const deferred = makeDeferredKeys(memory)
      const cache = makeKeyCache(memory)
      const accompanying = makeAccompanying(sql, memory)
      const write = writeKeys(sql, bulk, seal, { accompanying, cache, deferred, putCredentials })
      return Vault.of({
        readCredentials: readCredentials(sql, seal),
        writeCredentials: putCredentials,
        readKeys: readKeys(sql, seal, cache, deferred),
        knownKeys: knownKeys(cache, deferred),
        keyIds: keyIds(sql, deferred),
        writeKeys: write,
        deferKeys: deferred.add,
        writeDeferred: accountId => (deferred.has(accountId) ? write(accountId, {}) : undefined),
        accompany: (accountId, accompaniment) =>
          Effect.asVoid(
            Effect.acquireRelease(
              Effect.sync(() => accompanying.add(accountId, accompaniment)),
              takeBack => Effect.sync(takeBack)
            )
          ),
        accompanyAll: write => Effect.sync(() => accompanying.addToAll(write)),
        erase: erase(sql, cache, deferred)
      })
    })
  )
}

type OpenSeal = Seal['Service']

const asVaultError = asDatabaseError('the vault')

/** What a sealed value is: the seal opens it as nothing else. */
const credentialsLabel = (accountId: string) => `credentials ${accountId}`
const keyLabel = (accountId: string, kind: string, id: string) => `key ${accountId} ${kind} ${id}`

const readCredentials = (sql: SqlClient.SqlClient, seal: OpenSeal) =>
  Effect.fn('Vault.readCredentials')(function* (accountId: string) {
    const [row] = yield* sql<{ sealed: Uint8Array }>`
      SELECT sealed FROM vault_credentials WHERE account_id = ${accountId}`
    return row === undefined ? undefined : yield* seal.open(credentialsLabel(accountId), row.sealed)
  }, asVaultError)

const writeCredentials = (sql: SqlClient.SqlClient, seal: OpenSeal) =>
  Effect.fn('Vault.writeCredentials')(function* (accountId: string, value: Uint8Array) {
    yield* sql`INSERT INTO vault_credentials (account_id, sealed)
      VALUES (${accountId}, ${seal.close(credentialsLabel(accountId), value)})
      ON CONFLICT (account_id) DO UPDATE SET sealed = excluded.sealed`
  }, asVaultError)

/** After each login eight hundred keys are read at once. */
const readRows = (sql: SqlClient.SqlClient, seal: OpenSeal) =>
  Effect.fnUntraced(function* (accountId: string, kind: string, ids: ReadonlyArray<string>) {
    const found = new Map<string, Buffer>()
    if (ids.length === 0) return found
    const rows = yield* sql<{ id: string; sealed: Uint8Array }>`
      SELECT id, sealed FROM vault_keys WHERE account_id = ${accountId} AND kind = ${kind}
        AND id IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`
    for (const { id, sealed } of rows) found.set(id, yield* seal.open(keyLabel(accountId, kind, id), sealed))
    return found
  }, asVaultError)

/** A transaction sees what it has written itself, which is not committed yet. Otherwise, what was deferred is newer than what is stored. */
const readKeys = (
  sql: SqlClient.SqlClient,
  seal: OpenSeal,
  cache: KeyCache,
  deferred: DeferredKeys
): Vault['Service']['readKeys'] => {
  const rows = readRows(sql, seal)

  const inTransaction = Effect.fnUntraced(function* (
    transaction: object,
    accountId: string,
    kind: string,
    ids: ReadonlyArray<string>
  ) {
    const ofOthers = ids.filter(id => !deferred.isWrittenIn(transaction, accountId, kind, id))
    const newer = deferredAmong(deferred, accountId, kind, ofOthers)
    return withNewer(yield* rows(accountId, kind, ids), newer)
  })

  const committed = Effect.fnUntraced(function* (
    accountId: string,
    kind: string,
    ids: ReadonlyArray<string>
  ) {
    const known = cache.read(accountId, kind, ids)
    if (known !== undefined) return known
    const keep = cache.reading()
    const found = yield* rows(accountId, kind, ids)
    keep(accountId, kind, ids, found)
    return found
  })

  return Effect.fnUntraced(function* (accountId, kind, ids) {
    const running = yield* Effect.serviceOption(sql.transactionService)
    if (Option.isSome(running)) return yield* inTransaction(running.value[0], accountId, kind, ids)
    // What is deferred now may be written before the rows are read, and something else deferred.
    const before = deferredAmong(deferred, accountId, kind, ids)
    const found = withNewer(yield* committed(accountId, kind, ids), before)
    return withNewer(found, deferredAmong(deferred, accountId, kind, ids))
  })
}

const knownKeys =
  (cache: KeyCache, deferred: DeferredKeys): Vault['Service']['knownKeys'] =>
  (accountId, kind, ids) => {
    const newer = deferredAmong(deferred, accountId, kind, ids)
    const known = cache.read(
      accountId,
      kind,
      ids.filter(id => !newer.has(id))
    )
    return known && withNewer(known, newer)
  }

const deferredAmong = (
  deferred: DeferredKeys,
  accountId: string,
  kind: string,
  ids: ReadonlyArray<string>
): ReadonlyMap<string, Uint8Array | null> =>
  new Map(
    ids.flatMap(id => {
      const value = deferred.find(accountId, kind, id)
      return value === undefined ? [] : [[id, value]]
    })
  )

const withNewer = (
  found: ReadonlyMap<string, Buffer>,
  newer: ReadonlyMap<string, Uint8Array | null>
): ReadonlyMap<string, Buffer> => {
  if (newer.size === 0) return found
  const merged = new Map(found)
  for (const [id, value] of newer) {
    if (value === null) merged.delete(id)
    else merged.set(id, Buffer.from(value))
  }
  return merged
}

const keyIds = (sql: SqlClient.SqlClient, deferred: DeferredKeys) =>
  Effect.fnUntraced(function* (accountId: string, kind: string) {
    const rows = yield* sql<{ id: string }>`
      SELECT id FROM vault_keys WHERE account_id = ${accountId} AND kind = ${kind}`
    const ids = new Set(rows.map(({ id }) => id))
    for (const [id, value] of Object.entries(deferred.of(accountId)[kind] ?? {})) {
      if (value === null) ids.delete(id)
      else ids.add(id)
    }
    return [...ids]
  }, asVaultError)

const REMOVE = `DELETE FROM vault_keys WHERE account_id = ? AND kind = ? AND id = ?`

const WRITE = `INSERT INTO vault_keys (account_id, kind, id, sealed) VALUES (?, ?, ?, ?)
  ON CONFLICT (account_id, kind, id) DO UPDATE SET sealed = excluded.sealed`

const noteWritten = (cache: KeyCache, accountId: string, changes: KeyChanges): void => {
  for (const [kind, values] of Object.entries(changes))
    for (const [id, value] of Object.entries(values)) cache.written(accountId, kind, id, value)
}

/** Linking an account writes eight hundred keys at once. */
const writeKeys = (
  sql: SqlClient.SqlClient,
  bulk: SqlBulk['Service'],
  seal: OpenSeal,
  {
    accompanying,
    cache,
    deferred,
    putCredentials
  }: {
    readonly accompanying: Accompanying
    readonly cache: KeyCache
    readonly deferred: DeferredKeys
    readonly putCredentials: Vault['Service']['writeCredentials']
  }
) =>
  Effect.fnUntraced(
    function* (accountId: string, given: KeyChanges, credentials?: Uint8Array) {
      const running = yield* Effect.serviceOption(sql.transactionService)
      const transaction = Option.isSome(running) ? running.value[0] : {}
      const { changes, deferred: earlier } = deferred.withOwn(transaction, accountId, given)
      if (credentials !== undefined) yield* putCredentials(accountId, credentials)
      const removed: Array<ReadonlyArray<unknown>> = []
      const written: Array<ReadonlyArray<unknown>> = []
      for (const [kind, values] of Object.entries(changes)) {
        cache.writing(accountId, kind, Object.keys(values))
        for (const [id, value] of Object.entries(values)) {
          if (value === null) removed.push([accountId, kind, id])
          else written.push([accountId, kind, id, seal.close(keyLabel(accountId, kind, id), value)])
        }
      }
      if (removed.length > 0) yield* bulk.runMany(REMOVE, removed)
      if (written.length > 0) yield* bulk.runMany(WRITE, written)
      yield* accompanying.write(accountId)
      yield* sql.afterCommit(
        Effect.sync(() => {
          noteWritten(cache, accountId, changes)
          deferred.committed(accountId, earlier)
        })
      )
    },
    joinTransaction(sql),
    asVaultError
  )

const erase = (sql: SqlClient.SqlClient, cache: KeyCache, deferred: DeferredKeys) =>
  Effect.fn('Vault.erase')(
    function* (accountId: string) {
      deferred.forget(accountId)
      cache.forget(accountId)
      yield* sql`DELETE FROM vault_credentials WHERE account_id = ${accountId}`
      yield* sql`DELETE FROM vault_keys WHERE account_id = ${accountId}`
      yield* sql.afterCommit(Effect.sync(() => cache.forget(accountId)))
    },
    sql.withTransaction,
    asVaultError
  )

/** Refuses to start on a folder that was written with another key, instead of failing account by account later. */
const checkKey = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, seal: OpenSeal) {
  const [row] = yield* sql<{ sealed: Uint8Array }>`SELECT sealed FROM vault_check`
  if (row === undefined) {
    yield* sql`INSERT INTO vault_check (only, sealed)
      VALUES (1, ${seal.close(CHECK_LABEL, Buffer.from(CHECK_LABEL))})`
    return
  }
  yield* seal
    .open(CHECK_LABEL, row.sealed)
    .pipe(Effect.catchTag('SealBroken', () => Effect.fail(new VaultLocked({}))))
})
