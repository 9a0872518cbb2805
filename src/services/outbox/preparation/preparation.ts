// Prepares files as a phone does before it sends them: size, duration, thumbnail, waveform, stickers. A file that cannot be
// read is sent as it is, except as a sticker.
import { Context, Effect, Layer, Schema } from 'effect'
import { makeThreadPool } from '../../process/thread-pool.ts'
import type { Prepared } from './extras.ts'
import type { PreparationTask } from './tasks.ts'

/** The file cannot be read as what it is sent as, or that took too long. */
export class NotPrepared extends Schema.TaggedError<NotPrepared>()('NotPrepared', {
  reason: Schema.String
}) {}

/** Beside this file in the sources, and beside the bundle that this file became a part of. */
const THREAD_FILE = import.meta.url.endsWith('.ts') ? 'thread.ts' : 'preparation-thread.js'

/** Of one file. After that its thread is ended. */
const LONGEST_MS = 20_000

/** One file at a time: a picture can take 300 MB. */
const makePreparation = Effect.fnUntraced(function* (longestMs: number) {
  const pool = yield* makeThreadPool<PreparationTask, Prepared>({
    file: new URL(THREAD_FILE, import.meta.url),
    endedMessage: 'The thread that prepares files ended',
    longestMs
  })
  const perform = Effect.fn('Preparation.perform')(function* (task: PreparationTask) {
    yield* Effect.annotateCurrentSpan({ type: task.type })
    return yield* Effect.mapError(pool.run(task), ({ reason }) => new NotPrepared({ reason }))
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
