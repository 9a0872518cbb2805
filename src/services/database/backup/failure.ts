// A backup was not made, or not restored.
import { Schema } from 'effect'

/** The message says why, and what to do. */
export class BackupError extends Schema.TaggedError<BackupError>()('BackupError', {
  message: Schema.String
}) {}
