// Where XState and Effect meet: an Effect becomes the work of a state. Leaving the state interrupts the fiber; the
// scope of the bridge ends them all, and waits until they have ended.
import { Effect, FiberSet, type Scope, Stream, type Tracer } from 'effect'
import { fromPromise, type PromiseActorLogic } from 'xstate'

export interface EffectBridge<R> {
  /** Actor logic that runs the program while its state is active; a failure is the actor's error. */
  readonly fromEffect: <I, E>(program: (input: I) => Effect.Effect<void, E, R>) => PromiseActorLogic<void, I>
  /** The same for a stream: each element is told to whom `hearer` names, until the state is left. */
  readonly fromStream: <I, A, E>(
    program: (input: I) => Stream.Stream<A, E, R>,
    hearer: (input: I) => (element: A) => void
  ) => PromiseActorLogic<void, I>
  /** Runs an effect that no state waits for, such as writing a fact down. */
  readonly run: (effect: Effect.Effect<void, never, R>) => void
  /** Sends an event on behalf of whoever has this span: what the event starts at once belongs to its trace. */
  readonly onBehalfOf: (span: Tracer.AnySpan | undefined, send: () => void) => void
  /** On whose behalf work starts just now. */
  readonly asker: () => Tracer.AnySpan | undefined
}

export const makeEffectBridge = <R>(): Effect.Effect<EffectBridge<R>, never, R | Scope.Scope> =>
  Effect.gen(function* () {
    const runPromise = yield* FiberSet.makeRuntimePromise<R>()
    let asker: Tracer.AnySpan | undefined
    const bridge: EffectBridge<R> = {
      fromEffect: program => fromPromise(({ input, signal }) => runPromise(program(input), { signal })),
      fromStream: (program, hearer) =>
        fromPromise(({ input, signal }) => {
          const tell = hearer(input)
          const told = Stream.runForEach(program(input), element =>
            Effect.sync(() => {
              if (!signal.aborted) tell(element)
            })
          )
          return runPromise(told, { signal })
        }),
      run: effect => {
        const asked = asker === undefined ? effect : Effect.withParentSpan(effect, asker)
        // The effect cannot fail; it can only be interrupted when the process ends.
        runPromise(asked).catch(() => undefined)
      },
      onBehalfOf: (span, send) => {
        asker = span
        try {
          send()
        } finally {
          asker = undefined
        }
      },
      asker: () => asker
    }
    return bridge
  })
