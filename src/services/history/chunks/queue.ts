// History chunks that the phone announced and that are not stored yet. The announcement is durable before it is
// acknowledged to WhatsApp; the chunk itself is fetched later, at the server's own pace.
import { Clock, Context, Effect, Layer, Schema } from 'effect'
import { SqlClient } from 'effect/sql'
import { topic, Wakes } from '../../process/wakes.ts'
import { asDatabaseError, type DatabaseError } from '../../database/error.ts'
import { Seal } from '../../vault/seal.ts'
import type { ChunkRetryAnswer } from '../../whatsapp/convert/chunk-retry.ts'
import { type ChunkNotice, SHARED_HISTORY } from '../../whatsapp/convert/journaled.ts'
import { markRetryAsked, markRetryNotAsked, noteRetryAnswers } from './retries.ts'

export interface Chunk {
  readonly chunkId: number
  readonly notificationId: string
  readonly syncType: number
  readonly chunkOrder: number
  /** Failed attempts to read it. */
  readonly attempts: number
  /** How often the phone has made this chunk since the account was linked, this time included. */
  readonly editions: number
  /** How often the phone was asked to make it again, and whether an answer to the last time is outstanding. */
  readonly retries: number
  readonly isRetryOpen: number
  /** Why the phone does not make it again. */
  readonly retryRefusal: string | null
  /** When the account was linked, milliseconds since 1970: the phone made the chunk after that. */
  readonly linkedAt: number
  /** The encoded `HistorySyncNotification`. */
  readonly notification: Buffer
  /** When the phone announced it, milliseconds since 1970. */
  readonly announcedAt: number
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

/** Whether the phone has sent all that it sends unasked after linking, and when the last of it was stored. */
export interface Settled {
  readonly complete: boolean
  /** Milliseconds since 1970. */
  readonly lastAt: number
}

/** The sync type of answers to requests of ours; they all carry the same order. */
export const ON_DEMAND = 6
/** The past of a group that a member shares. */
export const SHARED = SHARED_HISTORY
const INITIAL = 0
const FULL = 2
const RECENT = 3

/** The progress in percent, at most, while something that the phone has sent cannot be read. */
const MOST_WHILE_UNREAD = 99

/** How long after linking a phone may take to send the first of its history. */
const BEGINS_WITHIN_MS = 120_000

/** No wait of a chunk is longer: a later time was written by a clock that has jumped back since. */
const LONGEST_WAIT_MS = 60 * 60 * 1000

/** Chunks of an account were announced and wait. */
export const HISTORY_CHUNKS = topic('history chunks')

/** The announcement of a chunk cannot be opened: it was changed in the database, or sealed with another VAULT_KEY. */
export class ChunkSealBroken extends Schema.TaggedError<ChunkSealBroken>()('ChunkSealBroken', {
  chunkId: Schema.Finite,
  syncType: Schema.Finite
}) {
  override get message(): string {
    return `The announcement of history chunk ${this.chunkId} cannot be opened with this VAULT_KEY`
  }
}

/** Every method fails with `DatabaseError`, and `due` with `ChunkSealBroken` as well. Times are milliseconds since 1970. */
export class ChunkQueue extends Context.Service<
  ChunkQueue,
  {
    /** Writes announced chunks down; joins the caller's transaction and wakes the worker after its commit. */
    readonly enqueue: (
      accountId: string,
      notices: ReadonlyArray<ChunkNotice>
    ) => Effect.Effect<void, DatabaseError>
    /** The first chunk that is due, after the chunk with the id `after` if that is given. */
    readonly due: (
      accountId: string,
      now: number,
      after?: number
    ) => Effect.Effect<Chunk | undefined, DatabaseError | ChunkSealBroken>
    /** When the earliest chunk that waits is due; `undefined` when none waits. */
    readonly nextDue: (accountId: string) => Effect.Effect<number | undefined, DatabaseError>
    /** The chunk is stored; joins the transaction that stores it. */
    readonly done: (chunkId: number, messages: number) => Effect.Effect<void, DatabaseError>
    /** The chunk was counted by a dry run: it is kept until it is to be stored. */
    readonly counted: (chunkId: number, messages: number) => Effect.Effect<void, DatabaseError>
    /** Chunks that a dry run has counted are to be stored now. */
    readonly requeueCounted: Effect.Effect<void, DatabaseError>
    readonly settled: (accountId: string) => Effect.Effect<Settled, DatabaseError>
    /** The chunk could not be read; it waits for another attempt. */
    readonly retryAt: (chunkId: number, at: number, reason: string) => Effect.Effect<void, DatabaseError>
    /** The phone is about to be asked to make the chunk again. */
    readonly retryAsked: (chunkId: number, requestId: string) => Effect.Effect<void, DatabaseError>
    /** The phone could not be asked. */
    readonly retryNotAsked: (chunkId: number) => Effect.Effect<void, DatabaseError>
    /** What the phone has said to such requests; joins the caller's transaction. */
    readonly retryAnswered: (
      accountId: string,
      answers: ReadonlyArray<ChunkRetryAnswer>
    ) => Effect.Effect<void, DatabaseError>
    /** Gives the chunk up. Answers whether it still waited: meanwhile the phone may have made a new edition. */
    readonly giveUp: (chunkId: number, reason: string) => Effect.Effect<boolean, DatabaseError>
    readonly progress: (accountId: string) => Effect.Effect<HistoryProgress, DatabaseError>
  }
>()('backscroll/services/history/ChunkQueue') {
  static readonly layer: Layer.Layer<ChunkQueue, never, Dependencies> = Layer.effect(
    ChunkQueue,
    Effect.gen(function* () {
      const context = Context.pick(...NEEDED)(yield* Effect.context<Dependencies>())
      const run = <A, E>(work: Effect.Effect<A, E, Dependencies>) =>
        asDatabaseError(OPERATION)(Effect.provideContext(work, context))
      const seal = yield* Seal
      return ChunkQueue.of({
        enqueue: (accountId, notices) => run(enqueue(accountId, notices)),
        due: (accountId, now, after = 0) =>
          Effect.flatMap(run(dueChunk(accountId, now, after)), row => unsealed(seal, accountId, row)),
        nextDue: accountId => run(nextDue(accountId)),
        done: (chunkId, messages) => run(markDone(chunkId, messages)),
        counted: (chunkId, messages) => run(markCounted(chunkId, messages)),
        requeueCounted: run(requeueCounted),
        settled: accountId => run(readSettled(accountId)),
        retryAt: (chunkId, at, reason) => run(postpone(chunkId, at, reason)),
        retryAsked: (chunkId, requestId) => run(markRetryAsked(chunkId, requestId)),
        retryNotAsked: chunkId => run(markRetryNotAsked(chunkId)),
        retryAnswered: (accountId, answers) => run(noteRetries(accountId, answers)),
        giveUp: (chunkId, reason) => run(markFailed(chunkId, reason)),
        progress: accountId => run(readProgress(accountId))
      })
    })
  )
}

/** What the functions of this service are given. */
const NEEDED = [SqlClient.SqlClient, Seal, Wakes] as const

type Dependencies = Context.Service.Identifier<(typeof NEEDED)[number]>

const OPERATION = 'the history chunk queue'

/** In place of a notification that is not needed any more. */
const NOTHING = new Uint8Array()

/** What notifications are sealed for. */
const purposeOf = (accountId: string): string => `history chunk ${accountId}`

const enqueue = Effect.fnUntraced(function* (accountId: string, notices: ReadonlyArray<ChunkNotice>) {
  if (notices.length === 0) return
  const sql = yield* SqlClient.SqlClient
  const wakes = yield* Wakes
  for (const notice of notices) {
    yield* insertChunk(accountId, notice)
    yield* replaceEarlierEditions(accountId, notice)
  }
  yield* sql.afterCommit(wakes.wake(HISTORY_CHUNKS, accountId))
})

const insertChunk = Effect.fnUntraced(function* (accountId: string, notice: ChunkNotice) {
  const sql = yield* SqlClient.SqlClient
  const seal = yield* Seal
  const now = yield* Clock.currentTimeMillis
  yield* sql`INSERT INTO history_chunks (account_id, notification_id, sync_type, chunk_order, progress, sealed,
      state, next_attempt_at, received_at, announced_at)
    VALUES (${accountId}, ${notice.notificationId}, ${notice.syncType}, ${notice.chunkOrder}, ${notice.progress},
      ${seal.close(purposeOf(accountId), notice.notification)}, 'pending', ${now}, ${now},
      ${notice.announcedAt})
    ON CONFLICT (account_id, notification_id) DO NOTHING`
})

/** The phone made a new edition of a chunk that could not be read: the earlier edition is not needed any more. */
const replaceEarlierEditions = Effect.fnUntraced(function* (accountId: string, notice: ChunkNotice) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE history_chunks SET state = 'replaced', sealed = ${NOTHING} WHERE account_id = ${accountId}
    AND sync_type = ${notice.syncType} AND chunk_order = ${notice.chunkOrder} AND sync_type NOT IN (${ON_DEMAND}, ${SHARED})
    AND notification_id <> ${notice.notificationId} AND attempts > 0 AND state IN ('pending', 'failed')`
})

const dueChunk = Effect.fnUntraced(function* (accountId: string, now: number, after: number) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<SealedChunk>`
    SELECT chunk_id, notification_id, sync_type, chunk_order, attempts, sealed, retries, retry_refusal,
      retry_id IS NOT NULL AS is_retry_open, COALESCE(announced_at, received_at) AS announced_at,
      (SELECT COUNT(*) FROM history_chunks e JOIN accounts a ON a.account_id = e.account_id
        WHERE e.account_id = c.account_id AND e.sync_type = c.sync_type AND e.chunk_order = c.chunk_order
        AND e.received_at >= COALESCE(a.linked_at, 0)) AS editions,
      COALESCE((SELECT a.linked_at FROM accounts a WHERE a.account_id = c.account_id), 0) AS linked_at
    FROM history_chunks c WHERE account_id = ${accountId} AND state = 'pending' AND chunk_id > ${after}
      AND (next_attempt_at <= ${now} OR next_attempt_at > ${now + LONGEST_WAIT_MS})
    ORDER BY chunk_id LIMIT 1`
  return row
})

interface SealedChunk extends Omit<Chunk, 'notification'> {
  readonly sealed: Uint8Array
}

const unsealed = (
  seal: Seal['Service'],
  accountId: string,
  row: SealedChunk | undefined
): Effect.Effect<Chunk | undefined, ChunkSealBroken> => {
  if (row === undefined) return Effect.succeed(row)
  const { sealed, ...chunk } = row
  const { chunkId, syncType } = chunk
  return seal.open(purposeOf(accountId), sealed).pipe(
    Effect.map(notification => ({ ...chunk, notification })),
    Effect.mapError(() => new ChunkSealBroken({ chunkId, syncType }))
  )
}

const nextDue = Effect.fnUntraced(function* (accountId: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ at: number | null }>`SELECT MIN(next_attempt_at) AS at FROM history_chunks
    WHERE account_id = ${accountId} AND state = 'pending'`
  return row?.at ?? undefined
})

const markDone = Effect.fnUntraced(function* (chunkId: number, messages: number) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  yield* sql`UPDATE history_chunks SET state = 'done', messages = ${messages}, done_at = ${now}, sealed = ${NOTHING}
    WHERE chunk_id = ${chunkId}`
})

const markCounted = Effect.fnUntraced(function* (chunkId: number, messages: number) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  yield* sql`UPDATE history_chunks SET state = 'rehearsed', messages = ${messages}, done_at = ${now}
    WHERE chunk_id = ${chunkId}`
})

/** Answers to requests are not kept: they are asked for again, from where the stored history ends. */
const requeueCounted = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`DELETE FROM history_chunks WHERE state = 'rehearsed' AND sync_type = ${ON_DEMAND}`
  yield* sql`UPDATE history_chunks SET state = 'pending', messages = NULL, done_at = NULL, attempts = 0
    WHERE state = 'rehearsed'`
})

const postpone = Effect.fnUntraced(function* (chunkId: number, at: number, reason: string) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE history_chunks SET attempts = attempts + 1, next_attempt_at = ${at}, last_error = ${reason}
    WHERE chunk_id = ${chunkId} AND state = 'pending'`
})

