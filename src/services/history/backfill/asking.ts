// Asks the phone for one page of messages of a part.
import { Clock, Effect } from 'effect'
import { addressFor, PAGE_MESSAGES, partReason, timeUnitFor } from '../../../domain/backfill.ts'
import { newWhatsAppMessageId } from '../../../domain/ids.ts'
import { MessageStore } from '../../conversations/message-store.ts'
import type { RawMessage } from '../../whatsapp/convert/chunk.ts'
import type { AskRefused, NotConfirmed, NotConnected, SendRefused } from '../../whatsapp/errors.ts'
import { WhatsApp } from '../../whatsapp/whatsapp.ts'
import { messageIn, type Reach } from '../coverage/rows.ts'
import { HeldThreads } from './held-threads.ts'
import { BackfillJobs } from './jobs.ts'
import { BackfillRequests } from './requests.ts'
import type { PageRequest, Task } from './rows.ts'

/** How long to wait after a request that could not be sent: the connection is about to be lost, or WhatsApp is slow. */
const UNSENT_RETRY = '5 seconds'

/** Sends the next request of a part, or ends the part when there is nothing (more) to ask for. */
export const askForPage = Effect.fnUntraced(function* (accountId: string, task: Task) {
  const jobs = yield* BackfillJobs
  const requests = yield* BackfillRequests
  const threads = yield* HeldThreads
  const anchor = yield* anchorOf(task)
  if ('code' in anchor)
    return yield* jobs.finish(task.taskId, anchor, anchor.code === 'noAccess' ? 'refused' : 'done')
  const timeUnit = yield* requests.timeUnit(accountId)
  // A phone may know a chat under its other address.
  const addresses = yield* threads.addresses(accountId, task.threadId)
  const request: PageRequest = {
    requestId: newWhatsAppMessageId(),
    taskId: task.taskId,
    threadId: task.threadId,
    chatJid: addresses[addressFor(timeUnit, task.attempts, addresses.length)] ?? '',
    anchorId: anchor.whatsAppId,
    anchorAt: anchor.at,
    askedAt: yield* Clock.currentTimeMillis,
    timeUnit: timeUnitFor(timeUnit, task.unanswered),
    until: task.until
  }
  yield* send(accountId, request, anchor, Math.min(PAGE_MESSAGES, task.remaining ?? PAGE_MESSAGES))
})

const send = Effect.fnUntraced(function* (
  accountId: string,
  request: PageRequest,
  before: RawMessage,
  count: number
) {
  const requests = yield* BackfillRequests
  const whatsapp = yield* WhatsApp
  const { chatJid, requestId, timeUnit } = request
  // Written down first: after a crash, the answer is recognised, too.
  yield* requests.asked(accountId, request)
  yield* whatsapp.askForHistory(accountId, { requestId, chatJid, before, count, timeUnit }).pipe(
    Effect.matchEffect({
      onSuccess: () => requests.sent(requestId),
      onFailure: failure => settleUnsent(accountId, request, failure)
    })
  )
})

const settleUnsent = Effect.fnUntraced(function* (
  accountId: string,
  request: PageRequest,
  failure: AskRefused | NotConfirmed | NotConnected | SendRefused
) {
  const requests = yield* BackfillRequests
  if (failure._tag === 'SendRefused')
    return yield* requests.refused(accountId, request, partReason('notTaken', failure.reason), 'whatsapp')
  yield* requests.discard(request)
  yield* Effect.sleep(UNSENT_RETRY)
})

/** The message to ask before, or the reason why the part ends. */
const anchorOf = Effect.fnUntraced(function* (task: Task) {
  const threads = yield* HeldThreads
  const reach = yield* threads.reachOf(task.threadId)
  if (reach.isDenied) return partReason('noAccess')
  return yield* task.gapId === null ? anchorOfThread(task, reach) : anchorOfGap(task, task.gapId)
})

const anchorOfThread = Effect.fnUntraced(function* ({ threadId, until }: Task, { beginning }: Reach) {
  const threads = yield* HeldThreads
  if (beginning === 'reached') return partReason('beginningHeld')
  const oldest = yield* threads.oldest(threadId)
  if (oldest === undefined) return partReason('nothingHeld')
  return until !== null && oldest.at < until ? partReason('timeReached') : oldest
})

/** The newer edge of a gap; without one, the oldest message held after it, or the present. */
const anchorOfGap = Effect.fnUntraced(function* ({ threadId, until }: Task, gapId: number) {
  const requests = yield* BackfillRequests
  const gap = yield* requests.remainingGap(gapId)
  if (gap === undefined) return partReason('filled')
  if (until !== null && gap.to !== null && gap.to <= until) return partReason('timeReached')
  const edge = messageIn(gap.toId, gap.to, gap.toFromMe)
  if (edge !== undefined) return edge
  const messages = yield* MessageStore
  const held = yield* messages.edge(threadId, 'oldest', { after: gap.from ?? undefined })
  // Times are whole seconds in the request: what has come in this one is asked for, too.
  const anchor = held ?? { whatsAppId: '', fromMe: false, at: (yield* Clock.currentTimeMillis) + 1000 }
  return { whatsAppId: anchor.whatsAppId, fromMe: anchor.fromMe, at: anchor.at } satisfies RawMessage
})
