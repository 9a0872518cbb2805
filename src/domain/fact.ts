// What WhatsApp told us, in our own words: every road in (live, offline queue, history, on-demand) ends in these facts.
// Addresses are still as WhatsApp wrote them; who they are is resolved once, by services/conversations/identity.
import type { Alone, AttachedAs } from './change.ts'
import type { ChatSetting } from './chat-setting.ts'
import type { Call, Details, EventResponse, Location, MediaFile, MessageStatus } from './message.ts'
import type { PollChange } from './poll.ts'
import type { SealedAddOn } from './sealed-add-on.ts'

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

/** What somebody chose in a poll, by the hashes of its options' names; none when the vote was withdrawn. */
export interface VoteFact {
  readonly by: Party
  readonly hashes: ReadonlyArray<string>
  readonly at: number
}

/** Details as a message carries them: the people in it are addresses that have yet to be resolved. */
export interface DetailsFact extends Omit<Details, 'mentions' | 'event'> {
  readonly mentions: ReadonlyArray<Address>
  readonly event: {
    readonly kind: string
    readonly people: ReadonlyArray<Address>
    readonly value: string | null
  } | null
}

/** The message that another one answers. */
export interface QuotedFact {
  readonly whatsAppId: string
  /** Missing when the quote does not name its writer. */
  readonly sender?: Party | undefined
  /** The chat of the quoted message, when the quote names one: answers to a status, or in private to a message of a group. */
  readonly chat?: Address | undefined
  /** The beginning of what the quoted message says; `null` when the quote does not repeat it. */
  readonly excerpt?: string | null | undefined
}

/** What a message says. */
export interface ContentFact extends DetailsFact {
  readonly type: string
  readonly body: string | null
  readonly quoted: QuotedFact | null
  /** Who wrote the message it belongs to; with `association`. */
  readonly parentSender?: Party | undefined
}

export interface MessageFact extends ContentFact {
  readonly kind: 'message'
  readonly chat: Address
  readonly sender: Party
  readonly whatsAppId: string
  /** Milliseconds since 1970, as claimed by the sender's phone. */
  readonly timestamp: number
  /** The claimed time if it is unusable (zero, negative, far in the future), milliseconds; `timestamp` is the arrival then. */
  readonly tsClaimed?: number
  readonly pushName?: string | undefined
  readonly status: MessageStatus
  readonly statusReason?: string | undefined
  /** When it was last edited, if the source shows it edited: its earlier words are not known then. */
  readonly editedAt?: number | undefined
  readonly reactions: ReadonlyArray<ReactionFact>
  /** The owner has starred it, as history says. */
  readonly starred?: boolean | undefined
  /** Votes in a poll that the source has opened. */
  readonly votes?: ReadonlyArray<VoteFact> | undefined
  /** The `Message` protobuf as WhatsApp encoded it. */
  readonly raw: Uint8Array | null
  /** Whether it is news (subscribers are told of it) or history. */
  readonly live: boolean
}

