// Per recipient, how far a message of ours got and when, in SQL.
import { Effect, Schema } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { Receipt } from '../../../domain/message.ts'
import type { ReceiptWrite } from '../store.ts'
import type { messageStatements } from './messages.ts'

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

export const receiptStatements = (
  sql: SqlClient.SqlClient,
  messages: ReturnType<typeof messageStatements>
) => ({
  put: Effect.fnUntraced(function* (accountId: string, receipts: ReadonlyArray<ReceiptWrite>) {
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
