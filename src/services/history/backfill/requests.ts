// The requests to the phone that are on their way, and what becomes of them. An answer is settled in the transaction that
// stores what it brought.
import { Clock, Effect } from 'effect'
import type { SqlClient, SqlError } from 'effect/sql'
import { MAX_UNANSWERED } from '../../../domain/backfill.ts'
import { digestOf } from '../../../domain/ids.ts'
import type { Incidents } from '../../incidents/incidents.ts'
import type { DecodedConversation } from '../../whatsapp/convert/chunk.ts'
import { decodeRequest, decodeTask, type PageRequest, requestFrom } from './rows.ts'
import type { Coverage } from '../coverage/coverage.ts'
import type { OpenGap } from '../coverage/rows.ts'

/** What a page brought. */
export type PageAnswer = Pick<DecodedConversation, 'received' | 'oldest' | 'beginning'> & {
  /** WhatsApp ids of what came. */
  readonly ids: ReadonlySet<string>
}

export const makeRequests = (options: {
  readonly sql: SqlClient.SqlClient
  readonly coverage: Coverage['Service']
  readonly incidents: Incidents['Service']
  /** 1 in a dry run: nothing of what the phone answers is stored. Jobs of the other kind are left as they are. */
  readonly dry: 0 | 1
  readonly setTask: (
    taskId: number,
    status: 'waiting' | 'done' | 'refused',
    reason: string | null
  ) => Effect.Effect<void, SqlError.SqlError>
  /** When each phone gave its last sign, milliseconds since 1970. */
  readonly heardAt: ReadonlyMap<string, number>
}) => {
  const { coverage, dry, heardAt, incidents, setTask, sql } = options

  const asked = Effect.fnUntraced(function* (accountId: string, request: PageRequest) {
    const now = yield* Clock.currentTimeMillis
    yield* sql`INSERT INTO backfill_requests (request_id, account_id, task_id, thread_id, chat_jid, anchor_id, anchor_at, asked_at, status)
    VALUES (${request.requestId}, ${accountId}, ${request.taskId}, ${request.threadId}, ${request.chatJid},
      ${request.anchorId}, ${request.anchorAt}, ${now}, 'asking')`
    yield* sql`UPDATE backfill_tasks SET status = 'asked', reason = NULL WHERE task_id = ${request.taskId}`
  }, sql.withTransaction)

  const settleRequest = Effect.fnUntraced(function* (requestId: string, status: 'answered' | 'unanswered') {
    yield* sql`UPDATE backfill_requests SET status = ${status},
      answered_at = ${status === 'answered' ? yield* Clock.currentTimeMillis : null}
    WHERE request_id = ${requestId}`
  })

  const unasked = Effect.fnUntraced(function* ({ requestId, taskId }: PageRequest) {
    yield* sql`DELETE FROM backfill_requests WHERE request_id = ${requestId}`
    yield* setTask(taskId, 'waiting', null)
  }, sql.withTransaction)

  const forgetUnsent = Effect.fnUntraced(function* (accountId: string) {
    const rows = yield* sql<{ taskId: number }>`DELETE FROM backfill_requests
    WHERE account_id = ${accountId} AND status = 'asking' RETURNING task_id`
    // Of jobs of the other kind nobody waits for an answer now.
    const others = yield* sql<{ taskId: number }>`UPDATE backfill_requests SET status = 'unanswered'
      WHERE account_id = ${accountId} AND status = 'asked' AND task_id IN (SELECT t.task_id FROM backfill_tasks t
        JOIN backfill_jobs j ON j.job_id = t.job_id WHERE j.account_id = ${accountId} AND j.dry <> ${dry})
      RETURNING task_id`
    for (const { taskId } of [...rows, ...others]) yield* setTask(taskId, 'waiting', null)
  }, sql.withTransaction)

  /** One more try that brought nothing; the last one ends the part. */
  const unsuccessful = Effect.fnUntraced(function* (
    accountId: string,
    { taskId, threadId }: Pick<PageRequest, 'taskId' | 'threadId'>,
    reason: string
  ) {
    const [task] = yield* sql<{ attempts: number }>`UPDATE backfill_tasks SET attempts = attempts + 1
    WHERE task_id = ${taskId} RETURNING attempts`
    const isGivenUp = (task?.attempts ?? 0) >= MAX_UNANSWERED
    yield* coverage.noteRefusal(accountId, threadId, reason)
    yield* setTask(taskId, isGivenUp ? 'refused' : 'waiting', reason)
    if (!isGivenUp) return
    yield* incidents.report({
      accountId,
      kind: 'history.threadRefused',
      severity: 'warning',
      subject: digestOf(threadId),
      threadId,
      happened: `What is missing of a conversation could not be had from the phone: ${reason}`,
      did: `Asked ${MAX_UNANSWERED} times; its coverage says what is missing`,
      advice: 'Open the chat on the phone, keep it online, and ask again (POST …/backfill)'
    })
  })

  const refused = Effect.fnUntraced(function* (
    accountId: string,
    request: PageRequest,
    reason: string,
    by: 'phone' | 'whatsapp' = 'phone'
  ) {
    yield* settleRequest(request.requestId, by === 'phone' ? 'answered' : 'unanswered')
    yield* unsuccessful(accountId, request, reason)
  }, sql.withTransaction)

  const expire = Effect.fnUntraced(function* (accountId: string, askedBefore: number) {
    const rows = yield* sql<{
      requestId: string
      taskId: number
      threadId: string
      askedAt: number
      alive: number
    }>`
    SELECT r.request_id, r.task_id, r.thread_id, r.asked_at, EXISTS (SELECT 1 FROM backfill_requests o
      WHERE o.account_id = ${accountId} AND o.answered_at > r.asked_at) AS alive
    FROM backfill_requests r WHERE r.account_id = ${accountId} AND r.status IN ('asking', 'asked') AND r.asked_at <= ${askedBefore}`
    const isAlive = (row: { readonly askedAt: number; readonly alive: number }) =>
      row.alive === 1 || (heardAt.get(accountId) ?? 0) > row.askedAt
    for (const row of rows) {
      yield* settleRequest(row.requestId, 'unanswered')
      const request = { taskId: row.taskId, threadId: row.threadId }
      if (isAlive(row)) {
        yield* unsuccessful(accountId, request, 'The phone is there, but does not answer for this chat')
      } else {
        yield* coverage.noteRefusal(accountId, row.threadId, 'The phone does not answer')
        // A phone that is away is asked about another thread next: one that it never answers must not hold up the rest.
        yield* sql`UPDATE backfill_tasks SET silences = silences + 1 WHERE task_id = ${row.taskId}`
        yield* setTask(row.taskId, 'waiting', 'The phone does not answer; it is asked again')
      }
    }
    return { expired: rows.length, silent: rows.length > 0 && !rows.some(isAlive) }
  }, sql.withTransaction)

  const requestOf = Effect.fnUntraced(function* (
    accountId: string,
    requestId: string | undefined,
    threadIds: ReadonlyArray<string>
  ) {
    const [named] = yield* sql`SELECT * FROM backfill_requests
    WHERE account_id = ${accountId} AND request_id = ${requestId ?? ''}`
    const [row] =
      named === undefined
        ? yield* sql`SELECT * FROM backfill_requests WHERE account_id = ${accountId} AND status IN ('asking', 'asked')
          AND thread_id IN (SELECT value FROM json_each(${JSON.stringify(threadIds)})) ORDER BY asked_at LIMIT 1`
        : [named]
    return row === undefined ? undefined : requestFrom(yield* decodeRequest(row))
  })

  /** Pages go back from the newer edge until they meet what is held on the other side. */
  const fillGap = Effect.fnUntraced(function* (
    gap: OpenGap,
    { beginning, ids, oldest, received }: PageAnswer
  ) {
    const meets =
      received === 0 ||
      oldest === undefined ||
      (gap.fromId !== null && ids.has(gap.fromId)) ||
      (gap.from !== null && oldest.at < gap.from) ||
      beginning === 'reached'
    yield* meets ? coverage.closeGap(gap.gapId) : coverage.narrowGap(gap.gapId, oldest)
    return meets
  })

  /** Whether the part belongs to a job of the other kind: what is answered now does for it what it is not to do, or nothing. */
  const isOfOthers = (taskId: number) =>
    Effect.map(
      sql`SELECT 1 FROM backfill_tasks t JOIN backfill_jobs j ON j.job_id = t.job_id
        WHERE t.task_id = ${taskId} AND (j.dry <> ${dry} OR (j.dry = 1 AND t.gap_id IS NOT NULL))`,
      found => found.length > 0
    )

  const answered = Effect.fnUntraced(function* (accountId: string, request: PageRequest, answer: PageAnswer) {
    const { received, oldest } = answer
    yield* settleRequest(request.requestId, 'answered')
    if (yield* isOfOthers(request.taskId)) return yield* setTask(request.taskId, 'waiting', null)
    const [row] = yield* sql`SELECT * FROM backfill_tasks WHERE task_id = ${request.taskId}`
    if (row === undefined) return
    const task = yield* decodeTask(row)
    const remaining = task.remaining === null ? null : task.remaining - received
    yield* sql`UPDATE backfill_tasks SET messages = messages + ${received}, pages = pages + 1, remaining = ${remaining}
    WHERE task_id = ${task.taskId}`
    const { beginning } = answer
    const gap = task.gapId === null ? undefined : yield* coverage.gap(task.gapId)
    if (gap !== undefined && (yield* fillGap(gap, answer)))
      return yield* setTask(task.taskId, 'done', 'Filled')
    if (task.gapId !== null && gap === undefined) return yield* setTask(task.taskId, 'done', 'Filled')
    if (task.gapId === null) {
      yield* sql`UPDATE coverage SET sought = sought + ${dry === 1 ? 0 : received} WHERE thread_id = ${task.threadId}
      AND EXISTS (SELECT 1 FROM backfill_jobs WHERE job_id = ${task.jobId} AND origin = 'automatic')`
      if (beginning === 'reached') return yield* setTask(task.taskId, 'done', 'The beginning is held')
      if (remaining !== null && remaining <= 0)
        return yield* setTask(task.taskId, 'done', 'As many as asked for')
      if (task.untilAt !== null && oldest !== undefined && oldest.at < task.untilAt)
        return yield* setTask(task.taskId, 'done', 'Back to the time asked for')
    }
    const isNews =
      oldest !== undefined && oldest.whatsAppId !== request.anchorId && oldest.at <= request.anchorAt
    if (!isNews) return yield* unsuccessful(accountId, request, 'The phone sends nothing older')
    yield* sql`UPDATE backfill_tasks SET attempts = 0, silences = 0 WHERE task_id = ${task.taskId}`
    yield* setTask(task.taskId, 'waiting', null)
  })

  return {
    asked,
    unasked,
    forgetUnsent,
    refused,
    expire,
    requestOf,
    isOfOthers,
    answered,
    sent: (requestId: string) =>
      Effect.asVoid(
        sql`UPDATE backfill_requests SET status = 'asked' WHERE request_id = ${requestId} AND status = 'asking'`
      ),
    inFlight: (accountId: string) =>
      Effect.map(
        sql<{ n: number }>`SELECT COUNT(*) AS n FROM backfill_requests
          WHERE account_id = ${accountId} AND status IN ('asking', 'asked')`,
        ([row]) => row?.n ?? 0
      ),
    oldestAsked: (accountId: string) =>
      Effect.map(
        sql<{ at: number | null }>`SELECT MIN(asked_at) AS at FROM backfill_requests
          WHERE account_id = ${accountId} AND status IN ('asking', 'asked')`,
        ([row]) => row?.at ?? undefined
      )
  }
}
