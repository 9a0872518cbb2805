// Settings of chats in SQL: the last word about each, and the columns of threads and messages that follow from it.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { ChatSettingName } from '../../../domain/chat-setting.ts'
import { listOf, withoutIndex } from '../../database/dialect.ts'
import type { ThreadMerge } from '../../database/tables.ts'
import type { ChatSettingWrite } from '../writes.ts'
import type { WriteContext } from './context.ts'
import { advanceMark, LAST_ROW } from './unread.ts'

/** How far the clocks of phone and server may differ. */
export const CLOCKS_DIFFER_MS = 24 * 60 * 60 * 1000

const LATER_COUNTS = `ON CONFLICT (thread_id, setting) DO UPDATE SET value = excluded.value, at = excluded.at
  WHERE excluded.at >= chat_settings.at`

/**
 * Without a time, a setting is a little older than the account's link: history tells how chats were then, and the phone's
 * clock may be behind the server's.
 */
const UPSERT = `INSERT INTO chat_settings (account_id, thread_id, setting, value, at)
  SELECT ?1, ?2, ?3, ?4, COALESCE(?5, (SELECT linked_at - ${CLOCKS_DIFFER_MS} FROM accounts WHERE account_id = ?1), 0) WHERE TRUE ${LATER_COUNTS}`

const valueOf = (setting: ChatSettingName): string =>
  `(SELECT value FROM chat_settings s WHERE s.thread_id = threads.thread_id AND s.setting = '${setting}')`

const timeOf = (...settings: ReadonlyArray<ChatSettingName>): string =>
  `(SELECT MAX(at) FROM chat_settings s WHERE s.thread_id = threads.thread_id
    AND s.setting IN (${settings.map(setting => `'${setting}'`).join(', ')}))`

const isSet = (setting: ChatSettingName): string =>
  `EXISTS (SELECT 1 FROM chat_settings s WHERE s.thread_id = threads.thread_id AND s.setting = '${setting}')`

/** The columns of a thread that follow from its settings; a setting that nobody has told of leaves its column as it is. */
const DERIVE = `UPDATE threads SET archived = COALESCE(${valueOf('archived')}, archived),
    pinned_at = CASE WHEN ${isSet('pinned')} THEN ${valueOf('pinned')} ELSE pinned_at END,
    muted_until = CASE WHEN ${isSet('muted')} THEN ${valueOf('muted')} ELSE muted_until END,
    marked_unread = COALESCE(${valueOf('markedUnread')}, marked_unread),
    cleared_at = COALESCE(${timeOf('cleared', 'clearedExceptStarred')}, cleared_at),
    deleted_at = COALESCE(${timeOf('deleted')}, deleted_at),
    deleted_up_to = COALESCE(${valueOf('deleted')}, deleted_up_to)
  WHERE thread_id = ?`

interface Removal {
  readonly threadId: string
  readonly setting: string
  /** The time of the newest message that was removed, and of the removal. */
  readonly value: number
  readonly at: number
}

const DERIVED = `thread_id, archived, pinned_at, muted_until, marked_unread, cleared_at, deleted_at, labels`

/** What the derived columns of these threads hold, to notice a change. */
export const derivedColumns = (sql: SqlClient.SqlClient, threadIds: ReadonlyArray<string>) =>
  Effect.map(
    sql<{ threadId: string }>`SELECT ${sql.literal(DERIVED)} FROM threads
      WHERE thread_id IN ${listOf(sql, threadIds)}`,
    rows => new Map(rows.map(row => [row.threadId, JSON.stringify(row)]))
  )

const removalsOf = (sql: SqlClient.SqlClient, threadIds: ReadonlyArray<string>) =>
  sql<Removal>`SELECT thread_id, setting, value, at FROM chat_settings
    WHERE thread_id IN ${listOf(sql, threadIds)} AND setting IN ('cleared', 'clearedExceptStarred', 'deleted')
      AND value IS NOT NULL`

/** The messages to look at: those in rows after one, which were just stored, or a single one. All of the threads without it. */
type LookedAt = { readonly afterRow: number } | { readonly messageId: string }

const isLookedAt = (sql: SqlClient.SqlClient, threadId: string, which: LookedAt | undefined) => {
  if (which === undefined) return sql`thread_id = ${threadId}`
  if ('messageId' in which) return sql`thread_id = ${threadId} AND message_id = ${which.messageId}`
  // A few new rows are looked at, by their numbers, instead of the whole thread.
  return sql`${sql.literal(withoutIndex(sql, 'thread_id'))} = ${threadId} AND message_row > ${which.afterRow}`
}

