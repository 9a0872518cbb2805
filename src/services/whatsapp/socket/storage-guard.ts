// Runs effects on the database for Baileys, and notices when one fails: a database that fails while a message is read must not
// look like a message that cannot be read.
import { ConnectionOver } from './runtime.ts'
import type { RunPromise } from './signal-keys.ts'

export interface StorageGuard {
  readonly run: RunPromise
  /** Whether something could not be read or written, or the connection is over. */
  readonly hasFailed: () => boolean
}

export const makeStorageGuard = (run: RunPromise, onFailure: (cause: unknown) => void): StorageGuard => {
  let failed = false
  return {
    run: async effect => {
      try {
        return await run(effect)
      } catch (cause) {
        failed = true
        // Nothing is wrong with the database then.
        if (!(cause instanceof ConnectionOver)) onFailure(cause)
        throw cause
      }
    },
    hasFailed: () => failed
  }
}
