// What subscribers are told: that something changed, where, in which order. What it is now, they read.
import { Schema } from 'effect'

export const FEED_KINDS = ['message.stored', 'message.changed', 'thread.changed', 'thread.merged'] as const

/** `eventId` grows with each event; `threadId` of `thread.merged` is the thread that stays. Times are milliseconds since 1970. */
export const FeedEvent = Schema.Struct({
  eventId: Schema.Finite,
  kind: Schema.Literals(FEED_KINDS),
  accountId: Schema.String,
  threadId: Schema.String,
  messageId: Schema.NullOr(Schema.String),
  at: Schema.Finite
})
export type FeedEvent = typeof FeedEvent.Type
