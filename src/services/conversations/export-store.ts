// Messages as an export reads them: oldest first, each with its row number, so that it is exported once.
import { Context, Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import type { ExportedMessage, ExportQuery } from './queries.ts'
import { canonicalThreadId } from './sql/canonical-thread.ts'
import { exportPage, messagesInRows, unsentRows } from './sql/export.ts'
import { newestRow } from './sql/message-pages.ts'

export class ExportStore extends Context.Service<
  ExportStore,
  {
    /** The row of the message that was stored last; 0 when there is none. */
    readonly newestRow: Effect.Effect<number, DatabaseError>
    readonly page: (
      threadId: string,
      query: ExportQuery
    ) => Effect.Effect<ReadonlyArray<ExportedMessage>, DatabaseError>
    /** The rows of a thread's messages that wait to be sent: their time, and so their place, is not final yet. */
    readonly unsentRows: (threadId: string) => Effect.Effect<ReadonlyArray<number>, DatabaseError>
    readonly inRows: (
      rows: ReadonlyArray<number>
    ) => Effect.Effect<ReadonlyArray<ExportedMessage>, DatabaseError>
  }
>()('backscroll/services/conversations/ExportStore') {
  static readonly layer: Layer.Layer<ExportStore, never, SqlClient.SqlClient> = Layer.effect(
    ExportStore,
    Effect.map(SqlClient.SqlClient, sql =>
      ExportStore.of({
        newestRow: newestRow(sql).pipe(asDatabaseError('newestRow')),
        page: (threadId, query) =>
          Effect.flatMap(canonicalThreadId(sql, threadId), id => exportPage(sql, id, query)).pipe(
            asDatabaseError('exportPage')
          ),
        unsentRows: threadId =>
          Effect.flatMap(canonicalThreadId(sql, threadId), id => unsentRows(sql, id)).pipe(
            asDatabaseError('unsentRows')
          ),
        inRows: rows => messagesInRows(sql, rows).pipe(asDatabaseError('messagesInRows'))
      })
    )
  )
}
