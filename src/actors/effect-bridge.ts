// Where XState and Effect meet: an Effect becomes the work of a state. Leaving the state interrupts the fiber; closing the
// scope of the bridge interrupts them all, and waits until they have ended.
import { Effect, FiberSet, type Scope, Semaphore, Stream, type Tracer } from 'effect'
import { fromPromise, type PromiseActorLogic } from 'xstate'

/** The input of every state's work: whose work it is. */
export interface OfAccount {
  readonly accountId: string
}

export interface EffectBridge<R> {
  /** Actor logic that runs the program while its state is active; a failure is the actor's error. */
  readonly fromEffect: <I extends OfAccount, E>(
    program: (input: I) => Effect.Effect<void, E, R>
  ) => PromiseActorLogic<void, I>
  /** The same for a stream: each element goes to the callback that `receiver` finds in the input, until the state is left. */
  readonly fromStream: <I extends OfAccount, A, E>(
    program: (input: I) => Stream.Stream<A, E, R>,
    receiver: (input: I) => (element: A) => void
  ) => PromiseActorLogic<void, I>
  /** Completes when all work that runs for the account's states has ended: an interrupted fiber may still have to commit. */
  readonly ended: (accountId: string) => Effect.Effect<void>
  /** Runs an effect that no state waits for, such as storing a fact. */
  readonly run: (effect: Effect.Effect<void, never, R>) => void
  /** Calls `send`, which sends an event to an actor; work that the event starts synchronously belongs to this span. */
  readonly sendWithSpan: (span: Tracer.AnySpan | undefined, send: () => void) => void
  /** The span of the event that is being sent at the moment. */
  readonly currentSpan: () => Tracer.AnySpan | undefined
}

export const makeEffectBridge = <R>(): Effect.Effect<EffectBridge<R>, never, R | Scope.Scope> =>
  Effect.gen(function* () {
    const runPromise = yield* FiberSet.makeRuntimePromise<R>()
    const work = makeRunningWork()
    const inTurn = makeTurns()
    let currentSpan: Tracer.AnySpan | undefined
    const bridge: EffectBridge<R> = {
      fromEffect: program =>
        fromPromise(({ input, signal }) => work.add(input.accountId, runPromise(program(input), { signal }))),
      fromStream: (program, receiver) =>
        fromPromise(({ input, signal }) =>
          work.add(
            input.accountId,
            runPromise(runWhile(signal, program(input), receiver(input), inTurn), { signal })
          )
        ),
      ended: work.ended,
      run: effect => {
        const traced = currentSpan === undefined ? effect : Effect.withParentSpan(effect, currentSpan)
        // The effect cannot fail; it can only be interrupted when the process ends.
        runPromise(traced).catch(() => undefined)
      },
      sendWithSpan: (span, send) => {
        currentSpan = span
        try {
          send()
        } finally {
          currentSpan = undefined
        }
      },
      currentSpan: () => currentSpan
    }
    return bridge
  })

/** The promises of the work that runs, by account. */
const makeRunningWork = () => {
  const running = new Map<string, Set<Promise<unknown>>>()
  return {
    add: <A>(accountId: string, promise: Promise<A>): Promise<A> => {
      const ofAccount = running.get(accountId) ?? new Set()
      running.set(accountId, ofAccount.add(promise))
      const forget = (): void => {
        ofAccount.delete(promise)
        if (ofAccount.size === 0 && running.get(accountId) === ofAccount) running.delete(accountId)
      }
      promise.then(forget, forget)
      return promise
    },
    ended: (accountId: string): Effect.Effect<void> =>
      Effect.asVoid(
        Effect.promise(() => Promise.allSettled(running.get(accountId) ?? new Set<Promise<unknown>>()))
      )
  }
}

type Turns = <A>(work: Effect.Effect<A>) => Effect.Effect<A>

/** Each piece of work has a turn of the event loop of its own: when all connections end together, nobody else waits for all of them. */
const makeTurns = (): Turns => {
  const one = Semaphore.makeUnsafe(1)
  return work => one.withPermit(Effect.andThen(Effect.yieldNow, work))
}

/** Gives each element to `receive`; none after the state was left. */
const runWhile = <A, E, R>(
  signal: AbortSignal,
  elements: Stream.Stream<A, E, R>,
  receive: (element: A) => void,
  inTurn: Turns
): Effect.Effect<void, E, R> =>
  Stream.runForEach(elements, element =>
    inTurn(
      Effect.sync(() => {
        if (!signal.aborted) receive(element)
      })
    )
  )
