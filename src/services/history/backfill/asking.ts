// Asks the phone for one page of messages of a part.
import { Clock, Effect } from 'effect'
import { PAGE_MESSAGES } from '../../../domain/backfill.ts'
import { newWhatsAppMessageId } from '../../../domain/ids.ts'
import { MessageStore } from '../../conversations/message-store.ts'
import type { RawMessage } from '../../whatsapp/convert/chunk.ts'
import type { NotConfirmed, NotConnected, SendRefused } from '../../whatsapp/errors.ts'
import { WhatsApp } from '../../whatsapp/whatsapp.ts'
import { Coverage } from '../coverage/coverage.ts'
import { messageIn } from '../coverage/rows.ts'
import { HeldThreads } from './held-threads.ts'
import { BackfillJobs } from './jobs.ts'
import { BackfillRequests } from './requests.ts'
import type { PageRequest, Task } from './rows.ts'

/** How long to wait after a request that could not be sent: the connection is about to be lost, or WhatsApp is slow. */
const UNSENT_RETRY = '5 seconds'

/** Sends the next request of a part, or ends the part when there is nothing (more) to ask for. */
export const askForPage = Effect.fnUntraced(function* (accountId: string, task: Task) {
  const jobs = yield* BackfillJobs
  const anchor = yield* anchorOf(task)
  if (typeof anchor === 'string') return yield* jobs.finish(task.taskId, anchor)
  const request: PageRequest = {
    requestId: newWhatsAppMessageId(),
    taskId: task.taskId,
    threadId: task.threadId,
    chatJid: yield* addressFor(accountId, task),
    anchorId: anchor.whatsAppId,
    anchorAt: anchor.at,
    askedAt: yield* Clock.currentTimeMillis
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
  const { chatJid, requestId } = request
  // Written down first: after a crash, the answer is recognised, too.
  yield* requests.asked(accountId, request)
  yield* whatsapp.askForHistory(accountId, { requestId, chatJid, before, count }).pipe(
    Effect.matchEffect({
      onSuccess: () => requests.sent(requestId),
      onFailure: failure => settleUnsent(accountId, request, failure)
    })
  )
})

const settleUnsent = Effect.fnUntraced(function* (
  accountId: string,
  request: PageRequest,
  failure: NotConfirmed | NotConnected | SendRefused
) {
  const requests = yield* BackfillRequests
  if (failure._tag === 'SendRefused')
    return yield* requests.refused(accountId, request, failure.reason, 'whatsapp')
  yield* requests.discard(request)
  yield* Effect.sleep(UNSENT_RETRY)
})

/** The message to ask before, or the reason why the part ends. */
const anchorOf = (task: Task) => (task.gapId === null ? anchorOfThread(task) : anchorOfGap(task, task.gapId))

const anchorOfThread = Effect.fnUntraced(function* ({ threadId, until }: Task) {
  const threads = yield* HeldThreads
  if ((yield* threads.reachOf(threadId)).beginning === 'reached') return 'The beginning is held'
  const oldest = yield* threads.oldest(threadId)
  if (oldest === undefined) return 'Nothing of it is held yet'
  return until !== null && oldest.at < until ? 'Back to the time asked for' : oldest
})

/** The newer edge of a gap; without one, the oldest message held after it, or the present. */
const anchorOfGap = Effect.fnUntraced(function* ({ threadId }: Task, gapId: number) {
  const coverage = yield* Coverage
  const gap = yield* coverage.gap(gapId)
  if (gap === undefined) return 'Filled'
  const edge = messageIn(gap.toId, gap.to, gap.toFromMe)
  if (edge !== undefined) return edge
  const messages = yield* MessageStore
  const held = yield* messages.edge(threadId, 'oldest', { after: gap.from ?? undefined })
  const anchor = held ?? { whatsAppId: '', fromMe: false, at: yield* Clock.currentTimeMillis }
  return { whatsAppId: anchor.whatsAppId, fromMe: anchor.fromMe, at: anchor.at } satisfies RawMessage
})

/** A phone may know a chat under its other address: each attempt uses the next one. */
const addressFor = Effect.fnUntraced(function* (accountId: string, { attempts, threadId }: Task) {
  const threads = yield* HeldThreads
  const addresses = yield* threads.addresses(accountId, threadId)
  return addresses[attempts % addresses.length] ?? ''
})