/** Something that happened to a message that may or may not have arrived yet. */
export interface ChangeFact {
  readonly kind: 'change'
  readonly chat: Address
  readonly target: { readonly sender: Party; readonly whatsAppId: string }
  readonly by: Party
  readonly change:
    | {
        readonly to: 'edited'
        readonly body: string | null
        readonly at: number
        /** Whom the new body mentions. */
        readonly mentions?: ReadonlyArray<Address>
        /** Where an event takes place now. */
        readonly location?: Location | null
        /** The fields of which something was cut. */
        readonly shortened?: ReadonlyArray<string>
        /** The secret that seals the next edit; base64. */
        readonly secret?: string
      }
    /** The next part of an answer that is still being written, which replaces the one before. */
    | { readonly to: 'continued'; readonly body: string | null; readonly at: number }
    | {
        readonly to: 'pollChanged'
        readonly change: PollChange
        readonly shortened?: ReadonlyArray<string>
        readonly secret?: string
      }
    | { readonly to: 'revoked'; readonly at: number }
    | { readonly to: 'reacted'; readonly emoji: string; readonly at: number }
    /** The options by the hashes of their names. */
    | { readonly to: 'voted'; readonly hashes: ReadonlyArray<string>; readonly at: number }
    | {
        readonly to: 'answered'
        readonly response: EventResponse['response']
        readonly extraGuests: number
        readonly at: number
      }
    | { readonly to: 'called'; readonly call: Call }
    | { readonly to: 'attached'; readonly as: AttachedAs; readonly file: MediaFile; readonly alone: Alone }
    | { readonly to: 'starred'; readonly starred: boolean; readonly at: number }
    /** The owner removed it from the own devices, or took that back. */
    | { readonly to: 'deletedForMe'; readonly deleted: boolean; readonly at: number }
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

/** How far a message of this account got with whom, as the phone remembers it. Times in milliseconds since 1970. */
export interface ReceiptHistoryFact {
  readonly kind: 'receiptHistory'
  readonly chat: Address
  readonly whatsAppId: string
  readonly people: ReadonlyArray<{
    readonly recipient: Address
    readonly deliveredAt: number | null
    readonly readAt: number | null
    readonly playedAt: number | null
  }>
}

/** The owner read a chat on the phone or another device: up to these messages, or everything up to a time. */
export interface ReadByMeFact {
  readonly kind: 'readByMe'
  readonly chat: Address
  readonly upTo: { readonly whatsAppIds: ReadonlyArray<string> } | { readonly at: number }
  /** When it was read, milliseconds since 1970; now when it is not given. */
  readonly at?: number | undefined
}

/** How many messages of a chat the phone counted as unread. */
export interface UnreadAtPhone {
  readonly count: number
  /** The time of the newest message that it knew, milliseconds since 1970; all messages of a second have the same. */
  readonly at: number
  /** How many of its messages were written in that second, by others; not known when not all of them were sent with the count. */
  readonly ofSecond?: number | undefined
}

export interface ChatFact {
  readonly kind: 'chat'
  readonly chat: Address
  readonly name?: string | undefined
  readonly unread?: UnreadAtPhone | undefined
  readonly settings?: ReadonlyArray<ChatSetting> | undefined
  /** Seconds after which messages disappear; 0 turns that off. */
  readonly ephemeralSeconds?: number | undefined
}

/** Settings of a chat that may have no conversation: no thread is made for them. */
export interface ChatSettingsFact {
  readonly kind: 'chatSettings'
  readonly chat: Address
  readonly settings: ReadonlyArray<ChatSetting>
}

/** A label was made, changed or deleted; `at` in milliseconds since 1970. */
export interface LabelFact {
  readonly kind: 'label'
  readonly labelId: string
  readonly name: string
  readonly color: number | null
  readonly predefinedId: number | null
  readonly deleted: boolean
  readonly at: number
}

/** A label was put on a chat or a message, or taken off. */
export interface LabelAssociationFact {
  readonly kind: 'labelAssociation'
  readonly labelId: string
  readonly chat: Address
  /** The message; without it, the chat. */
  readonly whatsAppId?: string | undefined
  readonly labeled: boolean
  readonly at: number
}

/** Whether a new message takes a chat out of the archive. */
export interface UnarchiveChatsFact {
  readonly kind: 'unarchiveChats'
  readonly unarchive: boolean
}

/** Who was in a group once; `at` in milliseconds since 1970, `null` when the phone does not know. */
export interface PastParticipantsFact {
  readonly kind: 'pastParticipants'
  readonly chat: Address
  readonly people: ReadonlyArray<{
    readonly person: Address
    readonly reason: 'left' | 'removed'
    readonly at: number | null
  }>
}

export interface ContactFact {
  readonly kind: 'contact'
  readonly person: Address
  /** The name in the address book; `null`: the person is not in it any more. */
  readonly name?: string | null | undefined
  /** When the name was given, milliseconds since 1970; `undefined` where the source does not say: before the account was linked. */
  readonly nameAt?: number | undefined
  readonly pushName?: string | undefined
}

/** Who may delete other people's messages in a group: all its admins, or those who became or ceased to be one. */
export interface GroupAdminsFact {
  readonly kind: 'groupAdmins'
  readonly chat: Address
  readonly listed: 'all' | 'promoted' | 'demoted'
  readonly people: ReadonlyArray<Address>
}

/**
 * WhatsApp says that these two addresses are one person. A LID is a person for good; a number may have belonged to somebody else
 * before. `at` is when WhatsApp said so, milliseconds since 1970; 0 when that is not known.
 */
export interface SamePersonFact {
  readonly kind: 'samePerson'
  readonly phoneJid: string
  readonly lidJid: string
  readonly at: number
}

/** WhatsApp says that a number, as somebody wrote it, is another way to write this one: both are addresses on `s.whatsapp.net`. */
export interface SameNumberFact {
  readonly kind: 'sameNumber'
  readonly written: string
  readonly phoneJid: string
}

/** WhatsApp says that a person has another number from a time on (milliseconds since 1970). */
export interface NumberChangedFact {
  readonly kind: 'numberChanged'
  readonly from: Address
  readonly to: Address
  readonly at: number
  /** It is told as it happens. One of the history may be about somebody who had the number before its owner of today. */
  readonly live: boolean
}

/** Something arrived that deliberately leaves no trace. It is not stored. */
export interface LeftOutFact {
  readonly kind: 'leftOut'
  /** Its name in the list of what is left out, which gives the reason. */
  readonly name: string
  /** The name of a kind that this version does not know, to be counted and reported. */
  readonly unknownKind?: string
}

export type Fact =
  | MessageFact
  | ChangeFact
  | SealedAddOn
  | ReceiptFact
  | ReceiptHistoryFact
  | ReadByMeFact
  | ChatFact
  | ChatSettingsFact
  | ContactFact
  | GroupAdminsFact
  | LabelAssociationFact
  | LabelFact
  | LeftOutFact
  | PastParticipantsFact
  | NumberChangedFact
  | SameNumberFact
  | SamePersonFact
  | UnarchiveChatsFact
