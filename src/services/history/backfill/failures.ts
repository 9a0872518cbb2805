// Requests that bring nothing: refused, or not answered in time. A part is given up after a few attempts, unless the
// phone is silent as a whole.
import { Clock, Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { MAX_SILENCES, MAX_UNANSWERED, type PartReason, partReason } from '../../../domain/backfill.ts'
import { digestOf } from '../../../domain/ids.ts'
import { Incidents } from '../../incidents/incidents.ts'
import { Coverage } from '../coverage/coverage.ts'
import { JobKind } from './job-kind.ts'
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
  reason: PartReason,
  by: 'phone' | 'whatsapp'
) {
  yield* settleRequest(request.requestId, by === 'phone' ? 'answered' : 'unanswered')
  yield* countFailedAttempt(accountId, request, reason)
})

/** Counts an attempt that brought nothing; the last one ends the part. */
export const countFailedAttempt = Effect.fnUntraced(function* (
  accountId: string,
  { taskId, threadId }: Pick<PageRequest, 'taskId' | 'threadId'>,
  reason: PartReason
) {
  const sql = yield* SqlClient.SqlClient
  const coverage = yield* Coverage
  const incidents = yield* Incidents
  const [task] = yield* sql<{ attempts: number }>`UPDATE backfill_tasks SET attempts = attempts + 1
    WHERE task_id = ${taskId} RETURNING attempts`
  const isGivenUp = (task?.attempts ?? 0) >= MAX_UNANSWERED
  yield* coverage.noteRefusal(accountId, threadId, reason)
  yield* setTask(taskId, isGivenUp ? 'refused' : 'waiting', reason)
  if (isGivenUp) yield* incidents.report(threadRefused(accountId, threadId, reason.text))
})

/** The phone gives this device no older messages: it is not asked again. */
export const refuseWithoutAccess = Effect.fnUntraced(function* (
  accountId: string,
  { taskId, threadId }: Pick<PageRequest, 'taskId' | 'threadId'>
) {
  const coverage = yield* Coverage
  const incidents = yield* Incidents
  const reason = partReason('noAccess')
  yield* coverage.noteRefusal(accountId, threadId, reason)
  yield* setTask(taskId, 'refused', reason)
  yield* incidents.report(noAccess(accountId))
})

const noAccess = (accountId: string) =>
  ({
    accountId,
    kind: 'history.threadRefused',
    severity: 'warning',
    subject: 'access',
    happened:
      'The phone gives this device no older messages: its setting for linked devices does not allow it',
    did: 'Does not ask for them again until the account is linked again; the coverage of the threads says what is missing',
    advice:
      'Allow all chat history for linked devices in the settings of WhatsApp on the phone, and link the account again'
  }) as const

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
  const sql = yield* SqlClient.SqlClient
  const activity = yield* PhoneActivity
  const lastSign = activity.lastAt(accountId) ?? 0
  const isActive = ({ answeredOther, askedAt }: Overdue) => answeredOther === 1 || lastSign > askedAt
  const overdue = yield* overdueRequests(accountId, askedBefore)
  for (const request of overdue) {
    yield* settleRequest(request.requestId, 'unanswered')
    yield* sql`UPDATE backfill_tasks SET unanswered = unanswered + 1 WHERE task_id = ${request.taskId}`
    yield* isActive(request)
      ? countFailedAttempt(accountId, request, partReason('chatNotAnswered'))
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

/** The phone has been silent for too long: ends every open part of the jobs that are worked on. Answers how many. */
export const giveUpInSilence = Effect.fnUntraced(function* (accountId: string) {
  const sql = yield* SqlClient.SqlClient
  const coverage = yield* Coverage
  const incidents = yield* Incidents
  const { dry } = yield* JobKind
  const reason = partReason('phoneSilent')
  const open = yield* sql<{
    taskId: number
    threadId: string
  }>`SELECT t.task_id, t.thread_id FROM backfill_tasks t
    JOIN backfill_jobs j ON j.job_id = t.job_id
    WHERE t.account_id = ${accountId} AND t.status IN ('waiting', 'asked') AND j.dry = ${dry}`
  for (const { taskId, threadId } of open) {
    yield* coverage.noteRefusal(accountId, threadId, reason)
    yield* setTask(taskId, 'refused', reason)
  }
  if (open.length > 0) yield* incidents.report(phoneSilent(accountId))
  return open.length
})

const phoneSilent = (accountId: string) =>
  ({
    accountId,
    kind: 'history.threadRefused',
    severity: 'warning',
    subject: 'silence',
    happened: 'The phone does not answer requests for missing messages',
    did: `Asked ${MAX_SILENCES} times, with longer waits; the coverage of the threads says what is missing. It is asked again when the phone gives a sign`,
    advice: 'Open WhatsApp on the phone and keep it online'
  }) as const

/** The phone is silent: that is no attempt. The part goes behind the others, so that no thread holds up the rest. */
const postpone = Effect.fnUntraced(function* (accountId: string, { taskId, threadId }: Overdue) {
  const sql = yield* SqlClient.SqlClient
  const coverage = yield* Coverage
  yield* coverage.noteRefusal(accountId, threadId, partReason('phoneSilent'))
  yield* sql`UPDATE backfill_tasks SET silences = silences + 1 WHERE task_id = ${taskId}`
  yield* setTask(taskId, 'waiting', partReason('phoneSilent'))
})
