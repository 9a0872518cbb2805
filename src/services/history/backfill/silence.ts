// Phones that do not answer are asked again later, and later each time.
import { Clock, Context, Effect, Layer, Random } from 'effect'
import { silenceDelay } from '../../../domain/backfill.ts'
import { AccountMemory } from '../../process/account-memory.ts'
import { PhoneActivity } from './phone-activity.ts'

interface Silence {
  /** How many times in a row the phone was silent. */
  readonly count: number
  /** Until when it is not asked, milliseconds since 1970. */
  readonly until: number
}

const NO_SILENCE: Silence = { count: 0, until: 0 }

export class Silences extends Context.Service<
  Silences,
  {
    readonly of: (accountId: string) => Silence
    /** Until when a silent phone is not asked (milliseconds since 1970); `null` while it answers. */
    readonly until: (accountId: string) => number | null
    /** The phone has left requests unanswered: it is not asked for a while, at most `longestMs`. */
    readonly extend: (accountId: string, longestMs: number) => Effect.Effect<void>
    readonly end: (accountId: string) => void
    /** Ends the silence if the phone has given a sign. */
    readonly endIfActive: (accountId: string) => void
  }
>()('backscroll/services/history/Silences') {
  static readonly layer: Layer.Layer<Silences, never, AccountMemory | PhoneActivity> = Layer.effect(
    Silences,
    Effect.gen(function* () {
      const activity = yield* PhoneActivity
      const memory = yield* AccountMemory
      const silences = memory.register('history.silences', new Map<string, Silence>())
      const of = (accountId: string): Silence => silences.get(accountId) ?? NO_SILENCE
      return Silences.of({
        of,
        until: accountId => silences.get(accountId)?.until ?? null,
        extend: Effect.fnUntraced(function* (accountId, longestMs) {
          const silence = yield* nextSilence(accountId, of(accountId), longestMs)
          silences.set(accountId, silence)
        }),
        end: accountId => void silences.delete(accountId),
        endIfActive: accountId => {
          if (activity.take(accountId)) silences.delete(accountId)
        }
      })
    })
  )
}

const nextSilence = Effect.fnUntraced(function* (accountId: string, { count }: Silence, longestMs: number) {
  const now = yield* Clock.currentTimeMillis
  const wait = silenceDelay(count + 1, longestMs)
  // A little more or less each time, so that many accounts do not ask at once.
  const jitter = 0.9 + 0.2 * (yield* Random.next)
  yield* Effect.logInfo('The phone does not answer; it is asked again later').pipe(
    Effect.annotateLogs({ accountId, seconds: Math.round(wait / 1000) })
  )
  return { count: count + 1, until: now + Math.round(wait * jitter) } satisfies Silence
})
