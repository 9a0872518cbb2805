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

/** History has many: as few statements as there are kinds of receipt. */
const putHistory = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  bulk: SqlBulk['Service'],
  accountId: string,
  receipts: ReadonlyArray<ReceiptWrite>
) {
  if (receipts.length === 0) return
  for (const status of ['delivered', 'read', 'played'] as const) {
    const told = receipts.filter(receipt => receipt.status === status)
    if (told.length === 0) continue
    const column = `${status}_at`
    yield* bulk.runMany(
      `INSERT INTO receipts (account_id, thread_id, message_id, recipient, ${column}) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (thread_id, message_id, recipient)
        DO UPDATE SET ${column} = MIN(COALESCE(receipts.${column}, excluded.${column}), excluded.${column})`,
      told.map(({ at, messageId, recipient, threadId }) => [accountId, threadId, messageId, recipient, at])
    )
    yield* sql.unsafe(
      `UPDATE messages SET status = ?, status_reason = NULL FROM (SELECT DISTINCT value ->> 0 AS thread, value ->> 1 AS id
          FROM json_each(?)) AS told
        WHERE messages.thread_id = told.thread AND messages.message_id = told.id AND ${rankOf('messages.status')} < ?`,
      [
        status,
        JSON.stringify(told.map(({ messageId, threadId }) => [threadId, messageId])),
        statusRank(status)
      ]
    )
  }
})

export const receiptStatements = (
  sql: SqlClient.SqlClient,
  bulk: SqlBulk['Service'],
  messages: ReturnType<typeof messageStatements>
) => ({
  put: Effect.fnUntraced(function* (accountId: string, all: ReadonlyArray<ReceiptWrite>) {
    yield* putHistory(
      sql,
      bulk,
      accountId,
      all.filter(({ isHistory }) => isHistory === true)
    )
    const receipts = all.filter(({ isHistory }) => isHistory !== true)
    for (const receipt of receipts) {
      const column = sql(`${receipt.status}_at`)
      // Told twice, the first time holds: later ones come from other devices of the same person.
      yield* sql`INSERT INTO receipts (account_id, thread_id, message_id, recipient, ${column})
        VALUES (${accountId}, ${receipt.threadId}, ${receipt.messageId}, ${receipt.recipient}, ${receipt.at})
        ON CONFLICT (thread_id, message_id, recipient)
        DO UPDATE SET ${column} = MIN(COALESCE(receipts.${column}, excluded.${column}), excluded.${column})`
    }
    yield* messages.putChanges(
      accountId,
      receipts.map(({ threadId, messageId, status }) => ({
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
