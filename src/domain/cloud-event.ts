// An event as other software gets it: CloudEvents 1.0 in structured JSON, https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
import { Schema } from 'effect'
import { FEED_KINDS } from './feed.ts'
import { Message } from './message.ts'
import { Thread } from './thread.ts'

/** A message as events have it. `bodyShortened`: the whole text is read over HTTP. */
export const MessageData = Schema.Struct({
  /** As it is when the event is delivered; `null` when it is not stored any more. */
  message: Schema.NullOr(Schema.Struct({ ...Message.fields, bodyShortened: Schema.Boolean })),
  /** The fields of the message that this event is about; empty for a new one, and where they are not known. */
  changed: Schema.Array(Schema.String)
})

export const ThreadData = Schema.Struct({
  /** As it is when the event is delivered; `null` when it is not stored any more. */
  thread: Schema.NullOr(Thread)
})

/** An endpoint is tried. */
export const TEST_TYPE = 'webhook.test'
export const TestData = Schema.Struct({ webhookId: Schema.String })

/** Instead of events that are not kept any more. */
export const MISSED_TYPE = 'events.missed'
export const MissedData = Schema.Struct({
  /** The events that are not kept any more came after this one, and the last of them is `upTo`. */
  after: Schema.Finite,
  upTo: Schema.Finite,
  /** How many of them the subscriber would have got. */
  events: Schema.Finite,
  /** When the first and the last of them were stored, milliseconds since 1970. */
  since: Schema.Finite,
  until: Schema.Finite
})

export const CloudEvent = Schema.Struct({
  specversion: Schema.Literal('1.0'),
  /** The same for each delivery of the event. */
  id: Schema.String,
  /** `/v1/accounts/acc-…`, or `/v1` where it is not about an account. */
  source: Schema.String,
  type: Schema.Literals([...FEED_KINDS, TEST_TYPE, MISSED_TYPE]),
  /** The thread, and the message in it if there is one: `threads/…/messages/…`. */
  subject: Schema.optionalKey(Schema.String),
  /** When it was stored, RFC 3339. */
  time: Schema.String,
  datacontenttype: Schema.Literal('application/json'),
  data: Schema.Union([MessageData, ThreadData, TestData, MissedData])
})
export type CloudEvent = typeof CloudEvent.Type
