// Asks the phone again for peer messages that could not be decrypted. The answer comes under the same id, encrypted anew.
import { Clock, Context, Effect, Layer } from 'effect'
import type { DatabaseError } from '../../database/error.ts'
import { Incidents } from '../../incidents/incidents.ts'
import { reportStorageTrouble } from '../../incidents/storage-trouble.ts'
import type { Wakes } from '../../process/wakes.ts'
import { makeWorker, type Worker } from '../../process/worker.ts'
import { WhatsApp } from '../../whatsapp/whatsapp.ts'
import { BackfillJobs } from '../backfill/jobs.ts'
import { PEER_MESSAGES, type PeerMessage, PeerMessageQueue } from './queue.ts'

/** Phones do not answer more retries of one message. */
const MOST_ASKED = 5
const FIRST_RETRY_MS = 10_000
/** Over about an hour. A phone that comes back later finds the requests and answers them: what it sends is taken. */
const SLOWER_EACH_TIME = 4
const NOT_ONLINE_RETRY_MS = 30_000

export class PeerMessages extends Context.Service<
  PeerMessages,
  { readonly asking: Worker<DatabaseError, never> }
>()('backscroll/services/history/PeerMessages') {
  static readonly layer: Layer.Layer<PeerMessages, never, Dependencies | Incidents | Wakes> = Layer.effect(
    PeerMessages,
    Effect.gen(function* () {
      const incidents = yield* Incidents
      const context = Context.pick(...NEEDED)(yield* Effect.context<Dependencies>())
      const runOnce = Effect.fn('PeerMessages.runOnce')((accountId: string) =>
        Effect.provideContext(askNext(accountId), context)
      )
      const asking = yield* makeWorker({
        topic: PEER_MESSAGES,
        runOnce,
        words: {
          failing: 'Messages of the phone cannot be asked for again',
          again: 'Messages of the phone are asked for again'
        },
        onTrouble: reportStorageTrouble(incidents)
      })
      return PeerMessages.of({ asking })
    })
  )
}

/** What the functions of this service are given. */
const NEEDED = [BackfillJobs, PeerMessageQueue, WhatsApp] as const

type Dependencies = Context.Service.Identifier<(typeof NEEDED)[number]>

/** Asks for the message that has waited longest, or gives it up. */
const askNext = Effect.fnUntraced(function* (accountId: string) {
  const queue = yield* PeerMessageQueue
  const now = yield* Clock.currentTimeMillis
  yield* queue.forgetEarlierLinks(accountId)
  const message = yield* queue.due(accountId, now)
  if (message === undefined) {
    const nextAt = yield* queue.nextDue(accountId)
    return nextAt === undefined ? ('idle' as const) : { nextAt }
  }
  // One more for a message that was given up and of which the late answer could not be decrypted.
  return message.asked >= MOST_ASKED + message.givenUp
    ? yield* giveUp(accountId, message)
    : yield* askFor(accountId, message)
})

const giveUp = Effect.fnUntraced(function* (accountId: string, { whatsAppId }: PeerMessage) {
  const queue = yield* PeerMessageQueue
  const jobs = yield* BackfillJobs
  yield* queue.giveUp(accountId, whatsAppId)
  // What it may have announced is asked for as a gap from now on.
  yield* jobs.wake(accountId)
  return 'more' as const
})

const askFor = Effect.fnUntraced(function* (
  accountId: string,
  { asked, attributes, whatsAppId }: PeerMessage
) {
  const queue = yield* PeerMessageQueue
  const whatsapp = yield* WhatsApp
  const now = yield* Clock.currentTimeMillis
  return yield* whatsapp.askForPeerMessage(accountId, attributes, Math.min(asked + 1, MOST_ASKED)).pipe(
    Effect.matchEffect({
      onSuccess: () =>
        Effect.as(queue.askedFor(accountId, whatsAppId, now + retryAfter(asked)), 'more' as const),
      // Not connected: the phone was not asked.
      onFailure: () => Effect.succeed({ nextAt: now + NOT_ONLINE_RETRY_MS })
    })
  )
})

/** Milliseconds after the request with this number, counted from 0. */
const retryAfter = (asked: number): number => FIRST_RETRY_MS * SLOWER_EACH_TIME ** asked
