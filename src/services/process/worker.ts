// The one shape of all durable work: write down, wake, work, forget. `runOnce` does the work and is what tests call;
// the loop only repeats it, waits until there is more, and survives a database that is away for a while.
import { Clock, type Duration, Effect } from 'effect'
import { type Topic, type Waiter, Wakes } from './wakes.ts'

/** What one pass found: nothing left, more at once, or more at a time (milliseconds since 1970). */
export type Pass = 'idle' | 'more' | { readonly nextAt: number }

export interface Worker<E, R> {
  readonly runOnce: (accountId: string) => Effect.Effect<Pass, E, R>
  /** Work was written down for this account and is committed. */
  readonly wake: (accountId: string) => Effect.Effect<void>
  /** Never ends. Errors are reported, waited out and tried again: durable work does not go away. */
  readonly loop: (accountId: string) => Effect.Effect<never, never, R>
}

export interface WorkerOptions<E, R> {
  /** What the worker waits for. */
  readonly topic: Topic
  readonly runOnce: (accountId: string) => Effect.Effect<Pass, E, R>
  /** How long to wait for more after a pass that has done something, so that what comes one by one is done together. */
  readonly gather?: Duration.Input
  /** What is reported while passes fail, and what the log says once one succeeds again. */
  readonly words: { readonly failing: string; readonly again: string }
  /** Called for each failed pass; the sentence is `words.failing`. */
  readonly onTrouble: (accountId: string, failing: string, error: E) => Effect.Effect<void>
}

const RETRY_AFTER_MS = 1000
const LONGEST_RETRY_MS = 30_000

/** Builds a worker around one pass. */
export const makeWorker = <E, R>(options: WorkerOptions<E, R>): Effect.Effect<Worker<E, R>, never, Wakes> =>
  Effect.map(Wakes, wakes => ({
    runOnce: options.runOnce,
    wake: accountId => wakes.wake(options.topic, accountId),
    loop: accountId =>
      wakes.waiter(options.topic, accountId).pipe(
        Effect.flatMap(waiter => repeat(options, accountId, waiter)),
        Effect.scoped,
        Effect.annotateLogs({ accountId })
      )
  }))

const repeat = <E, R>(
  options: WorkerOptions<E, R>,
  accountId: string,
  waiter: Waiter
): Effect.Effect<never, never, R> =>
  Effect.gen(function* () {
    let failures = 0
    while (true) {
      yield* waiter.reset
      const pass = yield* Effect.matchEffect(options.runOnce(accountId), {
        onSuccess: Effect.succeed,
        onFailure: error => Effect.as(options.onTrouble(accountId, options.words.failing, error), undefined)
      })
      if (pass === undefined) {
        yield* Effect.sleep(retryAfter(failures))
        failures += 1
        continue
      }
      if (failures > 0) yield* Effect.logInfo(options.words.again)
      failures = 0
      yield* pass === 'more' && options.gather !== undefined
        ? Effect.sleep(options.gather)
        : pause(pass, waiter)
    }
  })

const retryAfter = (failures: number): number =>
  Math.min(LONGEST_RETRY_MS, RETRY_AFTER_MS * 2 ** Math.min(failures, 5))

const pause = (pass: Pass, waiter: Waiter): Effect.Effect<void> => {
  if (pass === 'more') return Effect.yieldNow
  if (pass === 'idle') return waiter.await
  return Effect.flatMap(Clock.currentTimeMillis, now =>
    Effect.asVoid(Effect.timeoutOption(waiter.await, Math.max(0, pass.nextAt - now)))
  )
}
