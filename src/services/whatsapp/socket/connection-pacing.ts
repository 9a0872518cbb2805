// Connections are opened one after another, with a pause between any two: neither the start of a server with many accounts
// nor the end of an outage makes WhatsApp see them all at once.
import { Effect, Semaphore } from 'effect'
import { elapsedMillis } from '../../process/steady-clock.ts'

export interface ConnectionPacing {
  /** Completes when the caller may open its connection. */
  readonly wait: Effect.Effect<void>
  /** How long a caller that begins to wait now would wait, milliseconds. */
  readonly delayMs: Effect.Effect<number>
}

export const makeConnectionPacing = (pauseMs: number): ConnectionPacing => {
  const queue = Semaphore.makeUnsafe(1)
  let waiting = 0
  /** In elapsed milliseconds: the time of the server may be corrected by hours when WhatsApp has said what it is. */
  let nextAt = -Infinity
  const pass = Effect.gen(function* () {
    const early = nextAt - (yield* elapsedMillis)
    if (early > 0) yield* Effect.sleep(early)
    // From the time at which it really passed: after the process stood still, those that are late must not go all at once.
    nextAt = (yield* elapsedMillis) + pauseMs
  })
  return {
    wait: Effect.suspend(() => {
      waiting += 1
      return Effect.ensuring(
        queue.withPermit(pass),
        Effect.sync(() => (waiting -= 1))
      )
    }),
    delayMs: Effect.map(elapsedMillis, now => Math.max(nextAt, now) - now + waiting * pauseMs)
  }
}
