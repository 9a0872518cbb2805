// Per recipient, how far a message of ours got and when, in SQL.
import { Effect, Schema } from 'effect'
import type { SqlClient } from 'effect/sql'
import { Receipt } from '../../../domain/message.ts'
import { rowsOf } from '../../database/dialect.ts'
import type { ThreadMerge } from '../../database/tables.ts'
import type { ChangeWrite, ReceiptWrite } from '../writes.ts'
import type { WriteContext } from './context.ts'
import { changeMessages } from './message-changes.ts'
import { oneReceiptRule, putReceiptHistory, RECEIPT_TIMES, timesOf } from './receipt-rows.ts'
import { keepWaiting } from './waiting-changes.ts'

export const decodeReceipt = Schema.decodeUnknownEffect(Receipt)

/** Stores receipts and raises the status of the messages they are for. Those for messages that are not stored wait for them. */
export const putReceipts = Effect.fnUntraced(function* (
  context: WriteContext,
  accountId: string,
  receipts: ReadonlyArray<ReceiptWrite>
) {
  const { sql } = context
  const keys = receipts.map(({ messageId, threadId }) => [threadId, messageId])
  const stored = yield* sql<{ threadId: string; messageId: string }>`SELECT m.thread_id, m.message_id
    FROM ${rowsOf(sql, keys, ['thread_id', 'message_id'])} AS named
    CROSS JOIN messages m ON m.thread_id = named.thread_id AND m.message_id = named.message_id`
  const isStored = new Set(stored.map(keyOf))
  const known = receipts.filter(receipt => isStored.has(keyOf(receipt)))
  const unknown = receipts.filter(receipt => !isStored.has(keyOf(receipt)))
  yield* keepWaiting(context, accountId, unknown.map(changeOf))
  if (known.length === 0) return
  yield* putReceiptHistory(
    context,
    accountId,
    known.map(receipt => ({ ...placeOf(receipt), ...timesOf(receipt) }))
  )
  yield* changeMessages(context, accountId, known.map(changeOf))
})

const placeOf = ({ messageId, threadId }: ReceiptWrite) => ({ threadId, messageId })

const keyOf = ({ messageId, threadId }: Pick<ReceiptWrite, 'threadId' | 'messageId'>): string =>
  `${threadId} ${messageId}`

const changeOf = ({ at, recipient, status, ...place }: ReceiptWrite): ChangeWrite => ({
  ...place,
  change: { to: 'receipt', recipient, status, at },
  by: recipient
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
