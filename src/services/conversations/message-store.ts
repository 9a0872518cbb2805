// Messages, and what happens to them.
import { Context, Effect, Layer } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { Message } from '../../domain/message.ts'
import type { Pin } from '../../domain/pin.ts'
import type { SqlBulk } from '../database/bulk.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { joinTransaction } from '../database/transaction.ts'
import type { EventLog } from '../events/event-log.ts'
import type { EdgeMessage, MessagePage, MessageQuery, TimeRange } from './queries.ts'
import { canonicalThreadId } from './sql/canonical-thread.ts'
import { writeContext } from './sql/context.ts'
import { storeLoneAttachments } from './sql/lone-attachments.ts'
import { changeMessages } from './sql/message-changes.ts'
import { messageEdge, readMessage, readProtobuf, readSentProtobuf } from './sql/message-lookups.ts'
import { messagePage } from './sql/message-pages.ts'
import { putMessages } from './sql/messages.ts'
import { pinnedMessages } from './sql/pins.ts'
import { removeOldestOfPeople } from './sql/rows-of-people.ts'
import { deleteWaitingChanges, WAITING_OF_PEOPLE } from './sql/waiting-changes.ts'
import type { ChangeWrite, MessageWrite } from './writes.ts'

export class MessageStore extends Context.Service<
  MessageStore,
  {
    /**
     * Stores messages. One that is stored already gets what was missing and what is newer: an edit, reactions, votes, a
     * deletion. `asOf` (milliseconds since 1970) says that the source showed them as they were then or later, so that older
     * reactions and votes which it does not have were taken back.
     */
    readonly put: (
      accountId: string,
      messages: ReadonlyArray<MessageWrite>,
      asOf?: number
    ) => Effect.Effect<void, DatabaseError>
    /** Changes messages; a change of one that is not stored yet waits for it. */
    readonly change: (
      accountId: string,
      changes: ReadonlyArray<ChangeWrite>
    ) => Effect.Effect<void, DatabaseError>
    readonly list: (threadId: string, query: MessageQuery) => Effect.Effect<MessagePage, DatabaseError>
    readonly read: (threadId: string, messageId: string) => Effect.Effect<Message | undefined, DatabaseError>
    /**
     * The oldest or newest message of a thread that WhatsApp knows, within a stretch of time; events of chats, calls and
     * what was not sent are none.
     */
    readonly edge: (
      threadId: string,
      which: 'oldest' | 'newest',
      within?: TimeRange
    ) => Effect.Effect<EdgeMessage | undefined, DatabaseError>
    /** What is pinned at a time (milliseconds since 1970), the newest pin first. */
    readonly pins: (threadId: string, now: number) => Effect.Effect<ReadonlyArray<Pin>, DatabaseError>
    /** The `Message` protobuf of a message, `undefined` when there is none. */
    readonly protobuf: (
      threadId: string,
      messageId: string
    ) => Effect.Effect<Uint8Array | undefined, DatabaseError>
    /** The `Message` protobuf of a message this account sent, for sending it again to a device that could not read it. */
    readonly sentProtobuf: (
      accountId: string,
      whatsAppId: string
    ) => Effect.Effect<Uint8Array | undefined, DatabaseError>
    /** Stores files as messages of their own that have waited for theirs since before a time (milliseconds since 1970). */
    readonly storeLoneAttachments: (before: number) => Effect.Effect<void, DatabaseError>
    /** Removes the oldest waiting changes of these people beyond what is kept of each; answers how many. */
    readonly removeOldestWaiting: (
      accountId: string,
      people: ReadonlyArray<string>
    ) => Effect.Effect<number, DatabaseError>
    /** Removes changes that have waited for their messages since before a time (milliseconds since 1970). */
    readonly pruneWaitingChanges: (before: number) => Effect.Effect<void, DatabaseError>
  }
>()('backscroll/services/conversations/MessageStore') {
  static readonly layer: Layer.Layer<MessageStore, never, SqlClient.SqlClient | SqlBulk | EventLog> =
    Layer.effect(
      MessageStore,
      Effect.map(writeContext, context => {
        const { sql } = context
        return MessageStore.of({
          put: (accountId, messages, asOf) =>
            putMessages(context, accountId, messages, asOf).pipe(
              joinTransaction(sql),
              asDatabaseError('putMessages')
            ),
          change: (accountId, changes) =>
            changeMessages(context, accountId, changes).pipe(
              joinTransaction(sql),
              asDatabaseError('changeMessages')
            ),
          list: (threadId, query) =>
            Effect.flatMap(canonicalThreadId(sql, threadId), id => messagePage(sql, id, query)).pipe(
              asDatabaseError('listMessages')
            ),
          read: (threadId, messageId) =>
            Effect.flatMap(canonicalThreadId(sql, threadId), id => readMessage(sql, id, messageId)).pipe(
              asDatabaseError('readMessage')
            ),
          edge: (threadId, which, within) =>
            messageEdge(sql, threadId, which, within).pipe(asDatabaseError('edge')),
          pins: (threadId, now) =>
            Effect.flatMap(canonicalThreadId(sql, threadId), id => pinnedMessages(sql, id, now)).pipe(
              asDatabaseError('pins')
            ),
          protobuf: (threadId, messageId) =>
            readProtobuf(sql, threadId, messageId).pipe(asDatabaseError('readProtobuf')),
          sentProtobuf: (accountId, whatsAppId) =>
            readSentProtobuf(sql, accountId, whatsAppId).pipe(asDatabaseError('readSentProtobuf')),
          storeLoneAttachments: before =>
            storeLoneAttachments(context, before).pipe(
              joinTransaction(sql),
              asDatabaseError('storing files whose message has not come')
            ),
          removeOldestWaiting: (accountId, people) =>
            removeOldestOfPeople(sql, WAITING_OF_PEOPLE, accountId, people).pipe(
              asDatabaseError('removing the oldest waiting changes')
            ),
          pruneWaitingChanges: before =>
            deleteWaitingChanges(sql, before).pipe(Effect.asVoid, asDatabaseError('pruning waiting changes'))
        })
      })
    )
}
