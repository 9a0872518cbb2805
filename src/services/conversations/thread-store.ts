// Threads, and what is read of them.
import { Context, Effect, Layer } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { Target } from '../../domain/outbox.ts'
import type { Thread } from '../../domain/thread.ts'
import type { SqlBulk } from '../database/bulk.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { joinTransaction } from '../database/transaction.ts'
import type { EventLog } from '../events/event-log.ts'
import type { ThreadPage, ThreadQuery } from './queries.ts'
import { canonicalThreadId } from './sql/canonical-thread.ts'
import { putChatSettings } from './sql/chat-settings.ts'
import { writeContext } from './sql/context.ts'
import { threadIds, threadPage } from './sql/thread-pages.ts'
import { ephemeralOf, putThreads, readThread } from './sql/threads.ts'
import { deleteWaitingReads, markRead, unreadMessages } from './sql/unread.ts'
import type { ChatSettingWrite, ReadUpTo, ThreadWrite } from './writes.ts'

export class ThreadStore extends Context.Service<
  ThreadStore,
  {
    /** Creates or changes threads. */
    readonly put: (
      accountId: string,
      threads: ReadonlyArray<ThreadWrite>
    ) => Effect.Effect<void, DatabaseError>
    /** Most recently active first, whichever direction is paged. */
    readonly list: (accountId: string, query: ThreadQuery) => Effect.Effect<ThreadPage, DatabaseError>
    readonly ids: (accountId: string) => Effect.Effect<ReadonlyArray<string>, DatabaseError>
    /** By its id, or by the id of a thread that was merged into it. */
    readonly read: (threadId: string) => Effect.Effect<Thread | undefined, DatabaseError>
    /** After how many seconds messages of these threads disappear; a thread that is not stored is left out. */
    readonly ephemeralSeconds: (
      threadIds: ReadonlyArray<string>
    ) => Effect.Effect<ReadonlyMap<string, number>, DatabaseError>
    /** `at`: when it was read, milliseconds since 1970; now when it is not given. */
    readonly markRead: (
      accountId: string,
      threadId: string,
      upTo: ReadUpTo,
      at?: number
    ) => Effect.Effect<void, DatabaseError>
    /** Stores settings of chats; their threads need not be stored yet. */
    readonly putSettings: (
      accountId: string,
      settings: ReadonlyArray<ChatSettingWrite>
    ) => Effect.Effect<void, DatabaseError>
    /** Whether a new message takes a chat out of the archive. */
    readonly setUnarchive: (accountId: string, unarchive: boolean) => Effect.Effect<void, DatabaseError>
    /** The inbound messages of a thread that are not read, newest first. */
    readonly unread: (threadId: string, limit: number) => Effect.Effect<ReadonlyArray<Target>, DatabaseError>
    /** Removes reads that have waited for their messages since before a time (milliseconds since 1970). */
    readonly pruneWaitingReads: (before: number) => Effect.Effect<void, DatabaseError>
  }
>()('backscroll/services/conversations/ThreadStore') {
  static readonly layer: Layer.Layer<ThreadStore, never, SqlClient.SqlClient | SqlBulk | EventLog> =
    Layer.effect(
      ThreadStore,
      Effect.map(writeContext, context => {
        const { sql } = context
        return ThreadStore.of({
          put: (accountId, threads) =>
            putThreads(context, accountId, threads).pipe(joinTransaction(sql), asDatabaseError('putThreads')),
          list: (accountId, query) => threadPage(sql, accountId, query).pipe(asDatabaseError('listThreads')),
          ids: accountId => threadIds(sql, accountId).pipe(asDatabaseError('threadIds')),
          read: threadId =>
            Effect.flatMap(canonicalThreadId(sql, threadId), id => readThread(sql, id)).pipe(
              asDatabaseError('readThread')
            ),
          ephemeralSeconds: threadIds =>
            ephemeralOf(sql, threadIds).pipe(asDatabaseError('reading when messages disappear')),
          markRead: (accountId, threadId, upTo, at = context.now()) =>
            Effect.andThen(
              markRead(context, accountId, threadId, upTo),
              putChatSettings(context, accountId, [{ threadId, setting: 'markedUnread', value: 0, at }])
            ).pipe(joinTransaction(sql), asDatabaseError('markRead')),
          putSettings: (accountId, settings) =>
            putChatSettings(context, accountId, settings).pipe(
              joinTransaction(sql),
              asDatabaseError('putChatSettings')
            ),
          setUnarchive: (accountId, unarchive) =>
            sql`UPDATE accounts SET unarchive_chats = ${unarchive} WHERE account_id = ${accountId}`.pipe(
              Effect.asVoid,
              asDatabaseError('setUnarchive')
            ),
          unread: (threadId, limit) => unreadMessages(sql, threadId, limit).pipe(asDatabaseError('unread')),
          pruneWaitingReads: before =>
            deleteWaitingReads(sql, before).pipe(Effect.asVoid, asDatabaseError('pruning waiting reads'))
        })
      })
    )
}
