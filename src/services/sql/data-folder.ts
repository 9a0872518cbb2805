// The data folder: made when it is missing, private to its owner, and owned by one running server at a time.
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Effect, type Scope } from 'effect'
import { Schema } from 'effect'

/** The data folder cannot be used; the message says what to do. */
export class DataFolderError extends Schema.TaggedError<DataFolderError>()('DataFolderError', {
  message: Schema.String
}) {}

/**
 * Takes the folder for this process until the scope closes. The lock is SQLite's own file lock: the operating
 * system releases it even after kill -9, so a crash never leaves a folder locked.
 */
export const claim = (folder: string): Effect.Effect<void, DataFolderError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.try({
      try: () => {
        mkdirSync(folder, { recursive: true, mode: 0o700 })
        chmodSync(folder, 0o700)
        const lock = new DatabaseSync(join(folder, 'server.lock'), { timeout: 0 })
        try {
          lock.exec('PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE')
        } catch (cause) {
          lock.close()
          throw cause
        }
        return lock
      },
      catch: cause =>
        new DataFolderError({
          message:
            cause instanceof Error && /locked/.test(cause.message)
              ? `Another Backscroll server is using DATA_DIR (${folder}). Stop it first, or give this one a folder of its own.`
              : `DATA_DIR (${folder}) cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`
        })
    }),
    lock => Effect.sync(() => lock.close())
  ).pipe(Effect.asVoid)
