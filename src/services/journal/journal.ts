// The journal: what arrives from WhatsApp is written here before its receipt is sent.
// A received message's ratchet step and its plaintext are one transaction; the receipt leaves only after it.
import { Clock, Context, Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import { listOf, rowsOf } from '../database/dialect.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { SqlBulk } from '../database/bulk.ts'
import { keepNewestRows } from '../database/newest-rows.ts'
import { AccountMemory } from '../process/account-memory.ts'
import { topic, Wakes } from '../process/wakes.ts'
import { Seal, type SealBroken } from '../vault/seal.ts'
import type { KeyChanges } from '../vault/key-changes.ts'
import { Vault } from '../vault/vault.ts'
import { type Arrival, type DeferredArrivals, makeDeferredArrivals } from './deferred-arrivals.ts'
import { LiveTraffic } from './traffic.ts'

export type JournalError = DatabaseError | SealBroken

/** Entries of an account wait to be ingested. */
export const JOURNAL = topic('journal')

export interface Entry {
  readonly entryId: number
  readonly content: Buffer
  /** Milliseconds since 1970. */
  readonly receivedAt: number
}

const MIB = 1024 * 1024
/** Bytes of entries that are ingested in one transaction, for which everybody else waits. */
const MOST_AT_ONCE = MIB / 2

/** `sender` is empty when the entry does not say. */
export interface UnreadableEntry {
  readonly entryId: number
  readonly sender: string
}

export class Journal extends Context.Service<
  Journal,
  {
    /**
     * Takes the arrival, with the key changes that reading it caused. Both are written in one transaction: that of the account's next
     * change of keys, or `writeDeferred`. They are lost if the server ends before. `onEnded` is called when they are committed, or never
     * will be.
     */
    readonly defer: (arrival: Arrival, changes?: KeyChanges, onEnded?: () => void) => void
    /** Writes what was deferred, keys included; `undefined` when there is nothing. */
    readonly writeDeferred: (accountId: string) => Effect.Effect<void, JournalError> | undefined
    /** The journaled content of an arrival that came before, `undefined` when it is new. */
    readonly recall: (
      accountId: string,
      fingerprint: string
    ) => Effect.Effect<Buffer | undefined, JournalError>
    /** The oldest entries that were not ingested yet, in the order in which they came: so many, and no more than is read in a moment. */
    readonly waiting: (accountId: string, limit: number) => Effect.Effect<ReadonlyArray<Entry>, JournalError>
    /** Marks entries as ingested; joins the transaction that stores their effect. */
    readonly settle: (entryIds: ReadonlyArray<number>) => Effect.Effect<void, JournalError>
    /**
     * Keeps entries that cannot be read for a version of the server that can; they are not offered again. Of each sender, and of the
     * account, only so many are kept: answers how many of the oldest were removed.
     */
    readonly setAside: (
      accountId: string,
      entries: ReadonlyArray<UnreadableEntry>
    ) => Effect.Effect<number, JournalError>
    /** Removes what was ingested before that time; for when WhatsApp will certainly not repeat it. */
    readonly forget: (accountId: string, ingestedBefore: number) => Effect.Effect<void, JournalError>
  }
>()('backscroll/services/journal/Journal') {
  static readonly layer: Layer.Layer<
    Journal,
    never,
    AccountMemory | SqlClient.SqlClient | SqlBulk | Seal | Vault | Wakes | LiveTraffic
  > = Layer.effect(
    Journal,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const seal = yield* Seal
      const vault = yield* Vault
      const wakes = yield* Wakes
      const traffic = yield* LiveTraffic
      const named = asDatabaseError('the journal')

      const deferred = makeDeferredArrivals(yield* AccountMemory)
      const clock = yield* Clock.Clock

      const write = writeArrivals({ bulk: yield* SqlBulk, deferred, seal, sql })
      yield* vault.accompanyAll(accountId =>
        write(accountId, () => {
          traffic.recorded(accountId)
          return wakes.wake(JOURNAL, accountId)
        })
      )

      const defer: Journal['Service']['defer'] = (arrival, changes, onEnded = () => undefined) => {
        if (changes !== undefined) vault.deferKeys(arrival.accountId, changes)
        deferred.add({ ...arrival, receivedAt: clock.currentTimeMillisUnsafe(), onEnded })
      }

      const writeDeferred: Journal['Service']['writeDeferred'] = accountId =>
        deferred.has(accountId) ? vault.writeKeys(accountId, {}) : vault.writeDeferred(accountId)

      const recall = Effect.fn('Journal.recall')(function* (accountId: string, fingerprint: string) {
        const unwritten = deferred.find(accountId, fingerprint)
        if (unwritten !== undefined) return Buffer.from(unwritten.content)
        const [row] = yield* sql<{ sealed: Uint8Array }>`
          SELECT sealed FROM journal WHERE account_id = ${accountId} AND fingerprint = ${fingerprint}`
        return row === undefined ? undefined : yield* seal.open(purpose(accountId), row.sealed)
      }, named)

      const waiting = Effect.fn('Journal.waiting')(function* (accountId: string, limit: number) {
        const sizes = yield* sql<{ entryId: number; bytes: number }>`
          SELECT entry_id, octet_length(sealed) AS bytes FROM journal
          WHERE account_id = ${accountId} AND ingested_at IS NULL ORDER BY entry_id LIMIT ${limit}`
        if (sizes.length === 0) return []
        const rows = yield* sql<{ entryId: number; receivedAt: number; sealed: Uint8Array }>`
          SELECT entry_id, sealed, received_at FROM journal
          WHERE entry_id IN ${listOf(sql, firstWithin(MOST_AT_ONCE, sizes))} ORDER BY entry_id`
        return yield* Effect.forEach(rows, row =>
          Effect.map(seal.open(purpose(accountId), row.sealed), content => ({
            entryId: row.entryId,
            content,
            receivedAt: row.receivedAt
          }))
        )
      }, named)

      const settle = Effect.fn('Journal.settle')(function* (entryIds: ReadonlyArray<number>) {
        const ingestedAt = yield* Clock.currentTimeMillis
        yield* sql`UPDATE journal SET ingested_at = ${ingestedAt}
          WHERE entry_id IN ${listOf(sql, entryIds)}`
      }, named)

      const setAside = Effect.fn('Journal.setAside')(
        (accountId: string, entries: ReadonlyArray<UnreadableEntry>) =>
          entries.length === 0 ? Effect.succeed(0) : keepUnreadable(sql, accountId, entries),
        named
      )

      const forget = Effect.fn('Journal.forget')(function* (accountId: string, ingestedBefore: number) {
        yield* sql`DELETE FROM journal WHERE account_id = ${accountId} AND ingested_at < ${ingestedBefore}`
      }, named)

      return Journal.of({ defer, writeDeferred, recall, waiting, settle, setAside, forget })
    })
  )
}

