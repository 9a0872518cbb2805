// An entry of the outbox as applications read it: its state, its message, and the rules of trying again.
import { Schema } from 'effect'
import { Time, Whole } from './whole.ts'

export const OutboxStatus = Schema.Literals([
  'queued',
  'sending',
  'sent',
  'failed',
  'cancelled',
  'expired'
]).annotate({ identifier: 'OutboxStatus' })
export type OutboxStatus = typeof OutboxStatus.Type

/** Whether nothing happens to an entry any more. */
export const hasEnded = (status: OutboxStatus): boolean => status !== 'queued' && status !== 'sending'

/** A message that an entry is about, as WhatsApp identifies it; `sender` is `null` for the account's own. */
export const Target = Schema.Struct({
  messageId: Schema.String,
  whatsAppId: Schema.String,
  sender: Schema.NullOr(Schema.String)
})
export type Target = typeof Target.Type

export const MEDIA_TYPES = ['image', 'video', 'audio', 'voice', 'document', 'sticker'] as const
export const MediaType = Schema.Literals(MEDIA_TYPES)
export type MediaType = typeof MediaType.Type

/** An entry as applications read it. Times are milliseconds since 1970. */
export const OutboxEntry = Schema.Struct({
  accountId: Schema.String,
  /** The WhatsApp id with which every attempt is made. */
  entryId: Schema.String,
  threadId: Schema.String,
  /** The message that is sent, or, for a reaction, edit or revoke, the one it is about. */
  messageId: Schema.String,
  kind: Schema.String,
  status: OutboxStatus,
  /** Attempts that WhatsApp answered or left unanswered. Waiting for a connection or a restriction to end is none. */
  attempts: Whole,
  /** Why it failed or is waiting. */
  reason: Schema.NullOr(Schema.String),
  createdAt: Time,
  sendAt: Schema.NullOr(Time),
  expiresAt: Schema.NullOr(Time),
  nextAttemptAt: Schema.NullOr(Time)
}).annotate({ identifier: 'OutboxEntry' })
export type OutboxEntry = typeof OutboxEntry.Type

/** Attempts before an entry that WhatsApp keeps refusing is `failed`. */
export const MAX_SEND_ATTEMPTS = 6

export const LONGEST_RETRY_MS = 60_000

/** Delay before the next attempt, in milliseconds: 2 s, 4 s, … at most a minute. */
export const retryDelay = (attempts: number): number =>
  Math.min(LONGEST_RETRY_MS, 1000 * 2 ** Math.min(attempts, 10))
