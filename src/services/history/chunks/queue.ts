// History chunks that the phone announced and that are not stored yet. The announcement is durable before WhatsApp
// hears of it; the chunk itself is fetched later, at the server's own pace.
import { Clock, Context, Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import { topic, Wakes } from '../../process/wakes.ts'
import { asDatabaseError, DatabaseError } from '../../database/error.ts'
import { Seal } from '../../vault/seal.ts'
import type { ChunkNotice } from '../../whatsapp/convert/journaled.ts'

export interface Chunk {
  readonly chunkId: number
  readonly notificationId: string
  readonly syncType: number
  readonly chunkOrder: number
  readonly attempts: number
  /** How often the phone has made this chunk, this time included. */
  readonly editions: number
  readonly notification: Buffer
}

/** How far the history of an account is, over everything its phone has announced. */
export interface HistoryProgress {
  readonly chunksDone: number
  readonly chunksPending: number
  readonly chunksFailed: number
  readonly messages: number
  /** What the phone reported with the chunk that goes back furthest, 0 to 100; `null` before the first. */
  readonly percent: number | null
}

/** Answers to requests of ours all carry the same order. */
export const ON_DEMAND = 6
const INITIAL = 0
const FULL = 2
const RECENT = 3

/** How long after linking a phone may take to send the first of its history. */
const BEGINS_WITHIN_MS = 120_000

/** No wait of a chunk is longer: a later time was written by a clock that has jumped back since. */
const LONGEST_WAIT_MS = 60 * 60 * 1000

/** Chunks of an account were announced and wait. */
export const HISTORY_CHUNKS = topic('history chunks')

export class ChunkQueue extends Context.Service<
  ChunkQueue,
  {
    readonly enqueue: (
      accountId: string,
      notices: ReadonlyArray<ChunkNotice>
    ) => Effect.Effect<void, DatabaseError>
    /** The first chunk that is due; behind `after`, a chunk's id, when that is given. */
    readonly due: (
      accountId: string,
      now: number,
      after?: number
    ) => Effect.Effect<Chunk | undefined, DatabaseError>
    /** When the earliest chunk that waits for its next attempt is due. */
    readonly nextDue: (accountId: string) => Effect.Effect<number | undefined, DatabaseError>
    readonly done: (chunkId: number, messages: number) => Effect.Effect<void, DatabaseError>
    /** Read in a dry run: kept for the day when it is to be stored. */
    readonly rehearsed: (chunkId: number, messages: number) => Effect.Effect<void, DatabaseError>
    /** What a dry run only read is to be stored now. */
    readonly storeRehearsed: Effect.Effect<void, DatabaseError>
    /**
     * Whether the phone has sent all that it sends by itself after linking, and when the last of it was stored
     * (milliseconds since 1970).
     */
    readonly settled: (
      accountId: string
    ) => Effect.Effect<{ readonly complete: boolean; readonly lastAt: number }, DatabaseError>
    readonly retryAt: (chunkId: number, at: number, reason: string) => Effect.Effect<void, DatabaseError>
    /** Answers whether it still waited: meanwhile the phone may have made it anew. */
    readonly giveUp: (chunkId: number, reason: string) => Effect.Effect<boolean, DatabaseError>
    readonly progress: (accountId: string) => Effect.Effect<HistoryProgress, DatabaseError>
  }
>()('backscroll/services/history/ChunkQueue') {
  static readonly layer: Layer.Layer<ChunkQueue, never, SqlClient.SqlClient | Seal | Wakes> = Layer.effect(
    ChunkQueue,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const seal = yield* Seal
      const wakes = yield* Wakes
      const purpose = (accountId: string) => `history chunk ${accountId}`
      const failed = asDatabaseError('the history chunk queue')

      /** Of the present link, the chunk that goes back furthest: recent ones follow the newest, full ones follow those. */
      const furthestOf = (accountId: string) =>
        Effect.map(
          sql<{
            syncType: number
            progress: number | null
          }>`SELECT c.sync_type, c.progress FROM history_chunks c
            JOIN accounts a ON a.account_id = c.account_id
            WHERE c.account_id = ${accountId} AND c.state IN ('done', 'rehearsed') AND c.received_at >= COALESCE(a.linked_at, 0)
              AND c.sync_type IN (${INITIAL}, ${RECENT}, ${FULL})
            ORDER BY c.sync_type = ${FULL} DESC, c.sync_type = ${RECENT} DESC, c.chunk_order DESC LIMIT 1`,
          ([row]) => row
        )

      return ChunkQueue.of({
        enqueue: (accountId, notices) =>
          Effect.gen(function* () {
            const now = yield* Clock.currentTimeMillis
            for (const notice of notices) {
              yield* sql`INSERT INTO history_chunks (account_id, notification_id, sync_type, chunk_order, progress, sealed,
                  state, next_attempt_at, received_at)
                VALUES (${accountId}, ${notice.notificationId}, ${notice.syncType}, ${notice.chunkOrder}, ${notice.progress},
                  ${seal.close(purpose(accountId), notice.notification)}, 'pending', ${now}, ${now})
                ON CONFLICT (account_id, notification_id) DO NOTHING`
              // The phone made it anew: its earlier edition, which could not be read, need not be had any more.
              yield* sql`UPDATE history_chunks SET state = 'replaced', sealed = x'' WHERE account_id = ${accountId}
                AND sync_type = ${notice.syncType} AND chunk_order = ${notice.chunkOrder} AND sync_type <> ${ON_DEMAND}
                AND notification_id <> ${notice.notificationId} AND attempts > 0 AND state IN ('pending', 'failed')`
            }
            if (notices.length > 0) yield* sql.afterCommit(wakes.wake(HISTORY_CHUNKS, accountId))
          }).pipe(failed),
        due: (accountId, now, after = 0) =>
          Effect.gen(function* () {
            const [row] = yield* sql<{
              chunkId: number
              notificationId: string
              syncType: number
              chunkOrder: number
              attempts: number
              editions: number
              sealed: Uint8Array
            }>`
              SELECT chunk_id, notification_id, sync_type, chunk_order, attempts, sealed,
                (SELECT COUNT(*) FROM history_chunks e JOIN accounts a ON a.account_id = e.account_id
                  WHERE e.account_id = c.account_id AND e.sync_type = c.sync_type AND e.chunk_order = c.chunk_order
                  AND e.received_at >= COALESCE(a.linked_at, 0)) AS editions
              FROM history_chunks c WHERE account_id = ${accountId} AND state = 'pending' AND chunk_id > ${after}
                AND (next_attempt_at <= ${now} OR next_attempt_at > ${now + LONGEST_WAIT_MS})
              ORDER BY chunk_id LIMIT 1`
            if (row === undefined) return undefined
            const notification = yield* seal.open(purpose(accountId), row.sealed)
            return {
              chunkId: row.chunkId,
              notificationId: row.notificationId,
              syncType: row.syncType,
              chunkOrder: row.chunkOrder,
              attempts: row.attempts,
              editions: row.editions,
              notification
            }
          }).pipe(
            Effect.catchTag('SealBroken', cause =>
              Effect.fail(new DatabaseError({ operation: 'the history chunk queue', cause }))
            ),
            failed
          ),
        nextDue: accountId =>
          sql<{ at: number | null }>`SELECT MIN(next_attempt_at) AS at FROM history_chunks
            WHERE account_id = ${accountId} AND state = 'pending'`.pipe(
            Effect.map(([row]) => row?.at ?? undefined),
            failed
          ),
        done: (chunkId, messages) =>
          Effect.flatMap(
            Clock.currentTimeMillis,
            now => sql`UPDATE history_chunks SET state = 'done', messages = ${messages}, done_at = ${now}, sealed = x''
              WHERE chunk_id = ${chunkId}`
          ).pipe(Effect.asVoid, failed),
        retryAt: (chunkId, at, reason) =>
          sql`UPDATE history_chunks SET attempts = attempts + 1, next_attempt_at = ${at}, last_error = ${reason}
            WHERE chunk_id = ${chunkId} AND state = 'pending'`.pipe(Effect.asVoid, failed),
        giveUp: (chunkId, reason) =>
          sql`UPDATE history_chunks SET state = 'failed', attempts = attempts + 1, last_error = ${reason}
            WHERE chunk_id = ${chunkId} AND state = 'pending' RETURNING 1`.pipe(
            Effect.map(rows => rows.length > 0),
            failed
          ),
        rehearsed: (chunkId, messages) =>
          Effect.flatMap(
            Clock.currentTimeMillis,
            now => sql`UPDATE history_chunks SET state = 'rehearsed', messages = ${messages}, done_at = ${now}
              WHERE chunk_id = ${chunkId}`
          ).pipe(Effect.asVoid, failed),
        storeRehearsed: Effect.andThen(
          // What was asked for is asked for again: it is fetched from where the stored history ends.
          sql`DELETE FROM history_chunks WHERE state = 'rehearsed' AND sync_type = ${ON_DEMAND}`,
          sql`UPDATE history_chunks SET state = 'pending', messages = NULL, done_at = NULL, attempts = 0
              WHERE state = 'rehearsed'`
        ).pipe(Effect.asVoid, failed),
        settled: accountId =>
          Effect.gen(function* () {
            const now = yield* Clock.currentTimeMillis
            const [row] = yield* sql<{
              pending: number
              lastAt: number | null
              linkedAt: number | null
            }>`SELECT
                COUNT(*) FILTER (WHERE c.state = 'pending') AS pending, MAX(c.done_at) AS last_at, a.linked_at
              FROM accounts a LEFT JOIN history_chunks c ON c.account_id = a.account_id AND c.sync_type <> ${ON_DEMAND}
                AND c.received_at >= COALESCE(a.linked_at, 0)
              WHERE a.account_id = ${accountId}`
            if ((row?.pending ?? 0) > 0) return { complete: false, lastAt: now }
            const furthest = yield* furthestOf(accountId)
            const linkedAt = row?.linkedAt ?? 0
            return {
              complete: furthest !== undefined && furthest.syncType === FULL && furthest.progress === 100,
              // A phone that was just linked takes its time to begin.
              lastAt: row?.lastAt ?? Math.min(now, linkedAt + BEGINS_WITHIN_MS)
            }
          }).pipe(failed),
        progress: accountId =>
          Effect.gen(function* () {
            const [row] = yield* sql<{
              done: number
              pending: number
              failed: number
              messages: number
            }>`SELECT
                COUNT(*) FILTER (WHERE state IN ('done', 'rehearsed')) AS done, COUNT(*) FILTER (WHERE state = 'pending') AS pending,
                COUNT(*) FILTER (WHERE state = 'failed') AS failed, COALESCE(SUM(messages), 0) AS messages
              FROM history_chunks WHERE account_id = ${accountId}`
            const furthest = yield* furthestOf(accountId)
            return {
              chunksDone: row?.done ?? 0,
              chunksPending: row?.pending ?? 0,
              chunksFailed: row?.failed ?? 0,
              messages: row?.messages ?? 0,
              // The first chunk says nothing of those that follow.
              percent:
                furthest?.syncType === INITIAL && (row?.pending ?? 0) > 0
                  ? null
                  : (furthest?.progress ?? null)
            }
          }).pipe(failed)
      })
    })
  )
}
