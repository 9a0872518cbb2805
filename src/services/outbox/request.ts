// What an application may ask to be sent, by whichever door.
import { Schema } from 'effect'
import { MediaType } from '../../domain/outbox.ts'

const Key = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(200))
const MessageId = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(200))
const Address = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(128))
export const line = (most: number) => Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(most))
export const Text = line(65_536)
/** Milliseconds since 1970, or ISO 8601 with its zone. */
const Time = Schema.Union([Schema.Finite, Schema.String.check(Schema.isMaxLength(40))])

/** Fields that every request may have. */
export const commonFields = {
  /** A phone number with country code, or the jid of a person or group. Either this or `threadId`. */
  to: Schema.optionalKey(Address),
  threadId: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(256))),
  /** The messageId that this one answers. */
  replyTo: Schema.optionalKey(MessageId),
  sendAt: Schema.optionalKey(Time),
  /** When it is no longer to be sent. */
  expiresAt: Schema.optionalKey(Time),
  idempotencyKey: Schema.optionalKey(Key)
}

/** Exactly one kind of content. */
export const SendRequest = Schema.Struct({
  ...commonFields,
  text: Schema.optionalKey(Text),
  /** People named with @number in the text or caption. */
  mentions: Schema.optionalKey(Schema.Array(Address).check(Schema.isMaxLength(256))),
  media: Schema.optionalKey(
    Schema.Struct({
      url: line(2048),
      type: Schema.optionalKey(MediaType),
      mimeType: Schema.optionalKey(line(100)),
      fileName: Schema.optionalKey(line(240)),
      caption: Schema.optionalKey(Text)
    })
  ),
  location: Schema.optionalKey(
    Schema.Struct({
      latitude: Schema.Finite.check(Schema.isBetween({ minimum: -90, maximum: 90 })),
      longitude: Schema.Finite.check(Schema.isBetween({ minimum: -180, maximum: 180 })),
      name: Schema.optionalKey(line(256)),
      address: Schema.optionalKey(line(512))
    })
  ),
  contacts: Schema.optionalKey(
    Schema.Array(Schema.Struct({ name: line(200), phoneNumber: line(32) })).check(
      Schema.isMinLength(1),
      Schema.isMaxLength(50)
    )
  ),
  poll: Schema.optionalKey(
    Schema.Struct({
      question: line(255),
      options: Schema.Array(line(100)).check(Schema.isMinLength(2), Schema.isMaxLength(12)),
      /** How many options one person may choose; 0, the default, is any number. */
      selectable: Schema.optionalKey(Schema.Finite.check(Schema.isInt()))
    })
  ),
  /** An empty emoji takes the reaction back. */
  reaction: Schema.optionalKey(
    Schema.Struct({ messageId: MessageId, emoji: Schema.String.check(Schema.isMaxLength(32)) })
  ),
  edit: Schema.optionalKey(Schema.Struct({ messageId: MessageId, text: Text })),
  revoke: Schema.optionalKey(Schema.Struct({ messageId: MessageId }))
}).annotate({ identifier: 'SendRequest' })
export type SendRequest = typeof SendRequest.Type
