// The next chunk of an account is read while this one is stored. Chunks that were read wait in memory, a limited number of
// them over all accounts.
import { Deferred, Effect, Exit, Fiber, Option, type Scope, Semaphore } from 'effect'
import { makeWorkAhead } from './work-ahead.ts'

interface Ahead<A, E> {
  readonly chunkId: number
  /** What was read; nothing when there was no room for it. */
  readonly read: Deferred.Deferred<Option.Option<A>, E>
  /** Reads, and then keeps the room. */
  readonly fiber: Fiber.Fiber<unknown>
}

/** `room` is how many chunks there may be in memory; chunks are read ahead in `scope`. */
export const makeReadAhead = <A, E>(room: number, scope: Scope.Scope) => {
  const memory = Semaphore.makeUnsafe(room)
  const { begun, ending, take, workOn } = makeWorkAhead<Ahead<A, E>>()

  return {
    ...ending,

    /** Begins to read a chunk, if there is room. */
    begin: Effect.fnUntraced(function* (accountId: string, chunkId: number, reading: Effect.Effect<A, E>) {
      yield* ending.drop(accountId)
      const read = yield* Deferred.make<Option.Option<A>, E>()
      const fiber = yield* memory
        .withPermitsIfAvailable(1)(
          Effect.andThen(
            Effect.flatMap(Effect.exit(reading), exit => Deferred.done(read, Exit.map(exit, Option.some))),
            // Keeps its room as long as the chunk is needed.
            Effect.never
          )
        )
        .pipe(
          Effect.andThen(Deferred.succeed(read, Option.none())),
          Effect.forkIn(scope, { startImmediately: true })
        )
      begun(accountId, { chunkId, read, fiber })
    }),

    /** The chunk, if it has been read ahead; it stays there. */
    peek: Effect.fnUntraced(function* (accountId: string, chunkId: number) {
      const known = workOn(accountId, chunkId)
      const read = known === undefined ? Option.none() : yield* Deferred.poll(known.read)
      if (Option.isNone(read)) return undefined
      const exit = yield* Effect.exit(read.value)
      return Exit.isSuccess(exit) ? Option.getOrUndefined(exit.value) : undefined
    }),

    /** Uses a chunk: the one that was read ahead, or what is read now. */
    use: <B, E2, R>(
      accountId: string,
      chunkId: number,
      reading: Effect.Effect<A, E>,
      work: (read: Effect.Effect<A, E>) => Effect.Effect<B, E2, R>
    ): Effect.Effect<B, E2, R> => {
      const now = memory.withPermit(work(reading))
      const known = take(accountId, chunkId)
      if (known === undefined) return Effect.andThen(ending.drop(accountId), now)
      return Effect.flatMap(Effect.exit(Deferred.await(known.read)), exit =>
        Exit.isSuccess(exit) && Option.isNone(exit.value) ? now : work(Effect.map(exit, Option.getOrThrow))
      ).pipe(Effect.ensuring(Fiber.interrupt(known.fiber)))
    }
  }
}
