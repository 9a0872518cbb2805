// What subscribers are told: that something changed, where, in which order, and which fields. What they are now is added when the event
// is delivered.
import { Schema } from 'effect'

export const FEED_KINDS = [
  'message.stored',
  'message.changed',
  'message.status',
  'message.reaction',
  'message.vote',
  'message.media',
  'thread.changed',
  'thread.merged'
] as const
export type FeedKind = (typeof FEED_KINDS)[number]

/**
 * `eventId` grows with each event; `threadId` of `thread.merged` is the thread that stays; `changed` names fields of the message. Times
 * are milliseconds since 1970.
 */
export const FeedEvent = Schema.Struct({
  eventId: Schema.Finite,
  kind: Schema.Literals(FEED_KINDS),
  accountId: Schema.String,
  threadId: Schema.String,
  messageId: Schema.NullOr(Schema.String),
  changed: Schema.Array(Schema.String),
  at: Schema.Finite
})
export type FeedEvent = typeof FeedEvent.Type
