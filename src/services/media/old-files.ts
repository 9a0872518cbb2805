// Files of messages that are older than files are kept: found, counted and let go, some at a time. Their messages stay and say so.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { MessageStore } from '../conversations/message-store.ts'
import { jsonField, jsonItems, withIndex } from '../database/dialect.ts'
import type { Transaction } from '../database/transaction.ts'
import { asMediaError } from './database-errors.ts'
import type { MessageRef } from './message-ref.ts'

export interface OldFiles {
  readonly sql: SqlClient.SqlClient
  readonly messages: MessageStore['Service']
  readonly transaction: Transaction['Service']
}

const REASON = 'Removed: files are kept for MEDIA_KEEP only'

/** Messages of an account from before a time with a file that is stored; `shown`: the one that is shown, or one beside it. */
const oldOnes = (sql: SqlClient.SqlClient, accountId: string, before: number, shown: boolean) => {
  const index = sql.literal(withIndex(sql, 'messages', shown ? 'messages_media' : 'messages_variants'))
  const isStored = shown
    ? sql`${sql.literal(jsonField(sql, 'media', 'download.directPath'))} IS NOT NULL
        AND ${sql.literal(jsonField(sql, 'media', 'fetched.state'))} = 'stored'`
    : sql`${sql.literal(jsonField(sql, 'media', 'variants'))} IS NOT NULL AND EXISTS (
        SELECT 1 FROM ${sql.literal(jsonItems(sql, 'media', 'variants', 'variant'))}
        WHERE ${sql.literal(jsonField(sql, 'variant.value', 'fetched.state'))} = 'stored')`
  return sql`FROM ${index} WHERE account_id = ${accountId} AND media IS NOT NULL AND ${isStored} AND ts_client < ${before}`
}

const letGo = Effect.fnUntraced(function* (
  { messages }: OldFiles,
  accountId: string,
  { messageId, threadId }: MessageRef
) {
  const media = (yield* messages.read(threadId, messageId))?.media
  const files = media == null ? [] : [media, ...media.variants]
  const changes = files.flatMap(({ download, fetched }) =>
    fetched?.state === 'stored' && download !== null
      ? [
          {
            threadId,
            messageId,
            change: {
              to: 'fetched' as const,
              mediaKey: download.mediaKey,
              state: 'removed' as const,
              reason: REASON
            }
          }
        ]
      : []
  )
  yield* messages.change(accountId, changes)
  return changes.length
})

/** Lets go of the files of up to so many messages, in one transaction; answers how many messages and files those were. */
export const removeOldFiles = Effect.fnUntraced(function* (
  from: OldFiles,
  accountId: string,
  before: number,
  limit: number
) {
  const { sql, transaction } = from
  const removing = Effect.gen(function* () {
    const found = new Map<string, MessageRef>()
    for (const shown of [true, false]) {
      const rows = yield* sql<{ threadId: string; messageId: string }>`SELECT thread_id, message_id
        ${oldOnes(sql, accountId, before, shown)} LIMIT ${limit}`
      for (const row of rows) found.set(`${row.threadId} ${row.messageId}`, row)
    }
    const files = yield* Effect.forEach(found.values(), message => letGo(from, accountId, message))
    return { messages: files.filter(n => n > 0).length, files: files.reduce((sum, n) => sum + n, 0) }
  })
  return yield* asMediaError(transaction.run(removing))
})

/** How many messages of an account from before a time have a file that is stored, and the time of the oldest. */
export const countOldFiles = Effect.fnUntraced(function* (
  { sql }: Pick<OldFiles, 'sql'>,
  accountId: string,
  before: number
) {
  const counted = yield* Effect.forEach(
    [true, false],
    shown =>
      sql<{ n: number; oldest: number | null }>`SELECT COUNT(*) AS n, MIN(ts_client) AS oldest
      ${oldOnes(sql, accountId, before, shown)}${shown ? sql`` : sql` AND COALESCE(${sql.literal(jsonField(sql, 'media', 'fetched.state'))}, '') <> 'stored'`}`
  )
  const rows = counted.flat()
  const times = rows.flatMap(({ oldest }) => (oldest === null ? [] : [oldest]))
  return {
    messages: rows.reduce((sum, { n }) => sum + n, 0),
    oldest: times.length === 0 ? null : Math.min(...times)
  }
}, asMediaError)
