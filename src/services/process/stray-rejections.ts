// Rejections of promises that nothing awaits, as a library may leave behind. They must not end the process, and with it every
// account: each one goes to the handler of the work that caused it, so that the right account reacts to it.
import { AsyncLocalStorage } from 'node:async_hooks'
import { Context, Effect, Layer } from 'effect'

type OnRejection = (reason: unknown) => void

export class StrayRejections extends Context.Service<
  StrayRejections,
  {
    /**
     * Runs `work`. Rejections that nothing handles, of promises made by it or by anything it starts, go to `onRejection`.
     * Rejections outside of such work are logged.
     */
    readonly withHandler: <A>(onRejection: OnRejection, work: () => A) => A
    /** Runs `work` without the handler of its caller: for our code that the library calls, and what that code starts. */
    readonly detached: <A>(work: () => A) => A
  }
>()('backscroll/services/process/StrayRejections') {
  static readonly layer: Layer.Layer<StrayRejections> = Layer.effect(
    StrayRejections,
    Effect.gen(function* () {
      const context = yield* Effect.context<never>()
      const handlers = new AsyncLocalStorage<OnRejection | undefined>()
      const log: OnRejection = reason => {
        Effect.runForkWith(context)(
          Effect.logError(
            'A promise inside a library failed with nobody waiting for it',
            reason instanceof Error ? reason : ''
          )
        )
      }
      // Node restores the context in which the promise was rejected.
      const onUnhandled = (reason: unknown): void => (handlers.getStore() ?? log)(reason)
      yield* Effect.acquireRelease(
        Effect.sync(() => process.on('unhandledRejection', onUnhandled)),
        () => Effect.sync(() => process.off('unhandledRejection', onUnhandled))
      )
      return StrayRejections.of({
        withHandler: (onRejection, work) => handlers.run(onRejection, work),
        detached: work => handlers.run(undefined, work)
      })
    })
  )
}
