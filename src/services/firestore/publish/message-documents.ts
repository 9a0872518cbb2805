// The documents of messages, with their receipts. `senderName` is what the message itself said: a contact that is renamed
// later does not rewrite all its messages.
import { Effect, type Result, Schema } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { Receipt } from '../../../domain/message.ts'
import { LINKS } from '../../conversations/sql/message-links.ts'
import { decodeMessage } from '../../conversations/sql/message-row.ts'
import { decodeReceipt } from '../../conversations/sql/receipts.ts'
import { rowsOf } from '../../database/dialect.ts'
import type { Fields } from './document.ts'
import { messagePath, type Place } from './paths.ts'

export type MessagePlace = Extract<Place, { collection: 'messages' }>

const decodeRaw = Schema.decodeUnknownEffect(Schema.NullOr(Schema.Uint8Array))

type Key = readonly [threadId: string, messageId: string]

const wanted = (sql: SqlClient.SqlClient, keys: ReadonlyArray<Key>) =>
  rowsOf(sql, keys, ['thread_id', 'message_id'])

/** By the path of their message. */
const receiptsOf = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, keys: ReadonlyArray<Key>) {
  const rows = yield* sql<{ threadId: string; messageId: string }>`SELECT r.*
    FROM ${wanted(sql, keys)} AS w CROSS JOIN receipts r
    WHERE r.thread_id = w.thread_id AND r.message_id = w.message_id ORDER BY r.recipient`
  const found = new Map<string, Array<Receipt>>()
  for (const row of rows) {
    const path = messagePath(row.threadId, row.messageId)
    const receipts = found.get(path) ?? []
    receipts.push(yield* decodeReceipt(row))
    found.set(path, receipts)
  }
  return found
})

const messageDocument = Effect.fnUntraced(function* (
  row: Record<string, unknown>,
  receipts: ReadonlyArray<Receipt>
) {
  const document: Fields = {
    ...(yield* decodeMessage(row)),
    receipts,
    raw: yield* decodeRaw(row['raw']),
    truncated: []
  }
  return document
})

/** The document of each message that exists, by its path, or why its row cannot be decoded. */
export const messageDocuments = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  places: ReadonlyArray<MessagePlace>
) {
  const keys = places.map(({ messageId, threadId }): Key => [threadId, messageId])
  const rows = yield* sql<Record<string, unknown>>`SELECT m.*, ${sql.literal(LINKS)}
    FROM ${wanted(sql, keys)} AS w CROSS JOIN messages m
    WHERE m.thread_id = w.thread_id AND m.message_id = w.message_id`
  const receipts = yield* receiptsOf(sql, keys)
  const found = new Map<string, Result.Result<Fields, Schema.SchemaError>>()
  for (const row of rows) {
    const path = messagePath(String(row['threadId']), String(row['messageId']))
    found.set(path, yield* Effect.result(messageDocument(row, receipts.get(path) ?? [])))
  }
  return found
})
