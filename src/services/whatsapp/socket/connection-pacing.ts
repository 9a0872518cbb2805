// Connections are opened one after another, with a pause between any two: neither the start of a server with many accounts
// nor the end of an outage makes WhatsApp see them all at once.
import { Clock, Effect, Semaphore } from 'effect'

export interface Turns {
  /** Completes when it is the caller's turn. */
  readonly wait: Effect.Effect<void>
  /** How long whoever asks now would wait, milliseconds. */
  readonly waitingMs: Effect.Effect<number>
}

export const makeTurns = (pauseMs: number): Turns => {
  const door = Semaphore.makeUnsafe(1)
  let waiting = 0
  let next = 0
  const pass = Effect.gen(function* () {
    const early = next - (yield* Clock.currentTimeMillis)
    if (early > 0) yield* Effect.sleep(early)
    // From when it really was: after a moment in which the process stood still, the late ones must not go all at once.
    next = (yield* Clock.currentTimeMillis) + pauseMs
  })
  return {
    wait: Effect.suspend(() => {
      waiting += 1
      return Effect.ensuring(
        door.withPermit(pass),
        Effect.sync(() => (waiting -= 1))
      )
    }),
    waitingMs: Effect.map(Clock.currentTimeMillis, now => Math.max(next, now) - now + waiting * pauseMs)
  }
}
