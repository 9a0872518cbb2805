// Upkeep: work that nobody waits for.
import { Effect, Layer, Schedule } from 'effect'

/** Does it at the start, and once an hour. */
export const hourly = <R>(work: Effect.Effect<void, never, R>): Layer.Layer<never, never, R> =>
  Layer.effectDiscard(Effect.forkScoped(Effect.repeat(work, Schedule.spaced('1 hour'))))
