// The messages of a thread from the first to the last, with their receipts, in SQL.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { Receipt } from '../../../domain/message.ts'
import { listOf } from '../../database/dialect.ts'
import type { ExportedMessage, ExportQuery } from '../queries.ts'
import { MESSAGE_SELECT, within } from './message-pages.ts'
import { decodeMessage } from './message-row.ts'
import { decodeReceipt } from './receipts.ts'

const withReceipts = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  rows: ReadonlyArray<Record<string, unknown>>
) {
  const outbound = rows.filter(row => row['direction'] === 'outbound').map(row => Number(row['row']))
  const found = yield* sql<
    Record<string, unknown>
  >`SELECT m.message_row AS row, r.recipient, r.delivered_at, r.read_at,
      r.played_at
    FROM ${listOf(sql, outbound, 'row')} AS wanted JOIN messages m ON m.message_row = wanted.row
    JOIN receipts r ON r.thread_id = m.thread_id AND r.message_id = m.message_id
    ORDER BY m.message_row, r.recipient`
  const receipts = new Map<number, Array<Receipt>>()
  for (const row of found) {
    const of = receipts.get(Number(row['row'])) ?? []
    of.push(yield* decodeReceipt(row))
    receipts.set(Number(row['row']), of)
  }
  return yield* Effect.forEach(rows, row =>
    Effect.map(decodeMessage(row), (message): ExportedMessage => ({
      row: Number(row['row']),
      message,
      receipts: receipts.get(Number(row['row'])) ?? []
    }))
  )
})

export const exportPage = (
  sql: SqlClient.SqlClient,
  threadId: string,
  { after, limit, upTo, ...times }: ExportQuery
) => {
  const { from, to } = within(times, after)
  return Effect.flatMap(
    sql.unsafe<Record<string, unknown>>(
      `${MESSAGE_SELECT} WHERE m.thread_id = ? AND (m.ts_client, m.message_row) > (?, ?) AND (m.ts_client, m.message_row) < (?, ?)
        AND m.message_row <= ? ORDER BY m.ts_client, m.message_row LIMIT ?`,
      [threadId, from.time, from.row, to.time, to.row, upTo, limit]
    ),
    rows => withReceipts(sql, rows)
  )
}

export const unsentRows = (sql: SqlClient.SqlClient, threadId: string) =>
  Effect.map(
    sql<{ row: number }>`SELECT message_row AS row FROM messages
      WHERE thread_id = ${threadId} AND status = 'queued' ORDER BY message_row`,
    rows => rows.map(({ row }) => row)
  )

export const messagesInRows = (sql: SqlClient.SqlClient, rows: ReadonlyArray<number>) =>
  Effect.flatMap(
    sql<Record<string, unknown>>`${sql.literal(MESSAGE_SELECT)} WHERE m.message_row IN ${listOf(sql, rows)}
      ORDER BY m.ts_client, m.message_row`,
    found => withReceipts(sql, found)
  )
