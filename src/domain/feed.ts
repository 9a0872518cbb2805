// What the log of events has: that something changed, where, in which order, and which fields. What they are now is added when the event
// is delivered.
import { Schema } from 'effect'

export const FEED_KINDS = [
  'message.stored',
  'message.changed',
  'message.status',
  'message.reaction',
  'message.vote',
  'message.media',
  'call.ringing',
  'call.ended',
  'thread.changed',
  'thread.merged',
  'group.changed',
  'contact.changed',
  'contact.imported',
  'account.created',
  'account.linked',
  'account.state',
  'account.pairing',
  'account.passkey',
  'account.restriction',
  'account.removed',
  'coverage.changed',
  'outbox.changed',
  'incident.reported',
  'incident.acknowledged',
  'incident.resolved',
  'events.missed'
] as const
export type FeedKind = (typeof FEED_KINDS)[number]

/** Told as they happen, and kept nowhere. */
export const LIVE_KINDS = ['sync.progress', 'presence.changed', 'stream.opened', 'webhook.test'] as const
export type LiveKind = (typeof LIVE_KINDS)[number]

export type EventKind = FeedKind | LiveKind

/** What was so when it happened, and is not kept elsewhere. */
const Facts = Schema.Record(Schema.String, Schema.Json)

/**
 * `eventId` grows with each event; `threadId` of `thread.merged` is the thread that stays; `changed` names fields of the message;
 * `subjectId` is the entry, incident or person that it is about. Times are milliseconds since 1970.
 */
export const FeedEvent = Schema.Struct({
  eventId: Schema.Finite,
  kind: Schema.Literals(FEED_KINDS),
  /** `null` where it is about no account. */
  accountId: Schema.NullOr(Schema.String),
  threadId: Schema.NullOr(Schema.String),
  messageId: Schema.NullOr(Schema.String),
  subjectId: Schema.NullOr(Schema.String),
  changed: Schema.Array(Schema.String),
  facts: Schema.NullOr(Facts),
  at: Schema.Finite
})
export type FeedEvent = typeof FeedEvent.Type
