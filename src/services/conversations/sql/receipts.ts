// Per recipient, how far a message of ours got and when, in SQL.
import { Effect, Schema } from 'effect'
import type { SqlClient } from 'effect/sql'
import { Receipt } from '../../../domain/message.ts'
import { least } from '../../database/dialect.ts'
import type { ThreadMerge } from '../../database/tables.ts'
import type { ReceiptHistoryWrite, ReceiptWrite } from '../writes.ts'
import type { WriteContext } from './context.ts'
import { changeMessages } from './message-changes.ts'

export const decodeReceipt = Schema.decodeUnknownEffect(Receipt)

const RECEIPT_TIMES = ['delivered_at', 'read_at', 'played_at']

/** The one rule by which two receipts of one recipient become one row: the earliest time is kept. Later ones come from other devices of the same person. */
const oneReceiptRule = (sql: SqlClient.SqlClient) => {
  const earliest = (column: string) =>
    least(
      sql,
      `COALESCE(receipts.${column}, excluded.${column})`,
      `COALESCE(excluded.${column}, receipts.${column})`
    )
  return `ON CONFLICT (thread_id, message_id, recipient) DO UPDATE SET
    ${RECEIPT_TIMES.map(column => `${column} = ${earliest(column)}`).join(', ')}`
}

export const putReceiptHistory = (
  { bulk, sql }: Pick<WriteContext, 'bulk' | 'sql'>,
  accountId: string,
  rows: ReadonlyArray<ReceiptHistoryWrite>
) =>
  bulk.runMany(
    `INSERT INTO receipts (account_id, thread_id, message_id, recipient, ${RECEIPT_TIMES.join(', ')})
      VALUES (?, ?, ?, ?, ?, ?, ?) ${oneReceiptRule(sql)}`,
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

/** Stores receipts and raises the status of the messages they are for. */
export const putReceipts = Effect.fnUntraced(function* (
  context: WriteContext,
  accountId: string,
  receipts: ReadonlyArray<ReceiptWrite>
) {
  yield* putReceiptHistory(
    context,
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
  yield* changeMessages(
    context,
    accountId,
    receipts.map(({ messageId, status, threadId }) => ({
      threadId,
      messageId,
      change: { to: 'status', status, reason: null }
    }))
  )
})

export const listReceipts = (sql: SqlClient.SqlClient, threadId: string, messageId: string) =>
  Effect.flatMap(
    sql`SELECT recipient, delivered_at, read_at, played_at FROM receipts
      WHERE thread_id = ${threadId} AND message_id = ${messageId} ORDER BY recipient`,
    rows => Effect.forEach(rows, row => decodeReceipt(row))
  )

/** Gives receipts another key; where it is taken, the two become one by the rule for one receipt. */
const moveReceipts = (
  sql: SqlClient.SqlClient,
  set: { readonly column: 'thread_id' | 'recipient'; readonly to: string },
  where: string,
  params: ReadonlyArray<string>
) => {
  const columns = ['account_id', 'thread_id', 'message_id', 'recipient', ...RECEIPT_TIMES]
  return Effect.andThen(
    sql.unsafe(
      `INSERT INTO receipts (${columns.join(', ')})
        SELECT ${columns.map(column => (column === set.column ? '?' : column)).join(', ')} FROM receipts WHERE ${where}
        ${oneReceiptRule(sql)}`,
      [set.to, ...params]
    ),
    sql.unsafe(`DELETE FROM receipts WHERE ${where}`, params)
  )
}

export const mergeReceiptsOfThreads = (sql: SqlClient.SqlClient, { from, to }: ThreadMerge) =>
  Effect.asVoid(moveReceipts(sql, { column: 'thread_id', to }, 'thread_id = ?', [from]))

/** A person's address became another one's. */
export const renameRecipient = (sql: SqlClient.SqlClient, accountId: string, from: string, to: string) =>
  moveReceipts(sql, { column: 'recipient', to }, 'account_id = ? AND recipient = ?', [accountId, from])
