// How a command ends when it does not succeed: a sentence that says what to do, and an exit code (docs/command-line.md).
import { Schema } from 'effect'

export const EXIT = {
  failed: 1,
  /** The arguments or settings are wrong. */
  misused: 2,
  /** No server answers. */
  unreachable: 3,
  /** The server does not know the key, or the key may not do this. */
  refused: 4,
  interrupted: 130
} as const

/** `message` is for people: what is wrong and what to do, without secrets. */
export class CommandFailed extends Schema.TaggedError<CommandFailed>()('CommandFailed', {
  message: Schema.String,
  exitCode: Schema.Int
}) {}

export const failed = (message: string): CommandFailed =>
  new CommandFailed({ message, exitCode: EXIT.failed })

export const misused = (message: string): CommandFailed =>
  new CommandFailed({ message, exitCode: EXIT.misused })

/** The innermost words that a failure has. */
export const wordsOf = (failure: unknown): string => {
  if (!(failure instanceof Error)) return 'for an unknown reason'
  return failure.message || (failure.cause === undefined ? failure.name : wordsOf(failure.cause))
}
