// Signs of life of the phones: a phone that gives them is asked again at once, also when it left requests unanswered.
import { Clock, Context, Effect, Layer } from 'effect'
import { AccountMemory } from '../../process/account-memory.ts'
import { Wakes } from '../../process/wakes.ts'
import { BACKFILL } from './jobs.ts'

export class PhoneActivity extends Context.Service<
  PhoneActivity,
  {
    /** Something came that only the phone sends: notes the time and wakes the backfill. */
    readonly note: (accountId: string) => Effect.Effect<void>
    /** Whether there was a sign since the last call. */
    readonly take: (accountId: string) => boolean
    /** When the last sign came, milliseconds since 1970; `undefined` when none came since the server started. */
    readonly lastAt: (accountId: string) => number | undefined
  }
>()('backscroll/services/history/PhoneActivity') {
  static readonly layer: Layer.Layer<PhoneActivity, never, AccountMemory | Wakes> = Layer.effect(
    PhoneActivity,
    Effect.gen(function* () {
      const memory = yield* AccountMemory
      const wakes = yield* Wakes
      const lastSigns = memory.register('history.lastSigns', new Map<string, number>())
      const untaken = memory.register('history.newSigns', new Set<string>())
      return PhoneActivity.of({
        note: Effect.fnUntraced(function* (accountId) {
          untaken.add(accountId)
          lastSigns.set(accountId, yield* Clock.currentTimeMillis)
          yield* wakes.wake(BACKFILL, accountId)
        }),
        take: accountId => untaken.delete(accountId),
        lastAt: accountId => lastSigns.get(accountId)
      })
    })
  )
}
