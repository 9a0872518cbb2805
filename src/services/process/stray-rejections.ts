// Rejections of promises that nothing awaits, as a library may leave behind. They must not end the process, and with it every
// account: each one goes to the handler of the work that caused it, so that the right account reacts to it.
import { AsyncLocalStorage } from 'node:async_hooks'
import { Context, Effect, Layer } from 'effect'

type OnRejection = (reason: unknown) => void

/** A library that tries again and again fails in the same way each time: it is told once in this time. */
const TOLD_EVERY_MS = 60 * 60_000
const MOST_REMEMBERED = 100

/** How often something with this message failed untold since it was told last; `undefined` when that was not long ago. */
const makeRepeats = () => {
  const told = new Map<string, { readonly at: number; untold: number }>()
  return (reason: unknown): number | undefined => {
    const message = reason instanceof Error ? reason.message : ''
    const before = told.get(message)
    const at = performance.now()
    if (before !== undefined && at - before.at < TOLD_EVERY_MS) {
      before.untold += 1
      return undefined
    }
    if (told.size >= MOST_REMEMBERED) told.clear()
    told.set(message, { at, untold: 0 })
    return before?.untold ?? 0
  }
}

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
      const timesBefore = makeRepeats()
      const log: OnRejection = reason => {
        const times = timesBefore(reason)
        if (times === undefined) return
        Effect.runForkWith(context)(
          Effect.logError(
            'A promise inside a library failed with nobody waiting for it',
            reason instanceof Error ? reason : ''
          ).pipe(Effect.annotateLogs(times === 0 ? {} : { timesSinceLastTold: times }))
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
