// Copies pages from the write-ahead log into the database in a thread of its own. SQLite itself would do so within a COMMIT once the log
// has grown, and everything would stand still until it is done. It still does, should this one fall behind.
import { Effect, Latch, type Scope } from 'effect'
import { makeThreadPool } from '../../process/thread-pool.ts'

/** Beside this file in the sources, and beside the bundle that this file became a part of. */
const THREAD_FILE = import.meta.url.endsWith('.ts') ? 'checkpoint-thread.ts' : 'checkpoint-thread.js'

/** How large the log is after it has begun again, and from which size on it is copied. */
export const LOG_BYTES = 16 * 1024 * 1024

/** While the log grows faster than it is copied: each time, the disk has to flush the database. */
const PAUSE = '500 millis'

/** Answers what is to be told the size of the log whenever that may have changed. */
export const copyLargeLogs = (file: string): Effect.Effect<(bytes: number) => void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const pool = yield* makeThreadPool<string, void>({
      file: new URL(THREAD_FILE, import.meta.url),
      endedMessage: 'The thread that copies the log into the database ended'
    })
    const isLarge = yield* Latch.make(false)
    const copying = pool
      .run(file)
      .pipe(
        Effect.catch(({ reason }) =>
          Effect.logDebug(`The log could not be copied into the database: ${reason}`)
        )
      )
    yield* isLarge.await.pipe(
      Effect.andThen(isLarge.close),
      // A connection that is not closed would keep the log from being removed at the end.
      Effect.andThen(Effect.uninterruptible(copying)),
      Effect.andThen(Effect.sleep(PAUSE)),
      Effect.forever,
      Effect.forkScoped
    )
    return bytes => {
      if (bytes > LOG_BYTES) isLarge.openUnsafe()
    }
  })
