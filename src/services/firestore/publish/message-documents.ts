// The documents of messages, with their receipts. `senderName` is what the message itself said: a contact that is renamed
// later does not rewrite all its messages.
import { Effect, type Result, Schema } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { Receipt } from '../../../domain/message.ts'
import { decodeMessage } from '../../conversations/sql/message-row.ts'
import { decodeReceipt } from '../../conversations/sql/receipts.ts'
import type { Fields } from './document.ts'
import { messagePath, type Place } from './paths.ts'
import { MESSAGES_OF_LIST, RECEIPTS_OF_LIST } from './sqlite-dialect.ts'

export type MessagePlace = Extract<Place, { collection: 'messages' }>

const decodeRaw = Schema.decodeUnknownEffect(Schema.NullOr(Schema.Uint8Array))

/** By the path of their message. */
const receiptsOf = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, list: string) {
  const rows = yield* sql.unsafe<{ threadId: string; messageId: string }>(RECEIPTS_OF_LIST, [list])
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
  const list = JSON.stringify(places.map(({ messageId, threadId }) => [threadId, messageId]))
  const rows = yield* sql.unsafe<Record<string, unknown>>(MESSAGES_OF_LIST, [list])
  const receipts = yield* receiptsOf(sql, list)
  const found = new Map<string, Result.Result<Fields, Schema.SchemaError>>()
  for (const row of rows) {
    const path = messagePath(String(row['threadId']), String(row['messageId']))
    found.set(path, yield* Effect.result(messageDocument(row, receipts.get(path) ?? [])))
  }
  return found
})
