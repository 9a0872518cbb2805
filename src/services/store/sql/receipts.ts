// Per recipient, how far a message of ours got and when, in SQL.
import { Effect, Schema } from 'effect'
import type { SqlClient } from 'effect/sql'
import { type Receipt, statusRank } from '../../../domain/message.ts'
import type { SqlBulk } from '../../sql/node-sqlite.ts'
import type { ReceiptWrite } from '../store.ts'
import { type messageStatements, rankOf } from './messages.ts'

const time = Schema.NullOr(Schema.Finite)
const Row = Schema.Struct({
  recipient: Schema.String,
  delivered_at: time,
  read_at: time,
  played_at: time
})

export const decodeReceipt = (row: unknown) =>
  Effect.map(Schema.decodeUnknownEffect(Row)(row), (found): Receipt => ({
    recipient: found.recipient,
    deliveredAt: found.delivered_at,
    readAt: found.read_at,
    playedAt: found.played_at
  }))

export const RECEIPT_TIMES = ['delivered_at', 'read_at', 'played_at']

/** The one rule by which two reports of one recipient become one row: told twice, the first time holds; later ones come from other devices of the same person. */
export const ONE_RECEIPT_RULE = `ON CONFLICT (thread_id, message_id, recipient) DO UPDATE SET ${RECEIPT_TIMES.map(
  column =>
    `${column} = MIN(COALESCE(receipts.${column}, excluded.${column}), COALESCE(excluded.${column}, receipts.${column}))`
).join(', ')}`

interface Told {
  readonly of: ReceiptWrite
  readonly at: { [Status in ReceiptWrite['status']]?: number }
}

/** What is told of each recipient of each message; history tells several things of one at once. */
const byRecipient = (receipts: ReadonlyArray<ReceiptWrite>): ReadonlyArray<Told> => {
  const all = new Map<string, Told>()
  for (const receipt of receipts) {
    const { at, messageId, recipient, status, threadId } = receipt
    const key = `${threadId} ${messageId} ${recipient}`
    const told = all.get(key) ?? { of: receipt, at: {} }
    told.at[status] = Math.min(at, told.at[status] ?? at)
    all.set(key, told)
  }
  return [...all.values()]
}

/** How far each message got. */
const furthest = (receipts: ReadonlyArray<ReceiptWrite>): ReadonlyArray<ReceiptWrite> => {
  const all = new Map<string, ReceiptWrite>()
  for (const receipt of receipts) {
    const key = `${receipt.threadId} ${receipt.messageId}`
    const known = all.get(key)
    if (known === undefined || statusRank(receipt.status) > statusRank(known.status)) all.set(key, receipt)
  }
  return [...all.values()]
}

export const receiptStatements = (
  sql: SqlClient.SqlClient,
  bulk: SqlBulk['Service'],
  messages: ReturnType<typeof messageStatements>
) => ({
  put: Effect.fnUntraced(function* (accountId: string, receipts: ReadonlyArray<ReceiptWrite>) {
    yield* bulk.runMany(
      `INSERT INTO receipts (account_id, thread_id, message_id, recipient, ${RECEIPT_TIMES.join(', ')})
        VALUES (?, ?, ?, ?, ?, ?, ?) ${ONE_RECEIPT_RULE}`,
      byRecipient(receipts).map(({ at, of }) => [
        accountId,
        of.threadId,
        of.messageId,
        of.recipient,
        at.delivered,
        at.read,
        at.played
      ])
    )
    // No news for subscribers, and many.
    yield* bulk.runMany(
      `UPDATE messages SET status = ?1, status_reason = NULL
        WHERE thread_id = ?2 AND message_id = ?3 AND ${rankOf('status')} < ?4`,
      furthest(receipts.filter(({ isHistory }) => isHistory === true)).map(
        ({ messageId, status, threadId }) => [status, threadId, messageId, statusRank(status)]
      )
    )
    yield* messages.putChanges(
      accountId,
      receipts
        .filter(({ isHistory }) => isHistory !== true)
        .map(({ messageId, status, threadId }) => ({
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
})
