// An entry of the outbox: what an application asked to be sent, how far it got, and the rules of trying again.
import { Schema } from 'effect'

export const OutboxStatus = Schema.Literals(['queued', 'sending', 'sent', 'failed', 'cancelled', 'expired'])
export type OutboxStatus = typeof OutboxStatus.Type

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

const quoted = Schema.optionalKey(Target)
const mentions = Schema.optionalKey(Schema.Array(Schema.String))
const optionalText = Schema.optionalKey(Schema.String)

/** What is sent. Media are files that were kept when the entry was accepted, named by their SHA-256. */
export const OutboxContent = Schema.Union([
  Schema.Struct({ kind: Schema.Literal('text'), text: Schema.String, mentions, quoted }),
  Schema.Struct({
    kind: Schema.Literal('media'),
    type: MediaType,
    file: Schema.String,
    size: Schema.Finite,
    mimeType: Schema.String,
    fileName: optionalText,
    caption: optionalText,
    mentions,
    quoted
  }),
  Schema.Struct({
    kind: Schema.Literal('location'),
    latitude: Schema.Finite,
    longitude: Schema.Finite,
    name: optionalText,
    address: optionalText,
    quoted
  }),
  Schema.Struct({
    kind: Schema.Literal('contact'),
    contacts: Schema.Array(Schema.Struct({ name: Schema.String, phoneNumber: Schema.String })),
    quoted
  }),
  Schema.Struct({
    kind: Schema.Literal('poll'),
    question: Schema.String,
    options: Schema.Array(Schema.String),
    selectable: Schema.Finite,
    /** Opens the votes; 32 bytes in base64. */
    secret: Schema.String,
    quoted
  }),
  Schema.Struct({ kind: Schema.Literal('reaction'), target: Target, emoji: Schema.String }),
  Schema.Struct({ kind: Schema.Literal('edit'), target: Target, text: Schema.String }),
  Schema.Struct({ kind: Schema.Literal('revoke'), target: Target }),
  /** Tells the writers that their messages were read. */
  Schema.Struct({ kind: Schema.Literal('read'), targets: Schema.Array(Target) })
])
export type OutboxContent = typeof OutboxContent.Type

/** Whether the entry is a message of its own, with a document; the others change one that is there. */
export const isMessage = (
  content: OutboxContent
): content is Extract<OutboxContent, { kind: 'text' | 'media' | 'location' | 'contact' | 'poll' }> =>
  ['text', 'media', 'location', 'contact', 'poll'].includes(content.kind)

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
  attempts: Schema.Finite,
  /** Why it failed or is waiting. */
  reason: Schema.NullOr(Schema.String),
  createdAt: Schema.Finite,
  sendAt: Schema.NullOr(Schema.Finite),
  expiresAt: Schema.NullOr(Schema.Finite),
  nextAttemptAt: Schema.NullOr(Schema.Finite)
})
export type OutboxEntry = typeof OutboxEntry.Type

/** Attempts before an entry that WhatsApp keeps refusing is `failed`. */
export const MAX_SEND_ATTEMPTS = 6

export const LONGEST_RETRY_MS = 60_000

/** Delay before the next attempt, in milliseconds: 2 s, 4 s, … at most a minute. */
export const retryDelay = (attempts: number): number =>
  Math.min(LONGEST_RETRY_MS, 1000 * 2 ** Math.min(attempts, 10))

/** How long after sending WhatsApp lets a text be edited. */
export const EDITABLE_MS = 15 * 60_000
