// A promise of a library that nobody waits for may reject; it must not end the process and every account with it.
import { Effect, Layer } from 'effect'

/** While in scope, unhandled rejections are logged instead of ending the process. */
export const layer: Layer.Layer<never> = Layer.effectDiscard(
  Effect.gen(function* () {
    const context = yield* Effect.context<never>()
    const log = (reason: unknown): void => {
      Effect.runForkWith(context)(
        Effect.logError(
          'A promise inside a library failed with nobody waiting for it',
          reason instanceof Error ? reason : ''
        )
      )
    }
    yield* Effect.acquireRelease(
      Effect.sync(() => process.on('unhandledRejection', log)),
      () => Effect.sync(() => process.off('unhandledRejection', log))
    )
  })
)
