// A message as it is stored and read, and the rules by which two reports of one message become one document.
import { Schema } from 'effect'

/** How far a message got, in the order in which it can only move forward. */
export const MESSAGE_STATUSES = [
  'undecryptable',
  'queued',
  'failed',
  'sent',
  'received',
  'delivered',
  'read',
  'played'
] as const
export const MessageStatus = Schema.Literals(MESSAGE_STATUSES)
export type MessageStatus = typeof MessageStatus.Type

export const statusRank = (status: MessageStatus): number => MESSAGE_STATUSES.indexOf(status)

/** Status never goes backwards: a late "sent" does not undo a "read". */
export const laterStatus = (a: MessageStatus, b: MessageStatus): MessageStatus =>
  statusRank(a) >= statusRank(b) ? a : b

export const Media = Schema.Struct({
  mimeType: Schema.NullOr(Schema.String),
  fileName: Schema.NullOr(Schema.String),
  /** Bytes. */
  size: Schema.NullOr(Schema.Finite),
  /** Seconds, of audio and video. */
  duration: Schema.NullOr(Schema.Finite),
  width: Schema.NullOr(Schema.Finite),
  height: Schema.NullOr(Schema.Finite)
})
export type Media = typeof Media.Type

export const Reaction = Schema.Struct({ sender: Schema.String, emoji: Schema.String, at: Schema.Finite })
export type Reaction = typeof Reaction.Type

/** The body before an edit, and when that edit was made (milliseconds since 1970). */
export const EarlierBody = Schema.Struct({ body: Schema.NullOr(Schema.String), editedAt: Schema.Finite })

/** A message document as applications read it. Times are milliseconds since 1970. */
export const Message = Schema.Struct({
  accountId: Schema.String,
  threadId: Schema.String,
  messageId: Schema.String,
  /** The id WhatsApp uses; unique only together with thread and sender. */
  whatsAppId: Schema.String,
  direction: Schema.Literals(['inbound', 'outbound']),
  /** The writer's jid: the account's own for outbound, the group member's in groups. */
  sender: Schema.NullOr(Schema.String),
  senderName: Schema.NullOr(Schema.String),
  /** text, image, video, audio, voice, document, sticker, contact, location, poll, system, revoked, unsupported:… */
  type: Schema.String,
  body: Schema.NullOr(Schema.String),
  media: Schema.NullOr(Media),
  quotedWhatsAppId: Schema.NullOr(Schema.String),
  reactions: Schema.Array(Reaction),
  edits: Schema.Array(EarlierBody),
  status: MessageStatus,
  /** Why, when the status needs an explanation (failed, undecryptable). */
  statusReason: Schema.NullOr(Schema.String),
  /** When it was written according to WhatsApp; clamped when a phone's clock is ahead. */
  tsClient: Schema.Finite,
  /** The time the phone claimed, when that was clamped. */
  tsClaimed: Schema.NullOr(Schema.Finite),
  /** When this server first stored it. */
  tsServer: Schema.Finite
})
export type Message = typeof Message.Type

/** How long ahead of our clock a message may claim to be before it is clamped: clocks drift, decades do not. */
const TOLERATED_FUTURE_MS = 24 * 60 * 60 * 1000

/** A time as stored: phones sometimes claim decades in the future, which would pin a thread to the top for ever. */
export const clampTime = (claimed: number, now: number): { tsClient: number; tsClaimed: number | null } =>
  claimed > now + TOLERATED_FUTURE_MS
    ? { tsClient: now, tsClaimed: claimed }
    : { tsClient: Math.max(0, claimed), tsClaimed: null }
