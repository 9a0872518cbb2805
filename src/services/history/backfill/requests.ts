// Requests to the phone for pages of messages, durable, and what becomes of them. A request is written down before it
// is sent, so that its answer is recognised after a crash, too.
import { Context, Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import type { PartReason, TimeUnit } from '../../../domain/backfill.ts'
import { listOf } from '../../database/dialect.ts'
import { asDatabaseError, type DatabaseError } from '../../database/error.ts'
import { Incidents } from '../../incidents/incidents.ts'
import { Coverage } from '../coverage/coverage.ts'
import type { OpenGap } from '../coverage/rows.ts'
import { isOfOtherKind, type PageAnswer, settleByAnswer } from './answers.ts'
import { expireRequests, giveUpInSilence, settleByRefusal } from './failures.ts'
import { remainingGap } from './gap-progress.ts'
import { JobKind } from './job-kind.ts'
import { PhoneActivity } from './phone-activity.ts'
import { decodeRequest, type PageRequest } from './rows.ts'
import { setTask } from './tasks.ts'
import { readTimeUnit } from './time-units.ts'

/** Every method fails with `DatabaseError` only. Times are milliseconds since 1970. */
export class BackfillRequests extends Context.Service<
  BackfillRequests,
  {
    /** How many requests have no answer yet. */
    readonly inFlight: (accountId: string) => Effect.Effect<number, DatabaseError>
    /** When the oldest request without an answer was made. */
    readonly oldestAsked: (accountId: string) => Effect.Effect<number | undefined, DatabaseError>
    /** Writes down a request that is about to be sent. */
    readonly asked: (accountId: string, request: PageRequest) => Effect.Effect<void, DatabaseError>
    /** WhatsApp has taken the request. */
    readonly sent: (requestId: string) => Effect.Effect<void, DatabaseError>
    /** The request was not sent: removes it, its part waits again. */
    readonly discard: (request: PageRequest) => Effect.Effect<void, DatabaseError>
    /** Removes requests that a crash or a lost connection left between being written down and being sent. */
    readonly discardUnsent: (accountId: string) => Effect.Effect<void, DatabaseError>
    /** The request will not be answered: the phone said so, or WhatsApp did not take it (no sign of the phone). */
    readonly refused: (
      accountId: string,
      request: PageRequest,
      reason: PartReason,
      by?: 'phone' | 'whatsapp'
    ) => Effect.Effect<void, DatabaseError>
    /**
     * Ends the wait for requests made before that time. `silent`: the phone has given no sign since, so that they count as
     * no attempt.
     */
    readonly expire: (
      accountId: string,
      askedBefore: number
    ) => Effect.Effect<{ readonly expired: number; readonly silent: boolean }, DatabaseError>
    /** In which unit the phone understands times; `undefined` as long as it has not answered. */
    readonly timeUnit: (accountId: string) => Effect.Effect<TimeUnit | undefined, DatabaseError>
    /** The phone has been silent for too long: ends every open part. Answers how many there were. */
    readonly giveUp: (accountId: string) => Effect.Effect<number, DatabaseError>
    /** What is left of a gap to be asked for; `undefined` when nothing is. */
    readonly remainingGap: (gapId: number) => Effect.Effect<OpenGap | undefined, DatabaseError>
    /** Whether the request is of a job that is not worked on now: one of a dry run, or one from before it. */
    readonly isOfOtherKind: (request: PageRequest) => Effect.Effect<boolean, DatabaseError>
    /** The request that an answer belongs to: by its id, otherwise by the thread it is about. */
    readonly requestOf: (
      accountId: string,
      requestId: string | undefined,
      threadIds: ReadonlyArray<string>
    ) => Effect.Effect<PageRequest | undefined, DatabaseError>
    /** Settles a request by its answer; joins the transaction that stores what it brought. */
    readonly answered: (
      accountId: string,
      request: PageRequest,
      answer: PageAnswer
    ) => Effect.Effect<void, DatabaseError>
  }
>()('backscroll/services/history/BackfillRequests') {
  static readonly layer: Layer.Layer<BackfillRequests, never, Dependencies> = Layer.effect(
    BackfillRequests,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const context = Context.pick(...NEEDED)(yield* Effect.context<Dependencies>())
      const run = <A, E>(work: Effect.Effect<A, E, Dependencies>) =>
        asDatabaseError('backfill requests')(Effect.provideContext(work, context))
      const inTransaction = <A, E>(work: Effect.Effect<A, E, Dependencies>) => run(sql.withTransaction(work))

      return BackfillRequests.of({
        inFlight: accountId => run(countInFlight(accountId)),
        oldestAsked: accountId => run(oldestAsked(accountId)),
        asked: (accountId, request) => inTransaction(recordRequest(accountId, request)),
        sent: requestId => run(markSent(requestId)),
        discard: request => inTransaction(discardRequest(request)),
        discardUnsent: accountId => inTransaction(discardUnsent(accountId)),
        refused: (accountId, request, reason, by = 'phone') =>
          inTransaction(settleByRefusal(accountId, request, reason, by)),
        expire: (accountId, askedBefore) => inTransaction(expireRequests(accountId, askedBefore)),
        giveUp: accountId => inTransaction(giveUpInSilence(accountId)),
        remainingGap: gapId => run(remainingGap(gapId)),
        timeUnit: accountId => run(readTimeUnit(accountId)),
        isOfOtherKind: ({ taskId }) => run(isOfOtherKind(taskId)),
        requestOf: (accountId, requestId, threadIds) => run(findRequest(accountId, requestId, threadIds)),
        answered: (accountId, request, answer) => run(settleByAnswer(accountId, request, answer))
      })
    })
  )
}

