// A backup was not made, or not restored.
import { Effect, Schema } from 'effect'

/** The message says why, and what to do. */
export class BackupError extends Schema.TaggedError<BackupError>()('BackupError', {
  message: Schema.String
}) {}

export const refuse = (message: string): never => {
  throw new BackupError({ message })
}

const FULL = /disk is full|ENOSPC/

const wordsOf = (cause: unknown): string => {
  const words = cause instanceof Error ? cause.message : String(cause)
  return FULL.test(words) ? `${words}. Free some space there, or choose a folder on another disk` : words
}

/** Work with files; what the operating system or SQLite refuses is told in its own words. */
export const attempt = <A>(work: () => A): Effect.Effect<A, BackupError> =>
  Effect.try({
    try: work,
    catch: cause => (cause instanceof BackupError ? cause : new BackupError({ message: wordsOf(cause) }))
  })
