// What applications read: accounts, threads, messages, contacts. One interface, one adapter a database.
// Every write is an upsert that may be repeated; addresses have been resolved to persons before they come here.
import { Context, type Effect } from 'effect'
import type { DatabaseError } from '../database/error.ts'
import type { AccountFacts, AccountRecord } from '../../domain/account.ts'
import type { FeedEvent } from '../../domain/feed.ts'
import type { Details, Message, MessageStatus, Receipt } from '../../domain/message.ts'
import type { Target } from '../../domain/outbox.ts'
import type { Cursor, SearchCursor } from '../../domain/page.ts'
import type { Hit, MessageFilter, ThreadFilter } from '../../domain/reading.ts'
import type { SearchQuery } from '../../domain/search-query.ts'
import type { PastParticipant, Thread } from '../../domain/thread.ts'
import type { MessageChange } from '../../domain/change.ts'

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
  readonly quotedMessageId: string | null
  readonly reactions: ReadonlyArray<ReactionWrite>
  readonly status: MessageStatus
  readonly statusReason: string | null
  readonly tsClient: number
  readonly tsClaimed: number | null
  readonly raw: Uint8Array | null
  /** News: subscribers hear of each message. Of history they hear by thread. */
  readonly live: boolean
}

/** A change to a message that may not be here yet; the store keeps it until the message comes. */
export interface ChangeWrite {
  readonly threadId: string
  readonly messageId: string
  readonly change: MessageChange
}

export interface ReceiptWrite {
  readonly threadId: string
  readonly messageId: string
  readonly recipient: string
  readonly status: 'delivered' | 'read' | 'played'
  readonly at: number
}

/** What history tells of one recipient; the message itself has the status that follows. */
export interface ReceiptHistoryWrite extends Receipt {
  readonly threadId: string
  readonly messageId: string
}

export interface ThreadWrite {
  readonly threadId: string
  readonly clientJid: string
  readonly kind: Thread['kind']
  /** Changes a thread that is there and makes none. */
  readonly onlyIfKnown?: boolean | undefined
  readonly displayName?: string | undefined
  readonly unread?: { readonly count: number; readonly at: number } | undefined
  readonly archived?: boolean | undefined
  readonly pinnedAt?: number | null | undefined
  readonly mutedUntil?: number | null | undefined
  readonly ephemeralSeconds?: number | undefined
}

/** A held message as an anchor to ask for others around it. */
export interface HeldEdge {
  readonly messageId: string
  readonly whatsAppId: string
  readonly fromMe: boolean
  readonly at: number
}

/** All admins of a group, or those who became or ceased to be one. */
export interface GroupAdminsWrite {
  readonly threadId: string
  readonly told: 'all' | 'promoted' | 'demoted'
  readonly people: ReadonlyArray<string>
}

/** Read by us: up to the newest of these messages (also when they have yet to come), everything up to a time, or all. */
export type ReadUpTo =
  | { readonly whatsAppIds: ReadonlyArray<string> }
  | { readonly at: number }
  | 'everything'

export interface ContactWrite {
  readonly contactJid: string
  readonly name?: string | undefined
  readonly pushName?: string | undefined
}

export interface Counts {
  readonly threads: number
  readonly messages: number
}

export interface Page {
  readonly limit: number
  readonly before?: Cursor | undefined
  readonly after?: Cursor | undefined
}

export interface MessageQuery extends Page, MessageFilter {}
export interface ThreadQuery extends Page, ThreadFilter {}

/** Newest first, whichever direction is paged; where older and newer ones begin. `older` is `null` when there are none. */
export interface MessagePage {
  readonly messages: ReadonlyArray<Message>
  readonly older: Cursor | null
  readonly newer: Cursor | null
}

export interface ThreadPage {
  readonly threads: ReadonlyArray<Thread>
  readonly older: Cursor | null
  readonly newer: Cursor | null
}

export interface Search extends MessageFilter {
  readonly query: SearchQuery
  readonly order: 'newest' | 'relevance'
  readonly threadId?: string | undefined
  readonly limit: number
  readonly cursor?: SearchCursor | undefined
}

export interface SearchPage {
  readonly hits: ReadonlyArray<Hit>
  readonly next: SearchCursor | null
}

/** A message by the number of its row, which it keeps for good, with how far it got with each recipient. */
export interface Kept {
  readonly row: number
  readonly message: Message
  readonly receipts: ReadonlyArray<Receipt>
}

/** Messages of a thread oldest first, behind a place, of those that were stored up to a row. */
export interface Walk extends Pick<MessageFilter, 'since' | 'until'> {
  readonly upTo: number
  readonly behind?: { readonly time: number; readonly row: number } | undefined
  readonly limit: number
}

