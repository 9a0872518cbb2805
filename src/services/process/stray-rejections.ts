// A promise of a library that nobody waits for may reject. It must not end the process and every account with it, and whose
// account it was must not be forgotten: work runs on behalf of somebody, who hears of it.
import { AsyncLocalStorage } from 'node:async_hooks'
import { Context, Effect, Layer } from 'effect'

type Hear = (reason: unknown) => void

export class StrayRejections extends Context.Service<
  StrayRejections,
  {
    /**
     * Runs `work`; promises made by it, or by anything it set going, that reject with nobody waiting are told to `hear`.
     * Those of nobody are logged.
     */
    readonly onBehalfOf: <A>(hear: Hear, work: () => A) => A
    /** Runs `work` on behalf of nobody: what the library calls of ours, and what that sets going for others. */
    readonly onBehalfOfNobody: <A>(work: () => A) => A
  }
>()('backscroll/services/process/StrayRejections') {
  static readonly layer: Layer.Layer<StrayRejections> = Layer.effect(
    StrayRejections,
    Effect.gen(function* () {
      const context = yield* Effect.context<never>()
      const hearers = new AsyncLocalStorage<Hear | undefined>()
      const log: Hear = reason => {
        Effect.runForkWith(context)(
          Effect.logError(
            'A promise inside a library failed with nobody waiting for it',
            reason instanceof Error ? reason : ''
          )
        )
      }
      // Node restores the context in which the promise was rejected.
      const told = (reason: unknown): void => (hearers.getStore() ?? log)(reason)
      yield* Effect.acquireRelease(
        Effect.sync(() => process.on('unhandledRejection', told)),
        () => Effect.sync(() => process.off('unhandledRejection', told))
      )
      return StrayRejections.of({
        onBehalfOf: (hear, work) => hearers.run(hear, work),
        onBehalfOfNobody: work => hearers.run(undefined, work)
      })
    })
  )
}
