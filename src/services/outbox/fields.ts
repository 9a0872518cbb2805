// Schemas of the fields of send requests that several kinds, or JSON and forms, have in common.
import { Schema } from 'effect'

export const line = (most: number) => Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(most))
export const Text = line(65_536)
export const MessageId = line(200)
export const Address = line(128)
/** Milliseconds since 1970, or ISO 8601 with its zone. */
export const Time = Schema.Union([Schema.Finite, Schema.String.check(Schema.isMaxLength(40))])

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
  idempotencyKey: Schema.optionalKey(line(200))
}
