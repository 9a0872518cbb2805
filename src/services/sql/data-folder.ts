// The data folder: made when it is missing, private to its owner, and owned by one running server at a time.
import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
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
        makeFolder(resolve(folder))
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

/** Missing parents first, one by one: Node's recursive mkdir never returns where a parent cannot be made, as in /proc. */
const makeFolder = (folder: string): void => {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  mkdirSync(folder, { mode: 0o700 })
}
