// Who waits for the file of a message. What becomes of it is told to all of them, whoever began to fetch it.
import { Deferred, Effect, Exit } from 'effect'
import type { Place } from './fetch-queue.ts'
import type { HeldFile } from './files.ts'
import type { OpenError } from './outcomes.ts'

const nameOf = ({ messageId, threadId }: Place): string => `${threadId} ${messageId}`

export const makeCallers = () => {
  const callers = new Map<string, Set<Deferred.Deferred<HeldFile, OpenError>>>()

  const tell = (place: Place, exit: Exit.Exit<HeldFile, OpenError>): Effect.Effect<void> =>
    Effect.sync(() => {
      for (const caller of callers.get(nameOf(place)) ?? []) Deferred.doneUnsafe(caller, exit)
    })

  /** Waits for what is told of the place, from before `begin` runs. */
  const waiting = <E, F>(
    place: Place,
    begin: Effect.Effect<void, E>,
    patience: { readonly ms: number; readonly orElse: () => Effect.Effect<never, F> }
  ): Effect.Effect<HeldFile, OpenError | E | F> =>
    Effect.acquireUseRelease(
      Effect.sync(() => {
        const caller = Deferred.makeUnsafe<HeldFile, OpenError>()
        callers.set(nameOf(place), (callers.get(nameOf(place)) ?? new Set()).add(caller))
        return caller
      }),
      caller =>
        Effect.andThen(
          begin,
          Effect.timeoutOrElse(Deferred.await(caller), { duration: patience.ms, orElse: patience.orElse })
        ),
      caller =>
        Effect.sync(() => {
          const others = callers.get(nameOf(place))
          others?.delete(caller)
          if (others?.size === 0) callers.delete(nameOf(place))
        })
    )

  return {
    waiting,
    isAwaited: (place: Place): boolean => callers.has(nameOf(place)),
    give: (place: Place, held: HeldFile) => tell(place, Exit.succeed(held)),
    refuse: (place: Place, error: OpenError) => tell(place, Exit.fail(error))
  }
}
