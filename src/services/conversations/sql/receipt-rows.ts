// The rows of receipts: per recipient of a message of ours, when it got there. In SQL.
import type { SqlClient } from 'effect/sql'
import type { MessageChange } from '../../../domain/change.ts'
import { least } from '../../database/dialect.ts'
import type { ReceiptHistoryWrite } from '../writes.ts'
import type { WriteContext } from './context.ts'

export const RECEIPT_TIMES = ['delivered_at', 'read_at', 'played_at']

/** The one rule by which two receipts of one recipient become one row: the earliest time is kept. Later ones come from other devices of the same person. */
export const oneReceiptRule = (sql: SqlClient.SqlClient) => {
  const earliest = (column: string) =>
    least(
      sql,
      `COALESCE(receipts.${column}, excluded.${column})`,
      `COALESCE(excluded.${column}, receipts.${column})`
    )
  return `ON CONFLICT (thread_id, message_id, recipient) DO UPDATE SET
    ${RECEIPT_TIMES.map(column => `${column} = ${earliest(column)}`).join(', ')}`
}

/** Of a message that is not stored, such as one that is too old to be kept, nothing is. */
export const putReceiptHistory = (
  { bulk, sql }: Pick<WriteContext, 'bulk' | 'sql'>,
  accountId: string,
  rows: ReadonlyArray<ReceiptHistoryWrite>
) =>
  bulk.runMany(
    `INSERT INTO receipts (account_id, thread_id, message_id, recipient, ${RECEIPT_TIMES.join(', ')})
      SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE EXISTS (SELECT 1 FROM messages WHERE thread_id = ?2 AND message_id = ?3)
      ${oneReceiptRule(sql)}`,
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

type ReceiptChange = Extract<MessageChange, { to: 'receipt' }>

/** What one receipt says of its recipient. */
export const timesOf = ({ at, recipient, status }: Omit<ReceiptChange, 'to'>) => ({
  recipient,
  deliveredAt: status === 'delivered' ? at : null,
  readAt: status === 'read' ? at : null,
  playedAt: status === 'played' ? at : null
})
