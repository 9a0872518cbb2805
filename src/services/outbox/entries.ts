// Looking entries up.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import type { OutboxStatus } from '../../domain/outbox.ts'
import { listOf } from '../database/dialect.ts'
import { asDatabaseError } from '../database/error.ts'
import { decodeOutboxRow, entryOf } from './entry-row.ts'

export interface EntryQuery {
  readonly accountId: string
  readonly status?: OutboxStatus | undefined
  readonly limit: number
  /** Creation time and id of the last entry of the page before. */
  readonly before?: { readonly time: number; readonly id: string } | undefined
}

export const findRow = Effect.fnUntraced(function* (accountId: string, entryId: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql`SELECT * FROM outbox WHERE account_id = ${accountId} AND whatsapp_id = ${entryId}`
  return row === undefined ? undefined : yield* decodeOutboxRow(row)
})

export const readEntry = (accountId: string, entryId: string) =>
  findRow(accountId, entryId).pipe(
    Effect.map(row => row && entryOf(row)),
    asDatabaseError('reading an entry of the outbox')
  )

/** Those of these that are kept. */
export const readEntries = Effect.fnUntraced(function* (accountId: string, entryIds: ReadonlyArray<string>) {
  const sql = yield* SqlClient.SqlClient
  const rows =
    yield* sql`SELECT * FROM outbox WHERE account_id = ${accountId} AND whatsapp_id IN ${listOf(sql, entryIds)}`
  return yield* Effect.forEach(rows, row => Effect.map(decodeOutboxRow(row), entryOf))
})

/** Newest first. */
export const listEntries = Effect.fn('Outbox.list')(function* ({
  accountId,
  before,
  limit,
  status
}: EntryQuery) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql`SELECT * FROM outbox WHERE account_id = ${accountId}
      AND (${status ?? null} IS NULL OR status = ${status ?? null})
      AND (${before?.time ?? null} IS NULL OR (created_at, whatsapp_id) < (${before?.time ?? 0}, ${before?.id ?? ''}))
      ORDER BY created_at DESC, whatsapp_id DESC LIMIT ${limit}`
  return yield* Effect.forEach(rows, row => Effect.map(decodeOutboxRow(row), entryOf))
}, asDatabaseError('listing the outbox'))