const markFailed = Effect.fnUntraced(function* (chunkId: number, reason: string) {
  const sql = yield* SqlClient.SqlClient
  const rows =
    yield* sql`UPDATE history_chunks SET state = 'failed', attempts = attempts + 1, last_error = ${reason}
    WHERE chunk_id = ${chunkId} AND state = 'pending' RETURNING 1`
  return rows.length > 0
})

const noteRetries = Effect.fnUntraced(function* (
  accountId: string,
  answers: ReadonlyArray<ChunkRetryAnswer>
) {
  if (answers.length === 0) return
  const sql = yield* SqlClient.SqlClient
  const wakes = yield* Wakes
  yield* noteRetryAnswers(accountId, answers)
  yield* sql.afterCommit(wakes.wake(HISTORY_CHUNKS, accountId))
})

/** Of the present link, the chunk that goes back furthest: recent ones follow the initial one, full ones follow those. */
const furthestChunk = Effect.fnUntraced(function* (accountId: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ syncType: number; progress: number | null }>`SELECT c.sync_type, c.progress
    FROM history_chunks c JOIN accounts a ON a.account_id = c.account_id
    WHERE c.account_id = ${accountId} AND c.state IN ('done', 'rehearsed') AND c.received_at >= COALESCE(a.linked_at, 0)
      AND c.sync_type IN (${INITIAL}, ${RECENT}, ${FULL})
    ORDER BY c.sync_type = ${FULL} DESC, c.sync_type = ${RECENT} DESC, c.chunk_order DESC LIMIT 1`
  return row
})

