// Connections are opened one after another, with a pause between any two: neither the start of a server with many accounts
// nor the end of an outage makes WhatsApp see them all at once.
import { Clock, Effect } from 'effect'

export interface Turns {
  /** Completes when it is the caller's turn. */
  readonly wait: Effect.Effect<void>
  /** How long whoever asks now would wait, milliseconds. */
  readonly waitingMs: Effect.Effect<number>
}

export const makeTurns = (pauseMs: number): Turns => {
  let next = 0
  return {
    wait: Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const turn = Math.max(now, next)
      next = turn + pauseMs
      if (turn > now) yield* Effect.sleep(turn - now)
    }),
    waitingMs: Effect.map(Clock.currentTimeMillis, now => Math.max(0, next - now))
  }
}
