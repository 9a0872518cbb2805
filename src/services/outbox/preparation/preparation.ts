// Prepares files as a phone does before it sends them: size, duration, thumbnail, waveform, stickers. A file that cannot be
// read is sent as it is, except as a sticker.
import { Context, Effect, Layer, Schema, Semaphore } from 'effect'
import { Piscina } from 'piscina'
import type { Prepared } from './extras.ts'
import type { PreparationTask } from './tasks.ts'

/** The file cannot be read as what it is sent as, or that took too long. */
export class NotPrepared extends Schema.TaggedError<NotPrepared>()('NotPrepared', {
  reason: Schema.String
}) {}

/** Beside this file in the sources, and beside the bundle that this file became a part of. */
const THREAD_FILE = import.meta.url.endsWith('.ts') ? 'thread.ts' : 'preparation-thread.js'

/** A thread without work ends and gives its memory back. One file at a time: a picture can take 300 MB. */
const THREAD = {
  filename: new URL(THREAD_FILE, import.meta.url).href,
  minThreads: 0,
  maxThreads: 1,
  idleTimeout: 30_000,
  resourceLimits: { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 256 }
}

/** Of one file. After that its thread is ended. */
const LONGEST_MS = 20_000

/** A thread may end between two files; the next one starts another. */
const logEnded = (error: unknown) => Effect.logWarning('The thread that prepares files ended', error)

const notPrepared = (cause: unknown) =>
  new NotPrepared({ reason: cause instanceof Error ? cause.message : 'unknown' })

const makePreparation = Effect.fnUntraced(function* (longestMs: number) {
  const pool = yield* Effect.acquireRelease(
    Effect.sync(() => new Piscina<PreparationTask, Prepared>(THREAD)),
    opened => Effect.promise(() => opened.destroy())
  )
  const run = Effect.runForkWith(yield* Effect.context())
  pool.on('error', (error: unknown) => void run(logEnded(error)))
  const oneAtATime = yield* Semaphore.make(1)
  const perform = Effect.fn('Preparation.perform')(function* (task: PreparationTask) {
    yield* Effect.annotateCurrentSpan({ type: task.type })
    return yield* Effect.tryPromise({ try: signal => pool.run(task, { signal }), catch: notPrepared }).pipe(
      // The time of others is not its own.
      Effect.timeoutOrElse({
        duration: longestMs,
        orElse: () => Effect.fail(new NotPrepared({ reason: 'it took too long' }))
      }),
      oneAtATime.withPermits(1)
    )
  })
  return Preparation.of({ perform })
})

export class Preparation extends Context.Service<
  Preparation,
  { readonly perform: (task: PreparationTask) => Effect.Effect<Prepared, NotPrepared> }
>()('backscroll/services/outbox/Preparation') {
  static layer(longestMs: number = LONGEST_MS): Layer.Layer<Preparation> {
    return Layer.effect(Preparation, makePreparation(longestMs))
  }
}
