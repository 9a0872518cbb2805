// Per recipient, how far a message of ours got and when, in SQL.
import { Effect, Schema } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { Receipt } from '../../../domain/message.ts'
import type { SqlBulk } from '../../database/bulk.ts'
import type { ReceiptHistoryWrite, ReceiptWrite } from '../store.ts'
import type { messageStatements } from './messages.ts'

const time = Schema.NullOr(Schema.Finite)
const Row = Schema.Struct({
  recipient: Schema.String,
  deliveredAt: time,
  readAt: time,
  playedAt: time
})

export const decodeReceipt = (row: unknown) =>
  Effect.map(Schema.decodeUnknownEffect(Row)(row), (found): Receipt => ({
    recipient: found.recipient,
    deliveredAt: found.deliveredAt,
    readAt: found.readAt,
    playedAt: found.playedAt
  }))

export const RECEIPT_TIMES = ['delivered_at', 'read_at', 'played_at']

/** The one rule by which two reports of one recipient become one row: told twice, the first time holds; later ones come from other devices of the same person. */
export const ONE_RECEIPT_RULE = `ON CONFLICT (thread_id, message_id, recipient) DO UPDATE SET ${RECEIPT_TIMES.map(
  column =>
    `${column} = MIN(COALESCE(receipts.${column}, excluded.${column}), COALESCE(excluded.${column}, receipts.${column}))`
).join(', ')}`

export const receiptStatements = (
  sql: SqlClient.SqlClient,
  bulk: SqlBulk['Service'],
  messages: ReturnType<typeof messageStatements>
) => {
  const putRows = (accountId: string, rows: ReadonlyArray<ReceiptHistoryWrite>) =>
    bulk.runMany(
      `INSERT INTO receipts (account_id, thread_id, message_id, recipient, ${RECEIPT_TIMES.join(', ')})
        VALUES (?, ?, ?, ?, ?, ?, ?) ${ONE_RECEIPT_RULE}`,
      rows.map(row => [
        accountId,
        row.threadId,
        row.messageId,
        row.recipient,
        row.deliveredAt,
        row.readAt,
        row.playedAt
      ])
    )

  return {
    putRows,

    put: Effect.fnUntraced(function* (accountId: string, receipts: ReadonlyArray<ReceiptWrite>) {
      yield* putRows(
        accountId,
        receipts.map(({ at, messageId, recipient, status, threadId }) => ({
          threadId,
          messageId,
          recipient,
          deliveredAt: status === 'delivered' ? at : null,
          readAt: status === 'read' ? at : null,
          playedAt: status === 'played' ? at : null
        }))
      )
      yield* messages.putChanges(
        accountId,
        receipts.map(({ messageId, status, threadId }) => ({
          threadId,
          messageId,
          change: { to: 'status', status, reason: null }
        }))
      )
    }, sql.withTransaction),

    list: Effect.fnUntraced(function* (threadId: string, messageId: string) {
      const rows = yield* sql`SELECT recipient, delivered_at, read_at, played_at FROM receipts
      WHERE thread_id = ${threadId} AND message_id = ${messageId} ORDER BY recipient`
      return yield* Effect.forEach(rows, decodeReceipt)
    })
  }
}
