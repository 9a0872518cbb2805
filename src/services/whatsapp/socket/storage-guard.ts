// Runs effects on the database for Baileys, and notices when one fails: a database that fails while a message is read must not
// look like a message that cannot be read.
import { ConnectionOver, type ConnectionRuntime } from './runtime.ts'
import type { RunPromise } from './signal-keys.ts'

export interface StorageGuard {
  readonly run: RunPromise
  /** Throws once the connection is over. */
  readonly assertOpen: () => void
  /** Whether something could not be read or written, or the connection is over. */
  readonly hasFailed: () => boolean
}

export const makeStorageGuard = (
  { assertOpen, run }: Pick<ConnectionRuntime, 'assertOpen' | 'run'>,
  onFailure: (cause: unknown) => void
): StorageGuard => {
  let failed = false
  return {
    assertOpen: () => {
      try {
        assertOpen()
      } catch (cause) {
        failed = true
        throw cause
      }
    },
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
