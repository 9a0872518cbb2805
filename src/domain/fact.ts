// What WhatsApp told us, in our own words: every road in (live, offline queue, history, on-demand) ends in these facts.
// Addresses are still as WhatsApp wrote them; who they are is resolved once, by services/receive/identity.
import type { Media, MessageStatus } from './message.ts'

/** A person or chat as one stanza names it, with the other form (LID or phone number) when the stanza gave both. */
export interface Address {
  readonly jid: string
  readonly alt?: string | undefined
}

/** Who did something: this account, or somebody else. */
export type Party = 'me' | Address

export interface ReactionFact {
  readonly by: Party
  /** Empty when a reaction was taken back. */
  readonly emoji: string
  readonly at: number
}

export interface MessageFact {
  readonly kind: 'message'
  readonly chat: Address
  readonly sender: Party
  readonly whatsAppId: string
  /** Milliseconds since 1970, as claimed by the sender's phone. */
  readonly timestamp: number
  readonly pushName?: string | undefined
  readonly type: string
  readonly body: string | null
  readonly media: Media | null
  readonly quotedWhatsAppId: string | null
  readonly status: MessageStatus
  readonly statusReason?: string | undefined
  readonly reactions: ReadonlyArray<ReactionFact>
  /** The `Message` protobuf as WhatsApp encoded it. */
  readonly raw: Uint8Array | null
  /** Whether it counts as unread when it is somebody else's: history does not, it brings its own count. */
  readonly live: boolean
}

/** Something that happened to a message that may or may not have arrived yet. */
export interface ChangeFact {
  readonly kind: 'change'
  readonly chat: Address
  readonly target: { readonly sender: Party; readonly whatsAppId: string }
  readonly by: Party
  readonly change:
    | { readonly to: 'edited'; readonly body: string | null; readonly at: number }
    | { readonly to: 'revoked'; readonly at: number }
    | { readonly to: 'reacted'; readonly emoji: string; readonly at: number }
}

/** A recipient's phone or person reports about messages this account sent. */
export interface ReceiptFact {
  readonly kind: 'receipt'
  readonly chat: Address
  readonly recipient: Address
  readonly whatsAppIds: ReadonlyArray<string>
  readonly status: 'delivered' | 'read' | 'played'
  readonly at: number
}

/** The owner read a chat on the phone or another device. */
export interface ReadByMeFact {
  readonly kind: 'readByMe'
  readonly chat: Address
}

export interface ChatFact {
  readonly kind: 'chat'
  readonly chat: Address
  readonly name?: string | undefined
  readonly unreadCount?: number | undefined
  readonly archived?: boolean | undefined
}

export interface ContactFact {
  readonly kind: 'contact'
  readonly person: Address
  readonly name?: string | undefined
  readonly pushName?: string | undefined
}

/** WhatsApp says that these two addresses are one person. */
export interface SamePersonFact {
  readonly kind: 'samePerson'
  readonly phoneJid: string
  readonly lidJid: string
}

export type Fact =
  | MessageFact
  | ChangeFact
  | ReceiptFact
  | ReadByMeFact
  | ChatFact
  | ContactFact
  | SamePersonFact
