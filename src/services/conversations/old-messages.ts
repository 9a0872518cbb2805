// Messages that are older than what is kept: found, counted and removed, some at a time.
import { Context, Effect, Layer } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { SqlBulk } from '../database/bulk.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { Tables } from '../database/tables.ts'
import { joinTransaction } from '../database/transaction.ts'
import type { EventLog } from '../events/event-log.ts'
import { writeContext } from './sql/context.ts'
import {
  countOldMessages,
  oldMessages,
  readFloor,
  removeMessages,
  threadsWithOld,
  writeFloor
} from './sql/message-removal.ts'
import { setRemoval } from './sql/search-fts5.ts'

export interface OldMessagesOf {
  readonly accountId: string
  readonly threadId: string
}

/** Times are milliseconds since 1970. Every method fails with `DatabaseError` only. */
export class OldMessages extends Context.Service<
  OldMessages,
  {
    /** Before which time no history is stored; `undefined` while everything is kept. */
    readonly floor: Effect.Effect<number | undefined, DatabaseError>
    readonly setFloor: (at: number | undefined) => Effect.Effect<void, DatabaseError>
    /** Threads with messages from before a time, in the order of their ids, after one of them. */
    readonly threads: (
      after: string,
      before: number,
      limit: number
    ) => Effect.Effect<ReadonlyArray<OldMessagesOf>, DatabaseError>
    /** How many messages of a thread are from before a time, and the time of the oldest. */
    readonly count: (
      threadId: string,
      before: number
    ) => Effect.Effect<{ readonly messages: number; readonly oldest: number | null }, DatabaseError>
    /** Removes the oldest messages of a thread from before a time, up to so many, in one transaction; answers how many. */
    readonly remove: (
      of: OldMessagesOf,
      before: number,
      limit: number
    ) => Effect.Effect<number, DatabaseError>
    /** Many will be removed: their words leave the search index afterwards (`erasure.ts`). */
    readonly removesMany: Effect.Effect<void, DatabaseError>
  }
>()('backscroll/services/conversations/OldMessages') {
  static readonly layer: Layer.Layer<OldMessages, never, SqlClient.SqlClient | SqlBulk | EventLog | Tables> =
    Layer.effect(
      OldMessages,
      Effect.gen(function* () {
        const context = { ...(yield* writeContext), tables: yield* Tables }
        const { sql } = context
        const remove = Effect.fnUntraced(function* (
          { accountId, threadId }: OldMessagesOf,
          before: number,
          limit: number
        ) {
          const messages = yield* oldMessages(sql, threadId, before, limit)
          yield* removeMessages(context, accountId, threadId, messages)
          return messages.length
        })
        return OldMessages.of({
          floor: readFloor(sql).pipe(asDatabaseError('reading the message floor')),
          setFloor: at => writeFloor(sql, at).pipe(asDatabaseError('writing the message floor')),
          threads: (after, before, limit) =>
            threadsWithOld(sql, after, before, limit).pipe(asDatabaseError('threads with old messages')),
          count: (threadId, before) =>
            countOldMessages(sql, threadId, before).pipe(asDatabaseError('counting old messages')),
          remove: (of, before, limit) =>
            remove(of, before, limit).pipe(joinTransaction(sql), asDatabaseError('removing old messages')),
          removesMany: setRemoval(sql, 'later').pipe(Effect.asVoid, asDatabaseError('removing old messages'))
        })
      })
    )
}
