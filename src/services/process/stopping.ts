// Tells whoever would otherwise go on for ever (a stream to a subscriber) that the server is to stop.
import { Context, Effect, Latch, Layer } from 'effect'

export class Stopping extends Context.Service<
  Stopping,
  {
    /** Completes when the process was asked to stop. */
    readonly requested: Effect.Effect<void>
  }
>()('backscroll/services/process/Stopping') {
  static readonly layer: Layer.Layer<Stopping> = Layer.effect(
    Stopping,
    Effect.gen(function* () {
      const latch = yield* Latch.make()
      const context = yield* Effect.context<never>()
      const stop = (): void => void Effect.runForkWith(context)(latch.open)
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop)
        }),
        () =>
          Effect.sync(() => {
            for (const signal of ['SIGTERM', 'SIGINT'] as const) process.off(signal, stop)
          })
      )
      return Stopping.of({ requested: latch.await })
    })
  )
}
