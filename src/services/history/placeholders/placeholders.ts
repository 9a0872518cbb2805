// Asks the phone for messages that arrived without their content. Its answer comes like any message and fills the
// document in place.
import { Clock, Context, Effect, Layer } from 'effect'
import { parseThreadId, digestOf } from '../../../domain/ids.ts'
import { Incidents } from '../../incidents/incidents.ts'
import { storageTrouble } from '../../incidents/storage-trouble.ts'
import type { DatabaseError } from '../../database/error.ts'
import { WhatsApp } from '../../whatsapp/whatsapp.ts'
import type { Wakes } from '../../process/wakes.ts'
import { makeWorker, type Worker } from '../../process/worker.ts'
import { PlaceholderQueue, PLACEHOLDERS } from './queue.ts'

const AT_ONCE = 20
const FIRST_RETRY_MS = 60_000
const LONGEST_RETRY_MS = 6 * 60 * 60 * 1000
/** Over about two days; a phone that comes back later still finds what it was asked for, and answers. */
const MOST_ASKED = 16

const NOT_ONLINE_RETRY_MS = 30_000

export class Placeholders extends Context.Service<
  Placeholders,
  { readonly asking: Worker<DatabaseError, never> }
>()('backscroll/services/history/Placeholders') {
  static readonly layer: Layer.Layer<Placeholders, never, PlaceholderQueue | Incidents | Wakes | WhatsApp> =
    Layer.effect(
      Placeholders,
      Effect.gen(function* () {
        const queue = yield* PlaceholderQueue
        const incidents = yield* Incidents
        const whatsapp = yield* WhatsApp

        const runOnce = Effect.fn('Placeholders.runOnce')(function* (accountId: string) {
          const now = yield* Clock.currentTimeMillis
          const due = yield* queue.due(accountId, now, AT_ONCE)
          const [first] = due
          if (first === undefined) {
            const nextAt = yield* queue.nextDue(accountId)
            return nextAt === undefined ? ('idle' as const) : { nextAt }
          }
          const hopeless = due.filter(({ asked }) => asked >= MOST_ASKED)
          if (hopeless.length > 0) {
            yield* queue.giveUp(hopeless)
            yield* incidents.report({
              accountId,
              kind: 'message.withoutContent',
              severity: 'warning',
              subject: digestOf(first.threadId),
              threadId: first.threadId,
              messageId: first.messageId,
              happened: 'Messages of a thread arrived without their content',
              did: `Asked the phone for them ${MOST_ASKED} times in two days; their places are kept as undecryptable`,
              advice: 'Look at the chat on the phone: what cannot be read there either is lost'
            })
            return 'more' as const
          }
          const chatJid = parseThreadId(first.threadId)?.jid ?? ''
          return yield* whatsapp.askForMessages(accountId, chatJid, due).pipe(
            Effect.matchEffect({
              onSuccess: () => {
                const wait = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(first.asked, 20))
                return Effect.as(queue.askedFor(due, now + wait), 'more' as const)
              },
              // Not connected, or not taken by WhatsApp: that was no try.
              onFailure: () => Effect.succeed({ nextAt: now + NOT_ONLINE_RETRY_MS })
            })
          )
        })

        const asking = yield* makeWorker({
          topic: PLACEHOLDERS,
          runOnce,
          words: {
            failing: 'Messages without content cannot be asked for',
            again: 'Messages without content are asked for again'
          },
          onTrouble: (accountId, failing, error) =>
            incidents.report(storageTrouble(accountId, failing, error))
        })
        return Placeholders.of({ asking })
      })
    )
}
