// Requests that bring nothing: refused, or not answered in time. A part is given up after a few attempts, unless the
// phone is silent as a whole.
import { Clock, Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { MAX_UNANSWERED } from '../../../domain/backfill.ts'
import { digestOf } from '../../../domain/ids.ts'
import { Incidents } from '../../incidents/incidents.ts'
import { Coverage } from '../coverage/coverage.ts'
import { PhoneActivity } from './phone-activity.ts'
import type { PageRequest } from './rows.ts'
import { setTask } from './tasks.ts'

export const settleRequest = Effect.fnUntraced(function* (
  requestId: string,
  status: 'answered' | 'unanswered'
) {
  const sql = yield* SqlClient.SqlClient
  const answeredAt = status === 'answered' ? yield* Clock.currentTimeMillis : null
  yield* sql`UPDATE backfill_requests SET status = ${status}, answered_at = ${answeredAt}
    WHERE request_id = ${requestId}`
})

export const settleByRefusal = Effect.fnUntraced(function* (
  accountId: string,
  request: PageRequest,
  reason: string,
  by: 'phone' | 'whatsapp'
) {
  yield* settleRequest(request.requestId, by === 'phone' ? 'answered' : 'unanswered')
  yield* countFailedAttempt(accountId, request, reason)
})

/** Counts an attempt that brought nothing; the last one ends the part. */
export const countFailedAttempt = Effect.fnUntraced(function* (
  accountId: string,
  { taskId, threadId }: Pick<PageRequest, 'taskId' | 'threadId'>,
  reason: string
) {
  const sql = yield* SqlClient.SqlClient
  const coverage = yield* Coverage
  const incidents = yield* Incidents
  const [task] = yield* sql<{ attempts: number }>`UPDATE backfill_tasks SET attempts = attempts + 1
    WHERE task_id = ${taskId} RETURNING attempts`
  const isGivenUp = (task?.attempts ?? 0) >= MAX_UNANSWERED
  yield* coverage.noteRefusal(accountId, threadId, reason)
  yield* setTask(taskId, isGivenUp ? 'refused' : 'waiting', reason)
  if (isGivenUp) yield* incidents.report(threadRefused(accountId, threadId, reason))
})

const threadRefused = (accountId: string, threadId: string, reason: string) =>
  ({
    accountId,
    kind: 'history.threadRefused',
    severity: 'warning',
    subject: digestOf(threadId),
    threadId,
    happened: `What is missing of a conversation could not be had from the phone: ${reason}`,
    did: `Asked ${MAX_UNANSWERED} times; its coverage says what is missing`,
    advice: 'Open the chat on the phone, keep it online, and ask again (POST …/backfill)'
  }) as const

interface Overdue {
  readonly requestId: string
  readonly taskId: number
  readonly threadId: string
  readonly askedAt: number
  /** 1 if the phone has answered another request since. */
  readonly answeredOther: number
}

/** Ends the wait for requests made before that time; `silent` when the phone has given no sign since. */
export const expireRequests = Effect.fnUntraced(function* (accountId: string, askedBefore: number) {
  const activity = yield* PhoneActivity
  const lastSign = activity.lastAt(accountId) ?? 0
  const isActive = ({ answeredOther, askedAt }: Overdue) => answeredOther === 1 || lastSign > askedAt
  const overdue = yield* overdueRequests(accountId, askedBefore)
  for (const request of overdue) {
    yield* settleRequest(request.requestId, 'unanswered')
    yield* isActive(request)
      ? countFailedAttempt(accountId, request, 'The phone is there, but does not answer for this chat')
      : postpone(accountId, request)
  }
  return { expired: overdue.length, silent: overdue.length > 0 && !overdue.some(isActive) }
})

const overdueRequests = Effect.fnUntraced(function* (accountId: string, askedBefore: number) {
  const sql = yield* SqlClient.SqlClient
  return yield* sql<Overdue>`SELECT r.request_id, r.task_id, r.thread_id, r.asked_at,
      EXISTS (SELECT 1 FROM backfill_requests o
        WHERE o.account_id = ${accountId} AND o.answered_at > r.asked_at) AS answered_other
    FROM backfill_requests r
    WHERE r.account_id = ${accountId} AND r.status IN ('asking', 'asked') AND r.asked_at <= ${askedBefore}`
})

/** The phone is silent: that is no attempt. The part goes behind the others, so that no thread holds up the rest. */
const postpone = Effect.fnUntraced(function* (accountId: string, { taskId, threadId }: Overdue) {
  const sql = yield* SqlClient.SqlClient
  const coverage = yield* Coverage
  yield* coverage.noteRefusal(accountId, threadId, 'The phone does not answer')
  yield* sql`UPDATE backfill_tasks SET silences = silences + 1 WHERE task_id = ${taskId}`
  yield* setTask(taskId, 'waiting', 'The phone does not answer; it is asked again')
})
