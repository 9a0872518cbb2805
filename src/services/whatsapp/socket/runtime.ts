// How Baileys' callbacks run effects: in the server's context, not in that of the connection whose callback it is, and no
// longer than the connection's scope.
import { type Context, Effect, FiberSet } from 'effect'
import type { StrayRejections } from '../../process/stray-rejections.ts'
import type { RunPromise } from './signal-keys.ts'

/** How long the end of a connection waits for work that its callbacks began. */
const FINISH_TIMEOUT = '3 seconds'

export interface ConnectionRuntime {
  /** Runs an effect that Baileys waits for; a failure rejects. */
  readonly run: RunPromise
  /** Runs an effect in the background. The end of the connection waits a moment for it, then interrupts it. */
  readonly fork: <A, E>(effect: Effect.Effect<A, E>) => void
  /** Runs code that resumes other fibers: their later rejections are not this connection's. */
  readonly detached: <A>(work: () => A) => A
}

/** A runtime that ends with the scope; effects run in the server's context, not in that of the fiber that connects. */
export const makeConnectionRuntime = Effect.fnUntraced(function* (
  accountId: string,
  context: Context.Context<never>,
  { detached }: StrayRejections['Service']
) {
  const fibers = yield* FiberSet.make()
  yield* Effect.addFinalizer(() => Effect.timeoutOption(FiberSet.awaitEmpty(fibers), FINISH_TIMEOUT))
  const runFork = Effect.runForkWith(context)
  const runPromise = Effect.runPromiseWith(context)
  const runtime: ConnectionRuntime = {
    run: effect => detached(() => runPromise(effect)),
    fork: effect =>
      detached(() => FiberSet.addUnsafe(fibers, runFork(Effect.annotateLogs(effect, { accountId })))),
    detached
  }
  return runtime
})
