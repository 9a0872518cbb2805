// What an answer of the phone means for the request and for the part it belongs to.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { partReason } from '../../../domain/backfill.ts'
import { CHANGED_IN_ABSENCE_MS } from '../../../domain/coverage.ts'
import type { DecodedConversation, RawMessage } from '../../whatsapp/convert/chunk.ts'
import { messageFloor, noteSentBackTo } from '../coverage/kept-since.ts'
import type { OpenGap } from '../coverage/rows.ts'
import { countFailedAttempt, refuseWithoutAccess, settleRequest } from './failures.ts'
import { closeGap, narrowGap, remainingGap } from './gap-progress.ts'
import { JobKind } from './job-kind.ts'
import type { PageRequest, Task } from './rows.ts'
import { readTask, setTask } from './tasks.ts'
import { rememberTimeUnit } from './time-units.ts'

/** What a page brought. */
export type PageAnswer = Pick<DecodedConversation, 'received' | 'oldest' | 'beginning'> & {
  /** WhatsApp ids of the messages that came. */
  readonly ids: ReadonlySet<string>
  /** The oldest message that was taken: nothing older than what the job asks for is. */
  readonly oldestTaken: RawMessage | undefined
}

/** Ends the part, counts an attempt that brought nothing, or has the part wait for its next page. */
export const settleByAnswer = Effect.fnUntraced(function* (
  accountId: string,
  request: PageRequest,
  answer: PageAnswer
) {
  yield* settleRequest(request.requestId, 'answered')
  if (isUnderstood(request, answer)) yield* rememberTimeUnit(accountId, request.timeUnit)
  if (yield* isOfOtherKind(request.taskId)) return yield* setTask(request.taskId, 'waiting', null)
  const task = yield* countPage(request.taskId, answer.received)
  if (task === undefined) return
  const end =
    task.gapId === null
      ? yield* endOfThread(accountId, task, answer)
      : yield* endOfGap(accountId, task, task.gapId, answer)
  if (end !== undefined) return yield* setTask(task.taskId, 'done', end)
  if (answer.beginning === 'noAccess') return yield* refuseWithoutAccess(accountId, request)
  if (!isOlder(request, answer))
    return yield* countFailedAttempt(accountId, request, partReason('nothingOlder'))
  yield* waitForNextPage(task.taskId)
})

/** Whether the part belongs to a job that is not worked on now: one of a dry run, or one from before it. */
export const isOfOtherKind = Effect.fnUntraced(function* (taskId: number) {
  const sql = yield* SqlClient.SqlClient
  const { dry } = yield* JobKind
  const found = yield* sql`SELECT 1 FROM backfill_tasks t JOIN backfill_jobs j ON j.job_id = t.job_id
    WHERE t.task_id = ${taskId} AND j.dry <> ${dry}`
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
const endOfThread = Effect.fnUntraced(function* (accountId: string, task: Task, answer: PageAnswer) {
  yield* countFetched(task, answer.received)
  if (answer.oldest !== undefined) yield* noteSentBackTo(accountId, task.threadId, answer.oldest.at)
  if (goesBeyond(task, answer)) return partReason('timeReached')
  if (answer.beginning === 'reached') return partReason('beginningHeld')
  if (task.remaining !== null && task.remaining <= 0) return partReason('countReached')
  return undefined
})

/** Whether the page goes back further than the job asks for. */
const goesBeyond = ({ until }: Task, { oldest }: PageAnswer): boolean =>
  until !== null && oldest !== undefined && oldest.at < until

/** Counts what automatic jobs have fetched of a thread; what a dry run has only counted is not among it. */
const countFetched = Effect.fnUntraced(function* ({ jobId, threadId }: Task, received: number) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE coverage SET sought = sought + ${received} WHERE thread_id = ${threadId}
    AND EXISTS (SELECT 1 FROM backfill_jobs WHERE job_id = ${jobId} AND origin = 'automatic' AND dry = 0)`
})

/** Why a part that fills a gap ends with this answer; `undefined`: the gap is narrower, and open. */
const endOfGap = Effect.fnUntraced(function* (
  accountId: string,
  task: Task,
  gapId: number,
  answer: PageAnswer
) {
  const gap = yield* remainingGap(gapId)
  if (gap === undefined) return partReason('filled')
  if (answer.oldest !== undefined) yield* noteSentBackTo(accountId, task.threadId, answer.oldest.at)
  if (isFilled(gap, task, answer, yield* messageFloor)) {
    yield* closeGap(gap)
    return partReason('filled')
  }
  if (answer.oldestTaken !== undefined) yield* narrowGap(gap, answer.oldestTaken)
  return goesBeyond(task, answer) ? partReason('timeReached') : undefined
})

/** Pages go back from the newer edge until they have all of the gap. */
const isFilled = (gap: OpenGap, task: Task, answer: PageAnswer, floor: number | undefined): boolean => {
  const { beginning, oldest } = answer
  if (task.until !== null && goesBeyond(task, answer)) {
    // Nothing is kept from before the floor.
    const from = Math.max(gap.from ?? -Infinity, floor ?? -Infinity)
    return from >= task.until
  }
  if (oldest !== undefined && meetsOlderEdge(gap, answer, oldest.at)) return true
  return beginning === 'reached'
}

/** What is held before an absence may have changed meanwhile: a part of it is looked at, too. */
const meetsOlderEdge = ({ from, fromId, reason }: OpenGap, { ids }: PageAnswer, oldestAt: number): boolean =>
  reason === 'outage'
    ? from !== null && oldestAt < from - CHANGED_IN_ABSENCE_MS
    : (fromId !== null && ids.has(fromId)) || (from !== null && oldestAt < from)

/** Whether the page goes back further than the message it was asked for before. */
const isOlder = ({ anchorAt, anchorId }: PageRequest, { oldest }: PageAnswer): boolean =>
  oldest !== undefined && oldest.whatsAppId !== anchorId && oldest.at <= anchorAt

/** Whether the answer shows that the phone has understood the time in the request. */
const isUnderstood = (request: PageRequest, answer: PageAnswer): boolean =>
  request.anchorId !== '' && (isOlder(request, answer) || answer.beginning === 'reached')

const waitForNextPage = Effect.fnUntraced(function* (taskId: number) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE backfill_tasks SET attempts = 0, silences = 0, unanswered = 0 WHERE task_id = ${taskId}`
  yield* setTask(taskId, 'waiting', null)
})
