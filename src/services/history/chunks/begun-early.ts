// Work on an account's next chunk that begins while the one before it is completed.
import { Effect, Fiber, type Scope } from 'effect'

interface Begun<A, E> {
  readonly chunkId: number
  readonly fiber: Fiber.Fiber<A, E>
}

/** The work runs in `scope`. */
export const makeBegunEarly = <A, E>(scope: Scope.Scope) => {
  const begun = new Map<string, Begun<A, E>>()

  /** Ends the work; completes when it has ended. */
  const drop = (accountId: string) =>
    Effect.suspend(() => {
      const dropped = begun.get(accountId)
      begun.delete(accountId)
      return dropped === undefined ? Effect.void : Fiber.interrupt(dropped.fiber)
    })

  return {
    drop,
    has: (accountId: string): boolean => begun.has(accountId),
    /** Drops without waiting for the end of the work. */
    delete: (accountId: string): void => {
      begun.get(accountId)?.fiber.interruptUnsafe()
      begun.delete(accountId)
    },

    /** Begins the work on a chunk, unless the work on another one was begun and is not asked for yet. */
    begin: Effect.fnUntraced(function* <R>(accountId: string, chunkId: number, work: Effect.Effect<A, E, R>) {
      if (!begun.has(accountId)) begun.set(accountId, { chunkId, fiber: yield* Effect.forkIn(work, scope) })
    }),

    /** What the work on a chunk gives: that which was begun, or that which is done now. It ends when this is interrupted. */
    use: <R>(accountId: string, chunkId: number, work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.suspend(() => {
        const known = begun.get(accountId)
        if (known?.chunkId !== chunkId) return Effect.andThen(drop(accountId), work)
        begun.delete(accountId)
        return Effect.onInterrupt(Fiber.join(known.fiber), () => Fiber.interrupt(known.fiber))
      })
  }
}
