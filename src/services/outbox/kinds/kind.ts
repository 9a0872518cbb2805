// What every kind of sending declares about itself. Everything else in the outbox works with any kind.
import type { Effect, Schema } from 'effect'
import type { AccountRecord } from '../../../domain/account.ts'
import type { MessageChange } from '../../../domain/change.ts'
import type { MediaType, Target } from '../../../domain/outbox.ts'
import type { GroupStore } from '../../conversations/group-store.ts'
import type { MessageStore } from '../../conversations/message-store.ts'
import type { DatabaseError } from '../../database/error.ts'
import type { Accompanying, Destination, WireMessage } from '../../whatsapp/convert/outgoing.ts'
import type { StanzaExtras } from '../../whatsapp/send.ts'
import type { Attachments } from '../attachments.ts'
import type { RequestRefused } from '../errors.ts'
import type { MessageFiles } from '../message-files.ts'
import type { Preparation } from '../preparation/preparation.ts'

/** What content is on the wire. */
export type Wire =
  /** A message that can be sent as it is. */
  | { readonly as: 'message'; readonly message: WireMessage }
  /** A message whose file is uploaded when it is sent. Until then, `message` does not say where WhatsApp has the file. */
  | {
      readonly as: 'upload'
      readonly message: WireMessage
      /** The attachment's name. */
      readonly file: string
      readonly type: MediaType
    }
  | { readonly as: 'readReceipts'; readonly targets: ReadonlyArray<Target> }

/** The message document that an entry is about. */
export type EntryDocument =
  /** A message of its own, stored when the entry is accepted. */
  | { readonly is: 'new' }
  /** A stored message that the entry changes. */
  | { readonly is: 'existing'; readonly messageId: string }
  | { readonly is: 'none' }

/** When WhatsApp took it; `confirmedAt` only if WhatsApp said so. Milliseconds since 1970. */
export interface SentTime {
  readonly at: number
  readonly confirmedAt: number | undefined
}

/** Where a request belongs. There may be no thread with this id yet. */
export interface Place {
  readonly account: AccountRecord
  readonly threadId: string
  /** It is not sent at once, but at a time that the request names. */
  readonly sendsLater: boolean
}

export interface WirePlace {
  readonly destination: Destination
  readonly accompanying: Accompanying
  /** The protobuf of the message that an edit changes, if it is held. */
  readonly changed: Uint8Array | undefined
}

/** The part of a kind that applications can ask for: the schema of its field, and how the request becomes content. */
export interface Requestable<Asked, Content> {
  /** Checks what the schema cannot: against what is stored, and the file if there is one. */
  readonly compose: (
    asked: Asked,
    place: Place
  ) => Effect.Effect<
    Content,
    RequestRefused | DatabaseError,
    GroupStore | MessageStore | MessageFiles | Attachments | Preparation
  >
}

interface ContentSchema extends Schema.Top {
  readonly Type: { readonly kind: string }
  readonly fields: { readonly kind: Schema.Literal<string> }
}

interface KindParts<Content> {
  readonly canReply: boolean
  readonly canMention: boolean
  /** The kind as applications read it in an entry, if it is not the stored one. */
  readonly publicName?: (content: Content) => string
  readonly document: (content: Content) => EntryDocument
  readonly wire: (content: Content, place: WirePlace) => Wire
  /** What WhatsApp requires of the message outside of its encryption. */
  readonly stanza?: (content: Content, toJid: string) => StanzaExtras
  /** Changes of the message document once it is sent: WhatsApp does not send them back to the device that sent them. */
  readonly effect: (content: Content, sent: SentTime) => ReadonlyArray<MessageChange>
  /** What the outbox keeps when an entry has ended: no words, no names, no files. */
  readonly redact: (content: Content) => Content
}

/** A kind, applied to one content. */
export interface KindOfContent<Content> {
  readonly canReply: boolean
  readonly canMention: boolean
  readonly publicName: string
  readonly document: EntryDocument
  readonly wire: (place: WirePlace) => Wire
  readonly stanza: (toJid: string) => StanzaExtras
  readonly effect: (sent: SentTime) => ReadonlyArray<MessageChange>
  readonly redact: () => Content
}

/** Declares a kind: the schema of its stored content, then everything that is done with such content. */
export const defineKind = <Stored extends ContentSchema, Parts extends KindParts<Stored['Type']>>(
  stored: Stored,
  parts: Parts
) => {
  const kind = stored.fields.kind.literal
  const matches = (content: { readonly kind: string }): content is Stored['Type'] => content.kind === kind
  return {
    ...parts,
    kind,
    stored,
    /** The kind applied to this content; `undefined` for content of another kind. */
    of: (content: { readonly kind: string }): KindOfContent<Stored['Type']> | undefined =>
      matches(content)
        ? {
            canReply: parts.canReply,
            canMention: parts.canMention,
            publicName: parts.publicName?.(content) ?? kind,
            document: parts.document(content),
            wire: place => parts.wire(content, place),
            stanza: toJid => parts.stanza?.(content, toJid) ?? {},
            effect: sent => parts.effect(content, sent),
            redact: () => parts.redact(content)
          }
        : undefined
  }
}

/** Parts of each kind that is a message of its own. */
export const newMessage = {
  canReply: true,
  document: (): EntryDocument => ({ is: 'new' }),
  effect: (_content: unknown, { confirmedAt }: SentTime): ReadonlyArray<MessageChange> => [
    { to: 'status', status: 'sent', reason: null },
    // WhatsApp's own time is the one that every other copy of the message carries.
    ...(confirmedAt === undefined ? [] : [{ to: 'timed' as const, at: confirmedAt }])
  ]
}

/** Parts of each kind that changes a message that is stored. */
export const changeOfMessage = {
  canReply: false,
  canMention: false,
  document: ({ target }: { readonly target: Target }): EntryDocument => ({
    is: 'existing',
    messageId: target.messageId
  })
}
