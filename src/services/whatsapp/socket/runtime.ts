// How Baileys' callbacks run effects: in the server's context, not in that of the connection whose callback it is, and no
// longer than the connection's scope. Baileys goes on for seconds after its socket has ended, and would write keys that the next
// connection does not know of.
import { Context, Effect, Fiber, FiberSet } from 'effect'
import { WaitsForDisk } from '../../database/durability.ts'
import type { StrayRejections } from '../../process/stray-rejections.ts'
import type { RunPromise } from './signal-keys.ts'

/** How long the end of a connection waits for work that its callbacks began. */
const FINISH_TIMEOUT = '3 seconds'

/** A callback came after its connection had ended. */
export class ConnectionOver extends Error {
  override readonly name = 'ConnectionOver'
  constructor() {
    super('The connection is over: nothing is read or written for it any more')
  }
}

export interface ConnectionRuntime {
  /** Runs an effect that Baileys waits for; a failure rejects, and `ConnectionOver` once the connection has ended. */
  readonly run: RunPromise
  /** Throws `ConnectionOver` once the connection has ended: for what Baileys has done without an effect. */
  readonly assertOpen: () => void
  /** Runs an effect in the background; not at all once the connection has ended. */
  readonly fork: <A, E>(effect: Effect.Effect<A, E>) => void
  /** Runs code that resumes other fibers: their later rejections are not this connection's. */
  readonly detached: <A>(work: () => A) => A
}

/**
 * A runtime that ends with the scope: from then on nothing begins, and the end waits a moment for what has begun, then interrupts
 * it. Effects run in the server's context, not in that of the fiber that connects.
 */
export const makeConnectionRuntime = Effect.fnUntraced(function* (
  accountId: string,
  context: Context.Context<never>,
  { detached }: StrayRejections['Service']
) {
  const fibers = yield* FiberSet.make()
  // The connection's frames wait for the disk: see frame-hold.ts.
  const runFork = Effect.runForkWith(Context.add(context, WaitsForDisk, false))
  const runPromise = Effect.runPromiseWith(context)
  let isOver = false
  yield* Effect.addFinalizer(() =>
    Effect.suspend(() => {
      isOver = true
      return Effect.timeoutOption(FiberSet.awaitEmpty(fibers), FINISH_TIMEOUT)
    })
  )
  const start = <A, E>(effect: Effect.Effect<A, E>): Fiber.Fiber<A, E> => {
    const fiber = runFork(effect)
    FiberSet.addUnsafe(fibers, fiber)
    return fiber
  }
  const assertOpen = (): void => {
    if (isOver) throw new ConnectionOver()
  }
  const runtime: ConnectionRuntime = {
    assertOpen,
    run: async effect => {
      assertOpen()
      return detached(() => runPromise(Fiber.join(start(effect))))
    },
    fork: effect => {
      if (!isOver) detached(() => start(Effect.annotateLogs(effect, { accountId })))
    },
    detached
  }
  return runtime
})
