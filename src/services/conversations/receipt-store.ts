// Receipts: per recipient, how far a message of ours got and when.
import { Context, Effect, Layer } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { Receipt } from '../../domain/message.ts'
import type { SqlBulk } from '../database/bulk.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { joinTransaction } from '../database/transaction.ts'
import type { EventLog } from '../events/event-log.ts'
import { canonicalThreadId } from './sql/canonical-thread.ts'
import { writeContext } from './sql/context.ts'
import { putReceiptHistory } from './sql/receipt-rows.ts'
import { listReceipts, putReceipts } from './sql/receipts.ts'
import type { ReceiptHistoryWrite, ReceiptWrite } from './writes.ts'

export class ReceiptStore extends Context.Service<
  ReceiptStore,
  {
    /** Stores receipts and raises the status of their messages, with an event for each change. */
    readonly put: (
      accountId: string,
      receipts: ReadonlyArray<ReceiptWrite>
    ) => Effect.Effect<void, DatabaseError>
    /** Stores receipts of a history: neither a status nor an event follows. */
    readonly putHistory: (
      accountId: string,
      receipts: ReadonlyArray<ReceiptHistoryWrite>
    ) => Effect.Effect<void, DatabaseError>
    readonly list: (
      threadId: string,
      messageId: string
    ) => Effect.Effect<ReadonlyArray<Receipt>, DatabaseError>
  }
>()('backscroll/services/conversations/ReceiptStore') {
  static readonly layer: Layer.Layer<ReceiptStore, never, SqlClient.SqlClient | SqlBulk | EventLog> =
    Layer.effect(
      ReceiptStore,
      Effect.map(writeContext, context => {
        const { sql } = context
        return ReceiptStore.of({
          put: (accountId, receipts) =>
            putReceipts(context, accountId, receipts).pipe(
              joinTransaction(sql),
              asDatabaseError('putReceipts')
            ),
          putHistory: (accountId, receipts) =>
            putReceiptHistory(context, accountId, receipts).pipe(asDatabaseError('putReceiptHistory')),
          list: (threadId, messageId) =>
            Effect.flatMap(canonicalThreadId(sql, threadId), id => listReceipts(sql, id, messageId)).pipe(
              asDatabaseError('receipts')
            )
        })
      })
    )
}
