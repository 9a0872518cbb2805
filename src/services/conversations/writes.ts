// What the stores of conversations are given to write. Addresses have been resolved to persons before.
import type { MessageChange, ReceiptStatus } from '../../domain/change.ts'
import type { ChatSetting } from '../../domain/chat-setting.ts'
import type { UnreadAtPhone } from '../../domain/fact.ts'
import type { Label } from '../../domain/label.ts'
import type { Vote } from '../../domain/poll.ts'
import type { Details, Message, MessageStatus, Receipt } from '../../domain/message.ts'
import type { SealedAddOn } from '../../domain/sealed-add-on.ts'
import type { Thread } from '../../domain/thread.ts'

export interface ReactionWrite {
  readonly sender: string
  readonly emoji: string
  readonly at: number
}

export interface MessageWrite extends Details {
  readonly threadId: string
  readonly messageId: string
  readonly whatsAppId: string
  readonly direction: Message['direction']
  readonly sender: string | null
  readonly senderName: string | null
  readonly type: string
  readonly body: string | null
  readonly quotedWhatsAppId: string | null
  /** Of the message it answers: the document's id, whether it is held or not. */
  readonly quotedMessageId: string | null
  /** The other thread with the message it answers, or `status@broadcast`; `null` when that is this thread. */
  readonly quotedThreadId: string | null
  /** The message it belongs to, whether that is held or not; with `association`. */
  readonly parentMessageId: string | null
  /** The beginning of what the message says that it answers. */
  readonly quotedExcerpt: string | null
  /** When it was last edited, milliseconds since 1970, when it comes as an edited message. */
  readonly editedAt?: number | null | undefined
  readonly reactions: ReadonlyArray<ReactionWrite>
  /** As history says. */
  readonly starred?: boolean | undefined
  readonly votes?: ReadonlyArray<Vote> | undefined
  /** The ids of add-ons that could not be opened; a message that comes from WhatsApp has none yet. */
  readonly unreadable?: ReadonlyArray<string>
  readonly status: MessageStatus
  readonly statusReason: string | null
  readonly tsClient: number
  readonly tsClaimed: number | null
  readonly raw: Uint8Array | null
  /** It arrived as it was written: subscribers get an event for it. For messages of a history they get one for the thread. */
  readonly live: boolean
}

/** An encrypted add-on, by the message that has its secret, which may not be stored yet. */
export interface SealedWrite {
  readonly threadId: string
  readonly messageId: string
  readonly addOn: SealedAddOn
  /** Who made it; `null`: the account itself. */
  readonly by: string | null
}

/** A change to a message that may not be stored yet; the change waits until the message comes. */
export interface ChangeWrite {
  readonly threadId: string
  readonly messageId: string
  readonly change: MessageChange
  /** The other person who made the change, of whose changes only so many wait. */
  readonly by?: string | undefined
}

export interface ReceiptWrite {
  readonly threadId: string
  readonly messageId: string
  readonly recipient: string
  readonly status: ReceiptStatus
  /** Milliseconds since 1970. */
  readonly at: number
}

/** The receipts of one recipient as a history has them; the message in it has the status that follows from them. */
export interface ReceiptHistoryWrite extends Receipt {
  readonly threadId: string
  readonly messageId: string
}

/** What is not given stays as it is. */
export interface ThreadWrite {
  readonly threadId: string
  readonly clientJid: string
  readonly kind: Thread['kind']
  readonly displayName?: string | undefined
  readonly unread?: UnreadAtPhone | undefined
  readonly ephemeralSeconds?: number | undefined
}

/** A setting of a chat, whether or not there is a thread; it counts if no later one is known. */
export interface ChatSettingWrite extends ChatSetting {
  readonly threadId: string
}

export interface LabelWrite extends Label {
  readonly deleted: boolean
  /** Milliseconds since 1970. */
  readonly at: number
}

export interface LabelAssociationWrite {
  readonly threadId: string
  /** The message; empty for the thread. */
  readonly whatsAppId: string
  readonly labelId: string
  readonly labeled: boolean
  /** Milliseconds since 1970. */
  readonly at: number
}

/** Read by us: up to the newest of these messages (also when they have yet to come), everything up to a time, or all. */
export type ReadUpTo =
  | { readonly whatsAppIds: ReadonlyArray<string> }
  | { readonly at: number }
  | 'everything'

/** `people` are all admins of a group, or those who became or ceased to be one. */
export interface GroupAdminsWrite {
  readonly threadId: string
  readonly listed: 'all' | 'promoted' | 'demoted'
  readonly people: ReadonlyArray<string>
}

/** What is not given stays as it is. */
export interface ContactWrite {
  readonly contactJid: string
  /** `null` removes it. */
  readonly name?: string | null | undefined
  /** When it was given, milliseconds since 1970; when the account was linked if that is not known. */
  readonly nameAt?: number | undefined
  readonly pushName?: string | undefined
}
