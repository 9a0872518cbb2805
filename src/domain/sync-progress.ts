// How far the history of an account has come in.
import { Schema } from 'effect'
import { Whole } from './whole.ts'

export const SYNC_FIELDS = {
  chunksDone: Whole,
  chunksPending: Whole,
  chunksFailed: Whole,
  messages: Whole,
  /** As the phone reports it, 0 to 100. */
  percent: Schema.NullOr(Whole),
  /** Average of the last 30 seconds. */
  messagesPerSecond: Whole,
  /** An estimate for the rest of the history; `null` when there is none. */
  secondsLeft: Schema.NullOr(Whole)
} as const
