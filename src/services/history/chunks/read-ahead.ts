// The next chunk of an account is read while this one is stored. Whatever is read waits in memory: of all accounts together
// only so many chunks do.
import { Deferred, Effect, Exit, Fiber, Option, type Scope, Semaphore } from 'effect'

interface Ahead<A, E> {
  readonly chunkId: number
  /** What was read, or nothing when there was no room for it. */
  readonly read: Deferred.Deferred<Option.Option<A>, E>
  /** Ends the reading, or makes room again. */
  readonly drop: Effect.Effect<void>
}

/** `room` is how many chunks there may be in memory; reading ahead goes on in `scope`. */
export const makeReadAhead = <A, E>(room: number, scope: Scope.Scope) => {
  const memory = Semaphore.makeUnsafe(room)
  const ahead = new Map<string, Ahead<A, E>>()

  const drop = (accountId: string) =>
    Effect.suspend(() => {
      const dropped = ahead.get(accountId)?.drop ?? Effect.void
      ahead.delete(accountId)
      return dropped
    })

  return {
    drop,

    /** Begins to read a chunk, if there is room. */
    begin: Effect.fnUntraced(function* (accountId: string, chunkId: number, reading: Effect.Effect<A, E>) {
      yield* drop(accountId)
      const read = yield* Deferred.make<Option.Option<A>, E>()
      const fiber = yield* memory
        .withPermitsIfAvailable(1)(
          Effect.andThen(
            Effect.flatMap(Effect.exit(reading), exit => Deferred.done(read, Exit.map(exit, Option.some))),
            // Keeps its room for as long as what was read is needed.
            Effect.never
          )
        )
        .pipe(
          Effect.andThen(Deferred.succeed(read, Option.none())),
          Effect.forkIn(scope, { startImmediately: true })
        )
      ahead.set(accountId, { chunkId, read, drop: Fiber.interrupt(fiber) })
    }),

    /** Uses a chunk: the one that was read ahead, or what is read now. */
    use: <B, E2, R>(
      accountId: string,
      chunkId: number,
      reading: Effect.Effect<A, E>,
      work: (read: Effect.Effect<A, E>) => Effect.Effect<B, E2, R>
    ): Effect.Effect<B, E2, R> => {
      const now = memory.withPermit(work(reading))
      const known = ahead.get(accountId)
      if (known?.chunkId !== chunkId) return Effect.andThen(drop(accountId), now)
      ahead.delete(accountId)
      return Effect.flatMap(Effect.exit(Deferred.await(known.read)), exit =>
        Exit.isSuccess(exit) && Option.isNone(exit.value) ? now : work(Effect.map(exit, Option.getOrThrow))
      ).pipe(Effect.ensuring(known.drop))
    }
  }
}