const readSettled = Effect.fnUntraced(function* (accountId: string) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const [row] = yield* sql<{ pending: number; lastAt: number | null; linkedAt: number | null }>`SELECT
      COUNT(*) FILTER (WHERE c.state = 'pending') AS pending, MAX(c.done_at) AS last_at, a.linked_at
    FROM accounts a LEFT JOIN history_chunks c ON c.account_id = a.account_id AND c.sync_type NOT IN (${ON_DEMAND}, ${SHARED})
      AND c.received_at >= COALESCE(a.linked_at, 0)
    WHERE a.account_id = ${accountId}`
  if ((row?.pending ?? 0) > 0) return { complete: false, lastAt: now } satisfies Settled
  const furthest = yield* furthestChunk(accountId)
  const linkedAt = row?.linkedAt ?? 0
  const unread = yield* unreadAnnouncements(accountId)
  return {
    complete:
      unread.waiting === 0 &&
      furthest !== undefined &&
      furthest.syncType === FULL &&
      furthest.progress === 100,
    // A phone that was just linked takes its time to begin.
    lastAt: row?.lastAt ?? Math.min(now, linkedAt + BEGINS_WITHIN_MS)
  } satisfies Settled
})

/** Messages of the phone in the first history that could not be decrypted: as long as nobody knows better, chunks. */
const unreadAnnouncements = Effect.fnUntraced(function* (accountId: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ waiting: number; lost: number }>`SELECT
      COUNT(*) FILTER (WHERE p.state = 'waiting') AS waiting, COUNT(*) FILTER (WHERE p.state = 'lost') AS lost
    FROM peer_messages p JOIN accounts a ON a.account_id = p.account_id
    WHERE p.account_id = ${accountId} AND p.in_first_history = 1 AND p.received_at >= COALESCE(a.linked_at, 0)`
  return row ?? { waiting: 0, lost: 0 }
})

