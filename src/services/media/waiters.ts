// Callers that wait for the file of a message. All of them get the result of an attempt, whichever of them caused it.
import { Deferred, Effect, Exit } from 'effect'
import type { HeldFile } from './files.ts'
import { type MessageRef, refKey } from './message-ref.ts'
import type { OpenError } from './outcomes.ts'

type Waiter = Deferred.Deferred<HeldFile, OpenError>

export interface Patience<E> {
  readonly ms: number
  /** The result for a waiter whose time is over. */
  readonly orElse: Effect.Effect<never, E>
}

export const makeWaiters = () => {
  const waiters = new Map<string, Set<Waiter>>()

  const enter = (ref: MessageRef) =>
    Effect.sync(() => {
      const waiter: Waiter = Deferred.makeUnsafe()
      const key = refKey(ref)
      waiters.set(key, (waiters.get(key) ?? new Set()).add(waiter))
      return waiter
    })

  const leave = (ref: MessageRef, waiter: Waiter) =>
    Effect.sync(() => {
      const key = refKey(ref)
      const others = waiters.get(key)
      others?.delete(waiter)
      if (others?.size === 0) waiters.delete(key)
    })

  const complete = (ref: MessageRef, exit: Exit.Exit<HeldFile, OpenError>): Effect.Effect<void> =>
    Effect.sync(() => {
      for (const waiter of waiters.get(refKey(ref)) ?? []) Deferred.doneUnsafe(waiter, exit)
    })

  /** Waits for a result that comes after `begin` has started. */
  const wait = <E, F>(
    ref: MessageRef,
    begin: Effect.Effect<void, E>,
    { ms, orElse }: Patience<F>
  ): Effect.Effect<HeldFile, OpenError | E | F> =>
    Effect.acquireUseRelease(
      enter(ref),
      waiter =>
        Effect.andThen(
          begin,
          Effect.timeoutOrElse(Deferred.await(waiter), { duration: ms, orElse: () => orElse })
        ),
      waiter => leave(ref, waiter)
    )

  return {
    wait,
    isAwaited: (ref: MessageRef): boolean => waiters.has(refKey(ref)),
    succeed: (ref: MessageRef, held: HeldFile) => complete(ref, Exit.succeed(held)),
    fail: (ref: MessageRef, error: OpenError) => complete(ref, Exit.fail(error))
  }
}

export type Waiters = ReturnType<typeof makeWaiters>