export class Store extends Context.Service<
  Store,
  {
    /** Runs the work in one transaction where the database has such; elsewhere each write stands alone and may be repeated. */
    readonly atomically: <A, E, R>(work: Effect.Effect<A, E, R>) => Effect.Effect<A, E | DatabaseError, R>

    readonly createAccount: (record: AccountRecord) => Effect.Effect<void, DatabaseError>
    readonly listAccounts: Effect.Effect<ReadonlyArray<AccountRecord>, DatabaseError>
    readonly readAccount: (accountId: string) => Effect.Effect<AccountRecord | undefined, DatabaseError>
    readonly updateAccount: (accountId: string, facts: AccountFacts) => Effect.Effect<void, DatabaseError>
    /** Removes the account and everything stored for it. */
    readonly removeAccount: (accountId: string) => Effect.Effect<void, DatabaseError>
    readonly counts: (accountId: string) => Effect.Effect<Counts, DatabaseError>

    readonly putThreads: (
      accountId: string,
      threads: ReadonlyArray<ThreadWrite>
    ) => Effect.Effect<void, DatabaseError>
    readonly putContacts: (
      accountId: string,
      contacts: ReadonlyArray<ContactWrite>
    ) => Effect.Effect<void, DatabaseError>
    readonly putMessages: (
      accountId: string,
      messages: ReadonlyArray<MessageWrite>
    ) => Effect.Effect<void, DatabaseError>
    readonly putChanges: (
      accountId: string,
      changes: ReadonlyArray<ChangeWrite>
    ) => Effect.Effect<void, DatabaseError>
    readonly putReceipts: (
      accountId: string,
      receipts: ReadonlyArray<ReceiptWrite>
    ) => Effect.Effect<void, DatabaseError>
    /** No news for subscribers. */
    readonly putReceiptHistory: (
      accountId: string,
      receipts: ReadonlyArray<ReceiptHistoryWrite>
    ) => Effect.Effect<void, DatabaseError>
    readonly putGroupAdmins: (
      accountId: string,
      write: GroupAdminsWrite
    ) => Effect.Effect<void, DatabaseError>
    /** Adds to who was in a group once; a later report of the same person replaces an earlier one. */
    readonly putPastParticipants: (
      accountId: string,
      threadId: string,
      people: ReadonlyArray<PastParticipant>
    ) => Effect.Effect<void, DatabaseError>
    readonly pastParticipants: (
      threadId: string
    ) => Effect.Effect<ReadonlyArray<PastParticipant>, DatabaseError>
    /**
     * The oldest or newest message of a thread that WhatsApp knows, within a stretch of time (`after` and `before` not
     * included); events of chats, calls and what was not sent are none.
     */
    readonly edge: (
      threadId: string,
      which: 'oldest' | 'newest',
      within?: { readonly after?: number | undefined; readonly before?: number | undefined }
    ) => Effect.Effect<HeldEdge | undefined, DatabaseError>
    /** What a person is in a group; `unknown` until WhatsApp has told who its admins are. */
    readonly groupRole: (
      threadId: string,
      person: string
    ) => Effect.Effect<'admin' | 'member' | 'unknown', DatabaseError>
    readonly markRead: (
      accountId: string,
      threadId: string,
      upTo: ReadUpTo
    ) => Effect.Effect<void, DatabaseError>
    /** The inbound messages of a thread that are not read, newest first. */
    readonly unread: (threadId: string, limit: number) => Effect.Effect<ReadonlyArray<Target>, DatabaseError>
    /** Two threads turned out to be one person: everything of `from` moves to `to`. */
    readonly mergePeople: (accountId: string, from: string, to: string) => Effect.Effect<void, DatabaseError>

    /** Most recently active first, whichever direction is paged. */
    readonly listThreads: (accountId: string, query: ThreadQuery) => Effect.Effect<ThreadPage, DatabaseError>
    readonly threadIds: (accountId: string) => Effect.Effect<ReadonlyArray<string>, DatabaseError>
    readonly readThread: (threadId: string) => Effect.Effect<Thread | undefined, DatabaseError>
    readonly listMessages: (
      threadId: string,
      query: MessageQuery
    ) => Effect.Effect<MessagePage, DatabaseError>
    readonly search: (accountId: string, search: Search) => Effect.Effect<SearchPage, DatabaseError>
    /** The row of the message that was stored last; 0 when there is none. */
    readonly newestRow: Effect.Effect<number, DatabaseError>
    readonly walk: (threadId: string, walk: Walk) => Effect.Effect<ReadonlyArray<Kept>, DatabaseError>
    /** The rows of a thread's messages that wait to be sent: their time, and with it their place, has yet to become final. */
    readonly rowsToBeSent: (threadId: string) => Effect.Effect<ReadonlyArray<number>, DatabaseError>
    readonly keptIn: (rows: ReadonlyArray<number>) => Effect.Effect<ReadonlyArray<Kept>, DatabaseError>
    readonly readMessage: (
      threadId: string,
      messageId: string
    ) => Effect.Effect<Message | undefined, DatabaseError>
    readonly receipts: (
      threadId: string,
      messageId: string
    ) => Effect.Effect<ReadonlyArray<Receipt>, DatabaseError>
    /** The `Message` protobuf of a message, `undefined` when there is none. */
    readonly readRaw: (
      threadId: string,
      messageId: string
    ) => Effect.Effect<Uint8Array | undefined, DatabaseError>
    /** The `Message` protobuf of a message this account sent, for sending it again to a device that could not read it. */
    readonly readSent: (
      accountId: string,
      whatsAppId: string
    ) => Effect.Effect<Uint8Array | undefined, DatabaseError>

    /** What happened after the event `after`, oldest first; of one account or of all. */
    readonly events: (query: {
      readonly after: number
      readonly accountId?: string | undefined
      readonly limit: number
    }) => Effect.Effect<ReadonlyArray<FeedEvent>, DatabaseError>
    /** The number of the newest event, 0 when there is none. */
    readonly newestEvent: Effect.Effect<number, DatabaseError>
    /** Removes events, and changes that waited for their message, older than a time (milliseconds since 1970). */
    readonly prune: (before: {
      readonly events: number
      readonly waiting: number
    }) => Effect.Effect<void, DatabaseError>
  }
>()('backscroll/services/conversations/Store') {}
