// What an answer of the phone means for the request and for the part it belongs to.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { CHANGED_IN_ABSENCE_MS } from '../../../domain/coverage.ts'
import type { DecodedConversation } from '../../whatsapp/convert/chunk.ts'
import { Coverage } from '../coverage/coverage.ts'
import type { OpenGap } from '../coverage/rows.ts'
import { countFailedAttempt, settleRequest } from './failures.ts'
import { JobKind } from './job-kind.ts'
import type { PageRequest, Task } from './rows.ts'
import { readTask, setTask } from './tasks.ts'

/** What a page brought. */
export type PageAnswer = Pick<DecodedConversation, 'received' | 'oldest' | 'beginning'> & {
  /** WhatsApp ids of the messages that came. */
  readonly ids: ReadonlySet<string>
}

/** Ends the part, counts an attempt that brought nothing, or has the part wait for its next page. */
export const settleByAnswer = Effect.fnUntraced(function* (
  accountId: string,
  request: PageRequest,
  answer: PageAnswer
) {
  yield* settleRequest(request.requestId, 'answered')
  if (yield* isOfOtherKind(request.taskId)) return yield* setTask(request.taskId, 'waiting', null)
  const task = yield* countPage(request.taskId, answer.received)
  if (task === undefined) return
  const end = task.gapId === null ? yield* endOfThread(task, answer) : yield* endOfGap(task.gapId, answer)
  if (end !== undefined) return yield* setTask(task.taskId, 'done', end)
  if (!isOlder(request, answer))
    return yield* countFailedAttempt(accountId, request, 'The phone sends nothing older')
  yield* waitForNextPage(task.taskId)
})

/** Whether the part belongs to a job that is not worked on now. A dry run fills no gaps: parts for them wait, too. */
export const isOfOtherKind = Effect.fnUntraced(function* (taskId: number) {
  const sql = yield* SqlClient.SqlClient
  const { dry } = yield* JobKind
  const found = yield* sql`SELECT 1 FROM backfill_tasks t JOIN backfill_jobs j ON j.job_id = t.job_id
    WHERE t.task_id = ${taskId} AND (j.dry <> ${dry} OR (j.dry = 1 AND t.gap_id IS NOT NULL))`
  return found.length > 0
})

/** Counts a page of the part, and answers the part as it stands then; `undefined` when it was removed meanwhile. */
const countPage = Effect.fnUntraced(function* (taskId: number, received: number) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE backfill_tasks SET messages = messages + ${received}, pages = pages + 1,
    remaining = remaining - ${received} WHERE task_id = ${taskId}`
  return yield* readTask(taskId)
})

/** Why a part that fetches the beginning of a thread ends with this answer; `undefined`: it does not end. */
const endOfThread = Effect.fnUntraced(function* (task: Task, { beginning, oldest, received }: PageAnswer) {
  yield* countFetched(task, received)
  if (beginning === 'reached') return 'The beginning is held'
  if (task.remaining !== null && task.remaining <= 0) return 'As many as asked for'
  if (task.until !== null && oldest !== undefined && oldest.at < task.until)
    return 'Back to the time asked for'
  return undefined
})

/** Counts what automatic jobs have fetched of a thread; what a dry run has only counted is not among it. */
const countFetched = Effect.fnUntraced(function* ({ jobId, threadId }: Task, received: number) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE coverage SET sought = sought + ${received} WHERE thread_id = ${threadId}
    AND EXISTS (SELECT 1 FROM backfill_jobs WHERE job_id = ${jobId} AND origin = 'automatic' AND dry = 0)`
})

/** Why a part that fills a gap ends with this answer; `undefined`: the gap is narrower, and open. */
const endOfGap = Effect.fnUntraced(function* (gapId: number, answer: PageAnswer) {
  const coverage = yield* Coverage
  const gap = yield* coverage.gap(gapId)
  return gap === undefined || (yield* fillGap(gap, answer)) ? 'Filled' : undefined
})

/** Pages go back from the newer edge until they have all of the gap. Answers whether they do. */
const fillGap = Effect.fnUntraced(function* (gap: OpenGap, answer: PageAnswer) {
  const coverage = yield* Coverage
  const { beginning, oldest, received } = answer
  if (
    received === 0 ||
    oldest === undefined ||
    beginning === 'reached' ||
    meetsOlderEdge(gap, answer, oldest.at)
  ) {
    yield* coverage.closeGap(gap.gapId)
    return true
  }
  yield* coverage.narrowGap(gap.gapId, oldest)
  return false
})

/** What is held before an absence may have changed meanwhile: a part of it is looked at, too. */
const meetsOlderEdge = ({ from, fromId, reason }: OpenGap, { ids }: PageAnswer, oldestAt: number): boolean =>
  reason === 'outage'
    ? from !== null && oldestAt < from - CHANGED_IN_ABSENCE_MS
    : (fromId !== null && ids.has(fromId)) || (from !== null && oldestAt < from)

/** Whether the page goes back further than the message it was asked for before. */
const isOlder = ({ anchorAt, anchorId }: PageRequest, { oldest }: PageAnswer): boolean =>
  oldest !== undefined && oldest.whatsAppId !== anchorId && oldest.at <= anchorAt

const waitForNextPage = Effect.fnUntraced(function* (taskId: number) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE backfill_tasks SET attempts = 0, silences = 0 WHERE task_id = ${taskId}`
  yield* setTask(taskId, 'waiting', null)
})