/** Marks the messages that were removed with their chat. What is not sent yet is not on the phone: nothing removes it there. */
export const markRemovedMessages = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  threadIds: ReadonlyArray<string>,
  which?: LookedAt
) {
  for (const { at, setting, threadId, value } of yield* removalsOf(sql, threadIds)) {
    // A star that was given or taken later says that the message was still there.
    const spared =
      setting === 'clearedExceptStarred'
        ? sql`AND starred = 0 AND COALESCE(starred_at, 0) <= ${at}`
        : sql.literal('')
    yield* sql`UPDATE messages SET deleted_for_me_at = ${at} WHERE ${isLookedAt(sql, threadId, which)} AND ts_client <= ${value}
      AND deleted_for_me_at IS NULL AND type <> 'system' AND status <> 'queued' ${spared}`
  }
})

/** What was removed is read. */
const advanceMarks = Effect.fnUntraced(function* (
  context: WriteContext,
  accountId: string,
  threadIds: ReadonlyArray<string>
) {
  const { sql } = context
  const marks = yield* sql<{
    threadId: string
    at: number
  }>`SELECT thread_id, MAX(value) AS at FROM chat_settings
    WHERE thread_id IN ${listOf(sql, threadIds)}
      AND setting IN ('readUpTo', 'cleared', 'clearedExceptStarred', 'deleted') AND value IS NOT NULL GROUP BY thread_id`
  for (const { at, threadId } of marks)
    yield* advanceMark(context, accountId, threadId, { at, row: LAST_ROW, base: 0 })
})

/** Makes these threads, if they are stored, what their settings say; to be called when a setting or a thread is new. */
export const deriveThreads = Effect.fnUntraced(function* (
  context: WriteContext,
  accountId: string,
  threadIds: ReadonlyArray<string>
) {
  const { bulk, eventLog, sql } = context
  const before = yield* derivedColumns(sql, threadIds)
  if (before.size === 0) return
  const stored = [...before.keys()]
  yield* bulk.runMany(
    DERIVE,
    stored.map(threadId => [threadId])
  )
  yield* advanceMarks(context, accountId, stored)
  const after = yield* derivedColumns(sql, stored)
  yield* eventLog.append(
    accountId,
    stored
      .filter(threadId => before.get(threadId) !== after.get(threadId))
      .map(threadId => ({ kind: 'thread.changed', threadId, messageId: null }))
  )
})

const REMOVING: ReadonlySet<ChatSettingName> = new Set(['cleared', 'clearedExceptStarred', 'deleted'])

/** Stores settings; one that is older than what is known changes nothing. */
export const putChatSettings = Effect.fnUntraced(function* (
  context: WriteContext,
  accountId: string,
  writes: ReadonlyArray<ChatSettingWrite>
) {
  if (writes.length === 0) return
  yield* context.bulk.runMany(
    UPSERT,
    writes.map(({ at, setting, threadId, value }) => [accountId, threadId, setting, value, at])
  )
  const removing = writes.filter(({ setting }) => REMOVING.has(setting))
  yield* markRemovedMessages(context.sql, [...new Set(removing.map(({ threadId }) => threadId))])
  yield* deriveThreads(context, accountId, [...new Set(writes.map(({ threadId }) => threadId))])
})

/** Applies the settings of threads that were just made. */
export const applySettingsOfNew = Effect.fnUntraced(function* (
  context: WriteContext,
  accountId: string,
  threadIds: ReadonlyArray<string>
) {
  const known = yield* context.sql<{ id: string }>`SELECT DISTINCT thread_id AS id FROM chat_settings
    WHERE thread_id IN ${listOf(context.sql, threadIds)}`
  yield* deriveThreads(
    context,
    accountId,
    known.map(({ id }) => id)
  )
})

/** A new message takes its chat out of the archive, where the owner wants that. */
export const unarchiveWithNews = Effect.fnUntraced(function* (
  context: WriteContext,
  accountId: string,
  news: ReadonlyArray<{ readonly threadId: string; readonly tsClient: number }>
) {
  const { sql } = context
  const [wanted] = yield* sql`SELECT 1 FROM accounts WHERE account_id = ${accountId} AND unarchive_chats = 1`
  if (wanted === undefined) return
  const archived = yield* sql<{ id: string }>`SELECT thread_id AS id FROM threads
    WHERE thread_id IN ${listOf(
      sql,
      news.map(({ threadId }) => threadId)
    )} AND archived = 1`
  const ids = new Set(archived.map(({ id }) => id))
  yield* putChatSettings(
    context,
    accountId,
    news
      .filter(({ threadId }) => ids.has(threadId))
      .map(({ threadId, tsClient }) => ({ threadId, setting: 'archived' as const, value: 0, at: tsClient }))
  )
})

/** Two threads become one: of each setting the later one counts. The columns are derived by the caller's merge. */
export const mergeChatSettings = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  { from, to }: ThreadMerge
) {
  yield* sql`INSERT INTO chat_settings (account_id, thread_id, setting, value, at)
    SELECT account_id, ${to}, setting, value, at FROM chat_settings WHERE thread_id = ${from} ${sql.literal(LATER_COUNTS)}`
  yield* sql`DELETE FROM chat_settings WHERE thread_id = ${from}`
})
