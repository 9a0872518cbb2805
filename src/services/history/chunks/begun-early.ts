// Work on an account's next chunk that begins while the one before it is completed.
import { Effect, Fiber, type Scope } from 'effect'
import { makeWorkAhead } from './work-ahead.ts'

interface Begun<A, E> {
  readonly chunkId: number
  readonly fiber: Fiber.Fiber<A, E>
}

/** The work runs in `scope`. */
export const makeBegunEarly = <A, E>(scope: Scope.Scope) => {
  const { begun, ending, take } = makeWorkAhead<Begun<A, E>>()
  return {
    ...ending,

    /** Begins the work on a chunk, unless the work on another one was begun and is not asked for yet. */
    begin: Effect.fnUntraced(function* <R>(accountId: string, chunkId: number, work: Effect.Effect<A, E, R>) {
      if (!ending.has(accountId)) begun(accountId, { chunkId, fiber: yield* Effect.forkIn(work, scope) })
    }),

    /** What the work on a chunk gives: that which was begun, or that which is done now. It ends when this is interrupted. */
    use: <R>(accountId: string, chunkId: number, work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.suspend(() => {
        const known = take(accountId, chunkId)
        return known === undefined
          ? Effect.andThen(ending.drop(accountId), work)
          : Effect.onInterrupt(Fiber.join(known.fiber), () => Fiber.interrupt(known.fiber))
      })
  }
}
