// Asks the phone for messages that arrived without their content. Its answer comes like any live message and fills the
// document in place.
import { Clock, Context, Effect, Layer } from 'effect'
import { parseThreadId, digestOf } from '../../../domain/ids.ts'
import { Incidents } from '../../incidents/incidents.ts'
import { reportStorageTrouble } from '../../incidents/storage-trouble.ts'
import type { DatabaseError } from '../../database/error.ts'
import { WhatsApp } from '../../whatsapp/whatsapp.ts'
import type { Wakes } from '../../process/wakes.ts'
import { makeWorker, type Worker } from '../../process/worker.ts'
import { type Placeholder, PlaceholderQueue, PLACEHOLDERS } from './queue.ts'

const AT_ONCE = 20
const FIRST_RETRY_MS = 60_000
const LONGEST_RETRY_MS = 6 * 60 * 60 * 1000
/** Over about two days. A phone that comes back later finds the requests and answers them. */
const MOST_ASKED = 16

const NOT_ONLINE_RETRY_MS = 30_000

export class Placeholders extends Context.Service<
  Placeholders,
  { readonly asking: Worker<DatabaseError, never> }
>()('backscroll/services/history/Placeholders') {
  static readonly layer: Layer.Layer<Placeholders, never, Dependencies | Wakes> = Layer.effect(
    Placeholders,
    Effect.gen(function* () {
      const incidents = yield* Incidents
      const context = Context.pick(...NEEDED)(yield* Effect.context<Dependencies>())
      const runOnce = Effect.fn('Placeholders.runOnce')((accountId: string) =>
        Effect.provideContext(askNext(accountId), context)
      )
      const asking = yield* makeWorker({
        topic: PLACEHOLDERS,
        runOnce,
        words: {
          failing: 'Messages without content cannot be asked for',
          again: 'Messages without content are asked for again'
        },
        onTrouble: reportStorageTrouble(incidents)
      })
      return Placeholders.of({ asking })
    })
  )
}

/** What the functions of this service are given. */
const NEEDED = [Incidents, PlaceholderQueue, WhatsApp] as const

type Dependencies = Context.Service.Identifier<(typeof NEEDED)[number]>

/** Asks for messages of the thread that has waited longest, or gives them up. */
const askNext = Effect.fnUntraced(function* (accountId: string) {
  const queue = yield* PlaceholderQueue
  const now = yield* Clock.currentTimeMillis
  const due = yield* queue.due(accountId, now, AT_ONCE)
  const [first] = due
  if (first === undefined) {
    const nextAt = yield* queue.nextDue(accountId)
    return nextAt === undefined ? ('idle' as const) : { nextAt }
  }
  const hopeless = due.filter(({ asked }) => asked >= MOST_ASKED)
  return hopeless.length > 0
    ? yield* giveUp(accountId, hopeless, first)
    : yield* askFor(accountId, due, first, now)
})

const giveUp = Effect.fnUntraced(function* (
  accountId: string,
  hopeless: ReadonlyArray<Placeholder>,
  first: Placeholder
) {
  const queue = yield* PlaceholderQueue
  const incidents = yield* Incidents
  yield* queue.giveUp(hopeless)
  yield* incidents.report(withoutContent(accountId, first))
  return 'more' as const
})

const withoutContent = (accountId: string, { messageId, threadId }: Placeholder) =>
  ({
    accountId,
    kind: 'message.withoutContent',
    severity: 'warning',
    subject: digestOf(threadId),
    threadId,
    messageId,
    happened: 'Messages of a thread arrived without their content',
    did: `Asked the phone for them ${MOST_ASKED} times in two days; their places are kept as undecryptable`,
    advice: 'Look at the chat on the phone: what cannot be read there either is lost'
  }) as const

const askFor = Effect.fnUntraced(function* (
  accountId: string,
  due: ReadonlyArray<Placeholder>,
  first: Placeholder,
  now: number
) {
  const queue = yield* PlaceholderQueue
  const whatsapp = yield* WhatsApp
  const chatJid = parseThreadId(first.threadId)?.jid ?? ''
  return yield* whatsapp.askForMessages(accountId, chatJid, due).pipe(
    Effect.matchEffect({
      onSuccess: () => Effect.as(queue.askedFor(due, now + retryAfter(first)), 'more' as const),
      // Not connected, or not taken by WhatsApp: the phone was not asked.
      onFailure: () => Effect.succeed({ nextAt: now + NOT_ONLINE_RETRY_MS })
    })
  )
})

/** Milliseconds: a minute, doubling each time. */
const retryAfter = ({ asked }: Placeholder): number =>
  Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(asked, 20))
