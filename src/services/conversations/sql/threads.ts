// Threads in SQL.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import { STATUS_SECONDS } from '../../../domain/thread.ts'
import { greatest, least, listOf } from '../../database/dialect.ts'
import type { ThreadMerge } from '../../database/tables.ts'
import type { ThreadWrite } from '../writes.ts'
import { applySettingsOfNew } from './chat-settings.ts'
import type { WriteContext } from './context.ts'
import { applyLabelsOfNew } from './labels.ts'
import { decodeThread, THREAD_SELECT } from './thread-pages.ts'
import { noteUnreadCount } from './unread.ts'

const UPSERT = `INSERT INTO threads (thread_id, account_id, client_jid, kind, display_name, ephemeral_seconds, created_at)
  VALUES (?1, ?2, ?3, ?4, ?5, COALESCE(?6, CASE ?4 WHEN 'status' THEN ${STATUS_SECONDS} ELSE 0 END), ?7)
  ON CONFLICT (thread_id) DO UPDATE SET display_name = COALESCE(?5, display_name),
    ephemeral_seconds = COALESCE(?6, ephemeral_seconds)
  WHERE COALESCE(?5, ?6) IS NOT NULL`

const existing = (sql: SqlClient.SqlClient, threadIds: ReadonlyArray<string>) =>
  Effect.map(
    sql<{ id: string }>`SELECT thread_id AS id FROM threads
      WHERE thread_id IN ${listOf(sql, threadIds)}`,
    rows => new Set(rows.map(({ id }) => id))
  )

/** Whether the write changes the thread document; changes of the unread count are reported where it is derived. */
const isChange = (write: ThreadWrite): boolean =>
  write.displayName !== undefined || write.ephemeralSeconds !== undefined

export const putThreads = Effect.fnUntraced(function* (
  context: WriteContext,
  accountId: string,
  threads: ReadonlyArray<ThreadWrite>
) {
  const { bulk, eventLog, now, sql } = context
  const threadIds = threads.map(({ threadId }) => threadId)
  const known = yield* existing(sql, threadIds)
  yield* bulk.runMany(
    UPSERT,
    threads.map(write => [
      write.threadId,
      accountId,
      write.clientJid,
      write.kind,
      write.displayName,
      write.ephemeralSeconds,
      now()
    ])
  )
  const made = [...new Set(threadIds)].filter(threadId => !known.has(threadId))
  if (made.length > 0) {
    yield* applySettingsOfNew(context, accountId, made)
    yield* applyLabelsOfNew(
      context,
      accountId,
      made.map(threadId => ({ threadId, whatsAppId: '' }))
    )
  }
  for (const { threadId, unread } of threads) {
    if (unread === undefined) continue
    yield* noteUnreadCount(context, accountId, threadId, unread)
  }
  yield* eventLog.append(
    accountId,
    threads.filter(isChange).map(({ threadId }) => ({ kind: 'thread.changed', threadId, messageId: null }))
  )
})

export const readThread = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, threadId: string) {
  const [row] = yield* sql.unsafe(`${THREAD_SELECT} WHERE t.thread_id = ?`, [threadId])
  return row === undefined ? undefined : yield* decodeThread(row)
})

/** Those of the threads that are stored. */
export const readThreads = (sql: SqlClient.SqlClient, threadIds: ReadonlyArray<string>) =>
  Effect.flatMap(sql`${sql.literal(THREAD_SELECT)} WHERE t.thread_id IN ${listOf(sql, threadIds)}`, rows =>
    Effect.forEach(rows, decodeThread)
  )

/** After how many seconds messages of the threads disappear. */
export const ephemeralOf = (sql: SqlClient.SqlClient, threadIds: ReadonlyArray<string>) =>
  Effect.map(
    sql<{ threadId: string; ephemeralSeconds: number }>`SELECT thread_id, ephemeral_seconds FROM threads
      WHERE thread_id IN ${listOf(sql, threadIds)}`,
    rows => new Map(rows.map(row => [row.threadId, row.ephemeralSeconds]))
  )

/** The one rule for a thread's last message: the newest that is neither an event nor cancelled, in whatever order they arrive. */
export const refreshSummaries = ({ bulk }: Pick<WriteContext, 'bulk'>, threadIds: ReadonlySet<string>) =>
  bulk.runMany(
    `UPDATE threads SET (last_message_at, last_message_id, last_message_text, last_message_direction) =
      (SELECT ts_client, message_id, SUBSTR(COALESCE(NULLIF(body, ''), '[' || type || ']'), 1, 200), direction
        FROM messages WHERE thread_id = threads.thread_id AND type <> 'system' AND status <> 'cancelled'
        ORDER BY ts_client DESC, message_row DESC LIMIT 1)
      WHERE thread_id = ?`,
    [...threadIds].map(threadId => [threadId])
  )

/** The later mark is kept, with its unread base: rows are numbered as they were stored, whatever thread they were stored in. */
export const mergeThreadRows = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  { accountId, from, to }: ThreadMerge
) {
  const isNew = (yield* sql`SELECT 1 FROM threads WHERE thread_id = ${to}`).length === 0
  yield* sql`INSERT INTO threads (thread_id, account_id, client_jid, kind, created_at)
    SELECT ${to}, account_id, ${to.slice(accountId.length + 2)}, 'direct', created_at FROM threads
    WHERE thread_id = ${from} ON CONFLICT DO NOTHING`
  const lower = (column: string) => sql.literal(least(sql, `threads.${column}`, `source.${column}`))
  const later = (column: string) =>
    sql.literal(
      `CASE WHEN (source.mark_at, source.mark_row) > (threads.mark_at, threads.mark_row)
        THEN source.${column} ELSE threads.${column} END`
    )
  const higher = (column: string) => sql.literal(greatest(sql, `threads.${column}`, `source.${column}`))
  yield* sql`UPDATE threads SET
      mark_base = ${later('mark_base')}, mark_at = ${later('mark_at')}, mark_row = ${later('mark_row')},
      display_name = COALESCE(threads.display_name, source.display_name),
      archived = ${isNew ? sql`source.archived` : lower('archived')},
      pinned_at = COALESCE(threads.pinned_at, source.pinned_at),
      muted_until = COALESCE(threads.muted_until, source.muted_until),
      ephemeral_seconds = ${higher('ephemeral_seconds')},
      marked_unread = ${higher('marked_unread')},
      cleared_at = COALESCE(threads.cleared_at, source.cleared_at),
      deleted_at = COALESCE(threads.deleted_at, source.deleted_at),
      deleted_up_to = COALESCE(threads.deleted_up_to, source.deleted_up_to),
      created_at = ${lower('created_at')}
    FROM (SELECT * FROM threads WHERE thread_id = ${from}) AS source WHERE threads.thread_id = ${to}`
  yield* sql`DELETE FROM threads WHERE thread_id = ${from}`
})