/** What the functions of this service are given. */
const NEEDED = [SqlClient.SqlClient, Coverage, Incidents, JobKind, PhoneActivity] as const

type Dependencies = Context.Service.Identifier<(typeof NEEDED)[number]>

const countInFlight = Effect.fnUntraced(function* (accountId: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ n: number }>`SELECT COUNT(*) AS n FROM backfill_requests
    WHERE account_id = ${accountId} AND status IN ('asking', 'asked')`
  return row?.n ?? 0
})

const oldestAsked = Effect.fnUntraced(function* (accountId: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ at: number | null }>`SELECT MIN(asked_at) AS at FROM backfill_requests
    WHERE account_id = ${accountId} AND status IN ('asking', 'asked')`
  return row?.at ?? undefined
})

const recordRequest = Effect.fnUntraced(function* (accountId: string, request: PageRequest) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT INTO backfill_requests (request_id, account_id, task_id, thread_id, chat_jid, anchor_id, anchor_at, asked_at, time_unit, status)
    VALUES (${request.requestId}, ${accountId}, ${request.taskId}, ${request.threadId}, ${request.chatJid},
      ${request.anchorId}, ${request.anchorAt}, ${request.askedAt}, ${request.timeUnit}, 'asking')`
  yield* sql`UPDATE backfill_tasks SET status = 'asked', reason = NULL WHERE task_id = ${request.taskId}`
})

const markSent = Effect.fnUntraced(function* (requestId: string) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE backfill_requests SET status = 'asked' WHERE request_id = ${requestId} AND status = 'asking'`
})

const discardRequest = Effect.fnUntraced(function* ({ requestId, taskId }: PageRequest) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`DELETE FROM backfill_requests WHERE request_id = ${requestId}`
  yield* setTask(taskId, 'waiting', null)
})

const discardUnsent = Effect.fnUntraced(function* (accountId: string) {
  const sql = yield* SqlClient.SqlClient
  const { dry } = yield* JobKind
  const unsent = yield* sql<{ taskId: number }>`DELETE FROM backfill_requests
    WHERE account_id = ${accountId} AND status = 'asking' RETURNING task_id`
  // Nobody waits for an answer to a job of the other kind now.
  const ofOtherKind = yield* sql<{ taskId: number }>`UPDATE backfill_requests SET status = 'unanswered'
    WHERE account_id = ${accountId} AND status = 'asked' AND task_id IN (SELECT t.task_id FROM backfill_tasks t
      JOIN backfill_jobs j ON j.job_id = t.job_id WHERE j.account_id = ${accountId} AND j.dry <> ${dry})
    RETURNING task_id`
  for (const { taskId } of [...unsent, ...ofOtherKind]) yield* setTask(taskId, 'waiting', null)
})

const requestsWithUntil = (sql: SqlClient.SqlClient) =>
  sql`SELECT r.*, t.until_at FROM backfill_requests r LEFT JOIN backfill_tasks t ON t.task_id = r.task_id`

const findRequest = Effect.fnUntraced(function* (
  accountId: string,
  requestId: string | undefined,
  threadIds: ReadonlyArray<string>
) {
  const sql = yield* SqlClient.SqlClient
  const named = yield* sql`${requestsWithUntil(sql)}
    WHERE r.account_id = ${accountId} AND r.request_id = ${requestId ?? ''}`
  const [row] =
    named.length > 0
      ? named
      : yield* sql`${requestsWithUntil(sql)} WHERE r.account_id = ${accountId} AND r.status IN ('asking', 'asked')
          AND r.thread_id IN ${listOf(sql, threadIds)} ORDER BY r.asked_at LIMIT 1`
  return row === undefined ? undefined : yield* decodeRequest(row)
})