/** What a sealed entry is: the seal opens it as nothing else. */
const purpose = (accountId: string) => `journal ${accountId}`

const INSERT = `INSERT INTO journal (account_id, kind, fingerprint, sealed, received_at) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (account_id, fingerprint) WHERE fingerprint IS NOT NULL DO NOTHING`

/** Within a transaction that changes keys; `onCommitted` only when there was something to write. */
const writeArrivals =
  ({
    bulk,
    deferred,
    seal,
    sql
  }: {
    readonly bulk: SqlBulk['Service']
    readonly deferred: DeferredArrivals
    readonly seal: Seal['Service']
    readonly sql: SqlClient.SqlClient
  }) =>
  (accountId: string, onCommitted: () => Effect.Effect<void>) =>
    Effect.suspend(() => {
      const arrivals = deferred.of(accountId)
      if (arrivals.length === 0) return Effect.void
      const rows = arrivals.map(({ content, fingerprint, kind, receivedAt }) => [
        accountId,
        kind,
        fingerprint,
        seal.close(purpose(accountId), content),
        receivedAt
      ])
      const ended = Effect.sync(() => deferred.committed(accountId, arrivals))
      return Effect.andThen(
        bulk.runMany(INSERT, rows),
        sql.afterCommit(Effect.andThen(ended, Effect.suspend(onCommitted)))
      )
    }).pipe(asDatabaseError('the journal'))

/** The ids of the first entries, as many as are so large together; one at least. */
const firstWithin = (
  mostBytes: number,
  sizes: ReadonlyArray<{ readonly entryId: number; readonly bytes: number }>
): ReadonlyArray<number> => {
  let before = 0
  const within = sizes.filter(({ bytes }) => {
    const isWithin = before < mostBytes
    before += bytes
    return isWithin
  })
  return within.map(({ entryId }) => entryId)
}

const MOST_OF_SENDER = { rows: 1000, bytes: 16 * MIB }
const MOST_OF_ACCOUNT = { rows: 10_000, bytes: 160 * MIB }

const keepUnreadable = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  accountId: string,
  entries: ReadonlyArray<UnreadableEntry>
) {
  const given = rowsOf(
    sql,
    entries.map(({ entryId, sender }) => [entryId, sender]),
    ['entry_id', 'sender']
  )
  yield* sql`UPDATE journal SET kind = 'unreadable', ingested_at = ${Number.MAX_SAFE_INTEGER}, sender = given.sender
    FROM ${given} AS given WHERE journal.entry_id = given.entry_id`
  const senders = [...new Set(entries.map(({ sender }) => sender))]
  const bounded = { table: 'journal', order: 'entry_id', content: 'sealed' }
  const isOfSender = sql`account_id = ${accountId} AND sender IN ${listOf(sql, senders)}`
  const ofSenders = yield* keepNewestRows(sql, { ...bounded, of: 'sender' }, isOfSender, MOST_OF_SENDER)
  const isSetAside = sql`account_id = ${accountId} AND sender IS NOT NULL`
  const ofAccount = yield* keepNewestRows(sql, { ...bounded, of: 'account_id' }, isSetAside, MOST_OF_ACCOUNT)
  return ofSenders + ofAccount
})
