// Single messages of the store in SQL.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import { messageIdOf } from '../../../domain/ids.ts'
import { rowsOf } from '../../database/dialect.ts'
import type { EdgeMessage, TimeRange } from '../queries.ts'
import { MESSAGE_SELECT } from './message-pages.ts'
import { decodeMessage } from './message-row.ts'

export const readMessage = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  threadId: string,
  messageId: string
) {
  const [row] = yield* sql.unsafe(`${MESSAGE_SELECT} WHERE m.thread_id = ? AND m.message_id = ?`, [
    threadId,
    messageId
  ])
  return row === undefined ? undefined : yield* decodeMessage(row)
})

/** Those of the messages that are stored, by thread and message id. */
export const readMessages = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  keys: ReadonlyArray<readonly [threadId: string, messageId: string]>
) {
  if (keys.length === 0) return []
  const rows = yield* sql`${sql.literal(MESSAGE_SELECT)} WHERE m.message_row IN (
    SELECT k.message_row FROM ${rowsOf(sql, keys, ['thread_id', 'message_id'])} AS wanted
      JOIN messages k ON k.thread_id = wanted.thread_id AND k.message_id = wanted.message_id)`
  return yield* Effect.forEach(rows, decodeMessage)
})

/** The oldest or newest message of a thread that WhatsApp knows, within a stretch of time. */
export const messageEdge = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  threadId: string,
  which: 'oldest' | 'newest',
  { after, before }: TimeRange = {}
) {
  const order = which === 'oldest' ? 'ASC' : 'DESC'
  const [row] = yield* sql.unsafe<{
    messageId: string
    whatsAppId: string
    direction: string
    tsClient: number
  }>(
    `SELECT message_id, whatsapp_id, direction, ts_client FROM messages WHERE thread_id = ? AND ts_client > ? AND ts_client < ?
      AND type NOT IN ('system', 'call') AND status NOT IN ('queued', 'cancelled', 'failed')
      ORDER BY ts_client ${order}, message_row ${order} LIMIT 1`,
    [threadId, after ?? -1, before ?? Number.MAX_SAFE_INTEGER]
  )
  if (row === undefined) return undefined
  const edge: EdgeMessage = {
    messageId: row.messageId,
    whatsAppId: row.whatsAppId,
    fromMe: row.direction === 'outbound',
    at: row.tsClient
  }
  return edge
})

export const readProtobuf = (sql: SqlClient.SqlClient, threadId: string, messageId: string) =>
  Effect.map(
    sql<{ raw: Uint8Array | null }>`
      SELECT raw FROM messages WHERE thread_id = ${threadId} AND message_id = ${messageId}`,
    ([row]) => row?.raw ?? undefined
  )

export const readSentProtobuf = (sql: SqlClient.SqlClient, accountId: string, whatsAppId: string) =>
  Effect.map(
    sql<{ raw: Uint8Array | null }>`SELECT m.raw FROM threads t JOIN messages m ON m.thread_id = t.thread_id
      WHERE t.account_id = ${accountId} AND m.message_id = ${messageIdOf('me', whatsAppId)} LIMIT 1`,
    ([row]) => row?.raw ?? undefined
  )

/** The protobufs that are kept of these messages. */
export const readProtobufs = (
  sql: SqlClient.SqlClient,
  keys: ReadonlyArray<readonly [threadId: string, messageId: string]>
) =>
  keys.length === 0
    ? Effect.succeed([])
    : sql<{ threadId: string; messageId: string; raw: Uint8Array }>`
        SELECT m.thread_id, m.message_id, m.raw FROM ${rowsOf(sql, keys, ['thread_id', 'message_id'])} AS wanted
          JOIN messages m ON m.thread_id = wanted.thread_id AND m.message_id = wanted.message_id
          WHERE m.raw IS NOT NULL`
