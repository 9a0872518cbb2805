// What waits at the same time is done together: one fiber takes everything that is there. Nobody waits for a timer; whoever comes while
// others are dealt with is in the next batch.
import { Cause, Deferred, Effect, Exit, Latch, type Scope, Semaphore } from 'effect'

/** An item, and what it is answered with. */
export interface Waiting<Item, A, E> {
  readonly item: Item
  readonly answered: Deferred.Deferred<A, E>
}

export interface BatchesOptions<Item, A, E, R> {
  /** In one batch: others wait for the end of its transaction. */
  readonly mostTogether?: number
  /** More wait outside, and have cost little until then. */
  readonly mostWaiting?: number
  /** Of several items with one key, a batch has only the first. */
  readonly keyOf?: (item: Item) => string | undefined
  /** Deals with a batch and answers each of it, or fails: then each is tried alone. The failure of one that is alone is its answer. */
  readonly deal: (batch: ReadonlyArray<Waiting<Item, A, E>>) => Effect.Effect<void, NoInfer<E>, R>
}

export interface Batches<Item, A, E> {
  /** Completes with the answer. Whoever stops waiting takes the item back, unless it is being dealt with. */
  readonly add: (item: Item) => Effect.Effect<A, E>
}

/** Deals with what is added until the scope closes. */
export const makeBatches = <Item, A, E, R>({
  deal,
  keyOf = () => undefined,
  mostTogether = 64,
  mostWaiting = 1024
}: BatchesOptions<Item, A, E, R>): Effect.Effect<Batches<Item, A, E>, never, R | Scope.Scope> =>
  Effect.gen(function* () {
    let waiting: Array<Waiting<Item, A, E>> = []
    const some = Latch.makeUnsafe(false)
    const places = Semaphore.makeUnsafe(mostWaiting)

    const take = (): ReadonlyArray<Waiting<Item, A, E>> => {
      const keys = new Set<string>()
      const taken: Array<Waiting<Item, A, E>> = []
      const left: Array<Waiting<Item, A, E>> = []
      for (const one of waiting) {
        const key = keyOf(one.item)
        const goes = taken.length < mostTogether && (key === undefined || !keys.has(key))
        if (goes && key !== undefined) keys.add(key)
        if (goes) taken.push(one)
        else left.push(one)
      }
      waiting = left
      if (left.length === 0) some.closeUnsafe()
      return taken
    }

    const dealWith = (batch: ReadonlyArray<Waiting<Item, A, E>>): Effect.Effect<void, never, R> =>
      Effect.catchCause(deal(batch), cause =>
        batch.length > 1
          ? Effect.forEach(batch, one => dealWith([one]), { discard: true })
          : Effect.sync(() => fail(batch, cause))
      )

    yield* Effect.addFinalizer(() => Effect.sync(() => fail(waiting.splice(0), Cause.interrupt())))
    yield* Effect.forkScoped(
      Effect.forever(
        Effect.andThen(some.await, Effect.uninterruptible(Effect.suspend(() => dealWith(take()))))
      )
    )

    return {
      add: item =>
        places.withPermit(
          Effect.suspend(() => {
            const one: Waiting<Item, A, E> = { item, answered: Deferred.makeUnsafe() }
            waiting.push(one)
            return Effect.andThen(some.open, Deferred.await(one.answered)).pipe(
              Effect.onInterrupt(() =>
                Effect.sync(() => void (waiting = waiting.filter(other => other !== one)))
              )
            )
          })
        )
    }
  })

/** Answers all of them with this failure. */
export const fail = <Item, A, E>(batch: ReadonlyArray<Waiting<Item, A, E>>, cause: Cause.Cause<E>): void => {
  for (const { answered } of batch) Deferred.doneUnsafe(answered, Exit.failCause(cause))
}
