// All stores of conversations as one service. New callers use the store they need.
import { Context, Effect, Layer } from 'effect'
import type { AccountFacts, AccountRecord } from '../../domain/account.ts'
import type { FeedEvent } from '../../domain/feed.ts'
import type { Message, Receipt } from '../../domain/message.ts'
import type { Target } from '../../domain/outbox.ts'
import type { PastParticipant, Thread } from '../../domain/thread.ts'
import type { DatabaseError } from '../database/error.ts'
import { Transaction } from '../database/transaction.ts'
import { EventLog, type EventQuery } from '../events/event-log.ts'
import { AccountStore } from './account-store.ts'
import { ContactStore } from './contact-store.ts'
import { ExportStore } from './export-store.ts'
import { GroupStore } from './group-store.ts'
import { MessageSearch } from './message-search.ts'
import { MessageStore } from './message-store.ts'
import type {
  Counts,
  EdgeMessage,
  ExportedMessage,
  ExportQuery,
  GroupRole,
  MessagePage,
  MessageQuery,
  SearchPage,
  SearchRequest,
  ThreadPage,
  ThreadQuery,
  TimeRange
} from './queries.ts'
import { ReceiptStore } from './receipt-store.ts'
import { ThreadStore } from './thread-store.ts'
import type {
  ChangeWrite,
  ContactWrite,
  GroupAdminsWrite,
  MessageWrite,
  ReadUpTo,
  ReceiptHistoryWrite,
  ReceiptWrite,
  ThreadWrite
} from './writes.ts'

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
      within?: TimeRange
    ) => Effect.Effect<EdgeMessage | undefined, DatabaseError>
    /** What a person is in a group; `unknown` until WhatsApp has told who its admins are. */
    readonly groupRole: (threadId: string, person: string) => Effect.Effect<GroupRole, DatabaseError>
    readonly markRead: (
      accountId: string,
      threadId: string,
      upTo: ReadUpTo
    ) => Effect.Effect<void, DatabaseError>
    /** The inbound messages of a thread that are not read, newest first. */
    readonly unread: (threadId: string, limit: number) => Effect.Effect<ReadonlyArray<Target>, DatabaseError>
    /** Most recently active first, whichever direction is paged. */
    readonly listThreads: (accountId: string, query: ThreadQuery) => Effect.Effect<ThreadPage, DatabaseError>
    readonly threadIds: (accountId: string) => Effect.Effect<ReadonlyArray<string>, DatabaseError>
    readonly readThread: (threadId: string) => Effect.Effect<Thread | undefined, DatabaseError>
    readonly listMessages: (
      threadId: string,
      query: MessageQuery
    ) => Effect.Effect<MessagePage, DatabaseError>
    readonly search: (accountId: string, search: SearchRequest) => Effect.Effect<SearchPage, DatabaseError>
    /** The row of the message that was stored last; 0 when there is none. */
    readonly newestRow: Effect.Effect<number, DatabaseError>
    readonly walk: (
      threadId: string,
      walk: ExportQuery
    ) => Effect.Effect<ReadonlyArray<ExportedMessage>, DatabaseError>
    /** The rows of a thread's messages that wait to be sent: their time, and with it their place, has yet to become final. */
    readonly rowsToBeSent: (threadId: string) => Effect.Effect<ReadonlyArray<number>, DatabaseError>
    readonly keptIn: (
      rows: ReadonlyArray<number>
    ) => Effect.Effect<ReadonlyArray<ExportedMessage>, DatabaseError>
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
    readonly events: (query: EventQuery) => Effect.Effect<ReadonlyArray<FeedEvent>, DatabaseError>
    /** The number of the newest event, 0 when there is none. */
    readonly newestEvent: Effect.Effect<number, DatabaseError>
  }
>()('backscroll/services/conversations/Store') {
  static readonly layer: Layer.Layer<
    Store,
    never,
    | AccountStore
    | ContactStore
    | EventLog
    | ExportStore
    | GroupStore
    | MessageSearch
    | MessageStore
    | ReceiptStore
    | ThreadStore
    | Transaction
  > = Layer.effect(
    Store,
    Effect.gen(function* () {
      const accounts = yield* AccountStore
      const contacts = yield* ContactStore
      const eventLog = yield* EventLog
      const exports = yield* ExportStore
      const groups = yield* GroupStore
      const { search } = yield* MessageSearch
      const messages = yield* MessageStore
      const receipts = yield* ReceiptStore
      const threads = yield* ThreadStore
      const transaction = yield* Transaction
      return Store.of({
        atomically: transaction.run,
        createAccount: accounts.create,
        listAccounts: accounts.list,
        readAccount: accounts.read,
        updateAccount: accounts.update,
        removeAccount: accounts.remove,
        counts: accounts.counts,
        putThreads: threads.put,
        putContacts: contacts.put,
        putMessages: messages.put,
        putChanges: messages.change,
        putReceipts: receipts.put,
        putReceiptHistory: receipts.putHistory,
        putGroupAdmins: groups.putAdmins,
        putPastParticipants: groups.putPastParticipants,
        pastParticipants: groups.pastParticipants,
        edge: messages.edge,
        groupRole: groups.role,
        markRead: threads.markRead,
        unread: threads.unread,
        listThreads: threads.list,
        threadIds: threads.ids,
        readThread: threads.read,
        listMessages: messages.list,
        search,
        newestRow: exports.newestRow,
        walk: exports.page,
        rowsToBeSent: exports.unsentRows,
        keptIn: exports.inRows,
        readMessage: messages.read,
        receipts: receipts.list,
        readRaw: messages.protobuf,
        readSent: messages.sentProtobuf,
        events: eventLog.list,
        newestEvent: eventLog.newest
      })
    })
  )
}
