// The one shape of all durable work here: write down, wake, work, forget. `runOnce` does the work and is what
// tests call; the loop only repeats it, sleeps until there is more, and survives a store that is away for a while.
import { Clock, Effect } from 'effect'
import { makeLatches } from './latches.ts'

/** What one pass found: nothing left, more at once, or more at a time (milliseconds since 1970). */
export type Pass = 'idle' | 'more' | { readonly nextAt: number }

export interface Worker<E, R> {
  readonly runOnce: (accountId: string) => Effect.Effect<Pass, E, R>
  /** Work was written down for this account. */
  readonly wake: (accountId: string) => Effect.Effect<void>
  /** Never ends. Errors are reported, waited out and tried again: durable work does not go away. */
  readonly loop: (accountId: string) => Effect.Effect<never, never, R>
}

const RETRY_AFTER_MS = 1000
const LONGEST_RETRY_MS = 30_000

/** Builds a worker around one pass; `words` are what the log says while passes fail and once one succeeds again. */
export const makeWorker = <E, R>(options: {
  readonly runOnce: (accountId: string) => Effect.Effect<Pass, E, R>
  readonly words: { readonly failing: string; readonly again: string }
  /** Hears of each failed pass; the sentence is `words.failing`. */
  readonly onTrouble: (accountId: string, failing: string, error: E) => Effect.Effect<void>
}): Worker<E, R> => {
  const latches = makeLatches(true)

  const loop = (accountId: string): Effect.Effect<never, never, R> =>
    Effect.gen(function* () {
      const latch = latches.of(accountId)
      let failures = 0
      while (true) {
        // Closed before the pass: work written down during the pass opens it again and is not missed.
        yield* latch.close
        const pass = yield* Effect.matchEffect(options.runOnce(accountId), {
          onSuccess: Effect.succeed,
          onFailure: error => Effect.as(options.onTrouble(accountId, options.words.failing, error), undefined)
        })
        if (pass === undefined) {
          failures += 1
          yield* Effect.sleep(Math.min(LONGEST_RETRY_MS, RETRY_AFTER_MS * 2 ** Math.min(failures - 1, 5)))
          continue
        }
        if (failures > 0) yield* Effect.logInfo(options.words.again)
        failures = 0
        if (pass === 'more') {
          yield* Effect.yieldNow
        } else if (pass === 'idle') {
          yield* latch.await
        } else {
          const wait = pass.nextAt - (yield* Clock.currentTimeMillis)
          yield* Effect.timeoutOption(latch.await, Math.max(0, wait))
        }
      }
    }).pipe(Effect.annotateLogs({ accountId }), Effect.ensuring(Effect.sync(() => latches.forget(accountId))))

  return { runOnce: options.runOnce, wake: accountId => Effect.asVoid(latches.of(accountId).open), loop }
}