const readProgress = Effect.fnUntraced(function* (accountId: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<Omit<HistoryProgress, 'percent'>>`SELECT
      COUNT(*) FILTER (WHERE state IN ('done', 'rehearsed')) AS chunks_done,
      COUNT(*) FILTER (WHERE state = 'pending') AS chunks_pending,
      COUNT(*) FILTER (WHERE state = 'failed') AS chunks_failed, COALESCE(SUM(messages), 0) AS messages
    FROM history_chunks WHERE account_id = ${accountId}`
  const unread = yield* unreadAnnouncements(accountId)
  const counts = {
    chunksDone: row?.chunksDone ?? 0,
    chunksPending: (row?.chunksPending ?? 0) + unread.waiting,
    chunksFailed: (row?.chunksFailed ?? 0) + unread.lost,
    messages: row?.messages ?? 0
  }
  const furthest = yield* furthestChunk(accountId)
  // The initial chunk says nothing about those that follow.
  const isUnknown = furthest?.syncType === INITIAL && counts.chunksPending > 0
  const told = furthest?.progress ?? null
  const percent = told !== null && unread.waiting > 0 ? Math.min(told, MOST_WHILE_UNREAD) : told
  return { ...counts, percent: isUnknown ? null : percent } satisfies HistoryProgress
})
