// The journal: what WhatsApp will be told we have, written down before it is told.
// A received message's ratchet step and its plaintext are one transaction; the receipt leaves only after it.
import { Clock, Context, Effect, Layer } from 'effect'
import { SqlClient, type SqlError } from 'effect/sql'
import { Seal, type SealBroken } from '../vault/seal.ts'
import { type KeyChanges, Vault } from '../vault/vault.ts'

export type InboxError = SqlError.SqlError | SealBroken

export interface Arrival {
  readonly accountId: string
  readonly kind: string
  /** Tells a repeat from news; `null` for what may simply be written again. */
  readonly fingerprint: string | null
  readonly content: Uint8Array
}

export interface Entry {
  readonly entryId: number
  readonly content: Buffer
}

export class Inbox extends Context.Service<
  Inbox,
  {
    /** Writes the arrival down together with the key changes that reading it caused. */
    readonly record: (arrival: Arrival, changes?: KeyChanges) => Effect.Effect<void, InboxError>
    /** The journaled content of an arrival that came before, `undefined` when it is new. */
    readonly recall: (accountId: string, fingerprint: string) => Effect.Effect<Buffer | undefined, InboxError>
    /** The oldest entries that were not ingested yet, in the order in which they came. */
    readonly waiting: (accountId: string, limit: number) => Effect.Effect<ReadonlyArray<Entry>, InboxError>
    /** Marks entries as ingested; joins the transaction that stores their effect. */
    readonly settle: (entryIds: ReadonlyArray<number>) => Effect.Effect<void, InboxError>
    /** Keeps entries that cannot be read for a version of the server that can; they are not offered again. */
    readonly setAside: (entryIds: ReadonlyArray<number>) => Effect.Effect<void, InboxError>
    /** Removes what was ingested before that time; for when WhatsApp will certainly not repeat it. */
    readonly forget: (accountId: string, ingestedBefore: number) => Effect.Effect<void, InboxError>
  }
>()('backscroll/services/journal/Inbox') {
  static readonly layer: Layer.Layer<Inbox, never, SqlClient.SqlClient | Seal | Vault> = Layer.effect(
    Inbox,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const seal = yield* Seal
      const vault = yield* Vault
      const purpose = (accountId: string) => `journal ${accountId}`

      const record = Effect.fn('Inbox.record')(function* (arrival: Arrival, changes?: KeyChanges) {
        if (changes !== undefined) yield* vault.writeKeys(arrival.accountId, changes)
        const receivedAt = yield* Clock.currentTimeMillis
        yield* sql`INSERT INTO journal (account_id, kind, fingerprint, sealed, received_at)
          VALUES (${arrival.accountId}, ${arrival.kind}, ${arrival.fingerprint},
            ${seal.close(purpose(arrival.accountId), arrival.content)}, ${receivedAt})
          ON CONFLICT (account_id, fingerprint) WHERE fingerprint IS NOT NULL DO NOTHING`
      }, sql.withTransaction)

      const recall = Effect.fn('Inbox.recall')(function* (accountId: string, fingerprint: string) {
        const [row] = yield* sql<{ sealed: Uint8Array }>`
          SELECT sealed FROM journal WHERE account_id = ${accountId} AND fingerprint = ${fingerprint}`
        return row === undefined ? undefined : yield* seal.open(purpose(accountId), row.sealed)
      })

      const waiting = Effect.fn('Inbox.waiting')(function* (accountId: string, limit: number) {
        const rows = yield* sql<{ entry_id: number; sealed: Uint8Array }>`
          SELECT entry_id, sealed FROM journal WHERE account_id = ${accountId} AND ingested_at IS NULL
          ORDER BY entry_id LIMIT ${limit}`
        return yield* Effect.forEach(rows, row =>
          Effect.map(seal.open(purpose(accountId), row.sealed), content => ({
            entryId: row.entry_id,
            content
          }))
        )
      })

      const settle = Effect.fn('Inbox.settle')(function* (entryIds: ReadonlyArray<number>) {
        const ingestedAt = yield* Clock.currentTimeMillis
        yield* sql`UPDATE journal SET ingested_at = ${ingestedAt}
          WHERE entry_id IN (SELECT value FROM json_each(${JSON.stringify(entryIds)}))`
      })

      const setAside = Effect.fn('Inbox.setAside')(function* (entryIds: ReadonlyArray<number>) {
        yield* sql`UPDATE journal SET kind = 'unreadable', ingested_at = ${Number.MAX_SAFE_INTEGER}
          WHERE entry_id IN (SELECT value FROM json_each(${JSON.stringify(entryIds)}))`
      })

      const forget = Effect.fn('Inbox.forget')(function* (accountId: string, ingestedBefore: number) {
        yield* sql`DELETE FROM journal WHERE account_id = ${accountId} AND ingested_at < ${ingestedBefore}`
      })

      return Inbox.of({ record, recall, waiting, settle, setAside, forget })
    })
  )
}
