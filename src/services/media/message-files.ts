// What the stored messages say about their files, in SQL. All of it reads the JSON of `media`.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import { jsonField, jsonItems, withIndex, withoutJsonField } from '../database/dialect.ts'
import { asMediaError } from './database-errors.ts'
import type { MessageRef } from './message-ref.ts'

/** Files of an account by the state of their download. */
export interface MediaCounts {
  readonly stored: number
  readonly waiting: number
  readonly failed: number
  readonly notFetched: number
  /** Older than files are kept. */
  readonly removed: number
}

const mediaField = (sql: SqlClient.SqlClient, path: string) => sql.literal(jsonField(sql, 'media', path))

const hasFile = (sql: SqlClient.SqlClient) =>
  sql`media IS NOT NULL AND ${mediaField(sql, 'download.directPath')} IS NOT NULL`

const stateOf = (sql: SqlClient.SqlClient) => mediaField(sql, 'fetched.state')

const byMedia = (sql: SqlClient.SqlClient) => sql.literal(withIndex(sql, 'messages', 'messages_media'))

const byFile = (sql: SqlClient.SqlClient) => sql.literal(withIndex(sql, 'messages', 'messages_files'))

const untried = (sql: SqlClient.SqlClient) =>
  Effect.fnUntraced(function* (accountId: string, since: number, limit: number) {
    const rows: ReadonlyArray<MessageRef> = yield* sql<{ threadId: string; messageId: string }>`
      SELECT thread_id, message_id FROM ${byMedia(sql)}
      WHERE account_id = ${accountId} AND ${hasFile(sql)} AND ${stateOf(sql)} IS NULL
        AND ts_client >= ${since}
      ORDER BY ts_client DESC LIMIT ${limit}`
    return rows
  }, asMediaError)

const retryTooLarge = (sql: SqlClient.SqlClient) =>
  Effect.fnUntraced(function* (largest: number) {
    yield* sql`UPDATE messages SET media = ${sql.literal(withoutJsonField(sql, 'media', 'fetched'))}
      WHERE account_id IN (SELECT account_id FROM accounts) AND ${hasFile(sql)}
        AND ${stateOf(sql)} = 'tooLarge' AND ${mediaField(sql, 'size')} <= ${largest}`
  }, asMediaError)

const counts = (sql: SqlClient.SqlClient) =>
  Effect.fnUntraced(function* (accountId: string) {
    const rows = yield* sql<{
      state: string | null
      n: number
    }>`SELECT ${stateOf(sql)} AS state, COUNT(*) AS n
      FROM ${byMedia(sql)}
      WHERE account_id = ${accountId} AND ${hasFile(sql)} GROUP BY ${stateOf(sql)}`
    const inStates = (...states: ReadonlyArray<string | null>) =>
      rows.reduce((sum, row) => (states.includes(row.state) ? sum + row.n : sum), 0)
    const found: MediaCounts = {
      stored: inStates('stored'),
      waiting: inStates('waiting'),
      failed: inStates('failed', 'gone', 'tooLarge'),
      notFetched: inStates(null),
      removed: inStates('removed')
    }
    return found
  }, asMediaError)

const isReferenced = (sql: SqlClient.SqlClient) =>
  Effect.fnUntraced(function* (hash: string) {
    const rows = yield* sql`SELECT 1 FROM ${byFile(sql)}
      WHERE media IS NOT NULL AND ${mediaField(sql, 'download.fileSha256')} = ${hash}
        AND ${stateOf(sql)} = 'stored' LIMIT 1`
    if (rows.length > 0) return true
    const variants = yield* sql`SELECT 1 FROM ${sql.literal(withIndex(sql, 'messages', 'messages_variants'))}
      CROSS JOIN ${sql.literal(jsonItems(sql, 'media', 'variants', 'variant'))}
      WHERE media IS NOT NULL AND ${mediaField(sql, 'variants')} IS NOT NULL
        AND ${sql.literal(jsonField(sql, 'variant.value', 'download.fileSha256'))} = ${hash}
        AND ${sql.literal(jsonField(sql, 'variant.value', 'fetched.state'))} = 'stored' LIMIT 1`
    return variants.length > 0
  }, asMediaError)

const orphans = (sql: SqlClient.SqlClient) =>
  Effect.fnUntraced(function* (limit: number) {
    const rows = yield* sql<{ file: string }>`SELECT file FROM media_orphans LIMIT ${limit}`
    return rows.map(row => row.file)
  }, asMediaError)

const removeOrphan = (sql: SqlClient.SqlClient) =>
  Effect.fnUntraced(function* (hash: string) {
    yield* sql`DELETE FROM media_orphans WHERE file = ${hash}`
  }, asMediaError)

/** Hashes are base64, as in messages. */
export const makeMessageFiles = (sql: SqlClient.SqlClient) => ({
  /** Files that were never tried, of messages since a time (milliseconds since 1970), latest first. */
  untried: untried(sql),
  /** Files that were too large under an earlier limit and are not under this one (bytes) count as never tried. */
  retryTooLarge: retryTooLarge(sql),
  counts: counts(sql),
  /** Whether a stored message has the file. */
  isReferenced: isReferenced(sql),
  /** Files whose message was deleted. */
  orphans: orphans(sql),
  removeOrphan: removeOrphan(sql)
})

export type MessageFiles = ReturnType<typeof makeMessageFiles>
