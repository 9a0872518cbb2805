// Removes messages with everything that belongs to them, in SQL: a few at a time, so that nobody waits for long.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import { listOf } from '../../database/dialect.ts'
import type { Tables } from '../../database/tables.ts'
import type { WriteContext } from './context.ts'
import { threadsChanged } from './message-changes.ts'
import { removeEntries } from './search-fts5.ts'
import { refreshSummaries } from './threads.ts'
import { recountUnread } from './unread.ts'

export interface RemovalContext extends WriteContext {
  readonly tables: Tables['Service']
}

/** A message as its row is found. */
export interface RemovedMessage {
  readonly row: number
  readonly messageId: string
}

/** Removes messages of one thread, within the caller's transaction. */
export const removeMessages = Effect.fnUntraced(function* (
  context: RemovalContext,
  accountId: string,
  threadId: string,
  messages: ReadonlyArray<RemovedMessage>
) {
  if (messages.length === 0) return
  const { eventLog, sql, tables } = context
  const rows = messages.map(({ row }) => row)
  yield* removeEntries(sql, sql`m.message_row IN ${listOf(sql, rows)}`)
  yield* tables.removeMessages({
    accountId,
    threadId,
    messageIds: messages.map(({ messageId }) => messageId)
  })
  yield* sql`UPDATE accounts SET messages = messages - ${messages.length} WHERE account_id = ${accountId}`
  yield* refreshSummaries(context, new Set([threadId]))
  yield* recountUnread(context, threadId)
  yield* eventLog.append(accountId, threadsChanged(new Set([threadId])))
})

/** What waits to be sent is not old, whenever it was accepted. */
const IS_REMOVABLE = `status <> 'queued'`

/** The oldest messages of a thread from before a time (milliseconds since 1970). */
export const oldMessages = (sql: SqlClient.SqlClient, threadId: string, before: number, limit: number) =>
  sql<
    RemovedMessage & { readonly at: number }
  >`SELECT message_row AS row, message_id, ts_client AS at FROM messages
    WHERE thread_id = ${threadId} AND ts_client < ${before} AND ${sql.literal(IS_REMOVABLE)}
    ORDER BY ts_client LIMIT ${limit}`

/** How many messages of a thread are older, and the time of the oldest (milliseconds since 1970). Read from indexes only. */
export const countOldMessages = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  threadId: string,
  before: number
) {
  const older = sql`FROM messages WHERE thread_id = ${threadId} AND ts_client < ${before}`
  const [all] = yield* sql<{ n: number }>`SELECT COUNT(*) AS n ${older}`
  const [queued] = yield* sql<{ n: number }>`SELECT COUNT(*) AS n ${older} AND status = 'queued'`
  const [first] = yield* sql<{
    at: number
  }>`SELECT ts_client AS at ${older} AND ${sql.literal(IS_REMOVABLE)} ORDER BY ts_client LIMIT 1`
  return { messages: (all?.n ?? 0) - (queued?.n ?? 0), oldest: first?.at ?? null }
})

/** Threads with older messages, in the order of their ids, after one of them. */
export const threadsWithOld = (sql: SqlClient.SqlClient, after: string, before: number, limit: number) =>
  sql<{ threadId: string; accountId: string }>`SELECT thread_id, account_id FROM threads t
    WHERE thread_id > ${after} AND EXISTS (SELECT 1 FROM messages m
      WHERE m.thread_id = t.thread_id AND m.ts_client < ${before} AND m.${sql.literal(IS_REMOVABLE)})
    ORDER BY thread_id LIMIT ${limit}`

/** Before which time no history is stored; `undefined` without a rule. */
export const readFloor = (sql: SqlClient.SqlClient) =>
  Effect.map(sql<{ at: number }>`SELECT at FROM message_floor`, ([row]) => row?.at)

export const writeFloor = (sql: SqlClient.SqlClient, at: number | undefined) =>
  Effect.asVoid(
    at === undefined
      ? sql`DELETE FROM message_floor`
      : sql`INSERT INTO message_floor VALUES (1, ${at}) ON CONFLICT (only) DO UPDATE SET at = excluded.at`
  )
