// What is read of a thread, in SQL: a mark up to which everything is read, and the unread count that follows from it.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { UnreadAtPhone } from '../../../domain/fact.ts'
import { UNWRITTEN_TYPES } from '../../../domain/message.ts'
import { messageIdRange } from '../../../domain/ids.ts'
import type { Target } from '../../../domain/outbox.ts'
import { greatest, jsonField, least, listOf, rowsOf, withoutIndex } from '../../database/dialect.ts'
import type { MessageWrite } from '../writes.ts'
import type { ReadUpTo } from '../writes.ts'
import type { WriteContext } from './context.ts'

/** After every message of its second: where "read up to this time" ends. */
export const LAST_ROW = Number.MAX_SAFE_INTEGER

/** Before every message of its second. */
export const BEFORE_ITS_SECOND = 0

/** Messages a person would have to read. What a member shares of a group's past is none, nor is what was read before it was stored. */
const countable = (sql: SqlClient.SqlClient): string =>
  `m.direction = 'inbound' AND m.type NOT IN ('${UNWRITTEN_TYPES.join("', '")}')
    AND (m.details IS NULL OR ${jsonField(sql, 'm.details', 'sharedBy')} IS NULL)
    AND NOT EXISTS (SELECT 1 FROM waiting_reads w WHERE w.thread_id = m.thread_id AND w.whatsapp_id = m.whatsapp_id)`

/**
 * The unread messages among those that `m` names and `t` has: the mark's `base`, and every message after the mark. A base below
 * zero is of messages of the second after the mark, whether they are stored or not: later ones are unread all the same.
 */
const unreadOf = (sql: SqlClient.SqlClient, m: string, t: string): string => {
  const ofSecond = `SUM(CASE WHEN ${m}.ts_client = ${t}.mark_at THEN 1 ELSE 0 END)`
  const later = `COUNT(CASE WHEN ${m}.ts_client > ${t}.mark_at THEN 1 END)`
  return `${greatest(sql, '0', `${t}.mark_base + COALESCE(${ofSecond}, 0)`)} + ${later}`
}

/** The one rule for a thread's unread count. Statuses do not count. */
const recount = (sql: SqlClient.SqlClient): string =>
  `UPDATE threads SET unread_count = (SELECT ${unreadOf(sql, 'm', 'threads')} FROM messages m
    WHERE m.thread_id = threads.thread_id AND threads.kind <> 'status' AND ${countable(sql)}
      AND (m.ts_client, m.message_row) > (threads.mark_at, threads.mark_row))
  WHERE thread_id = ?`

interface Mark {
  /** Milliseconds since 1970, and the row within it. */
  readonly at: number
  readonly row: number
  /** How many messages up to the mark are unread all the same; below zero, how many of the second after it are read. */
  readonly base: number
}

/** Derives the unread count of a thread again. */
export const recountUnread = ({ bulk, sql }: Pick<WriteContext, 'bulk' | 'sql'>, threadId: string) =>
  bulk.runMany(recount(sql), [[threadId]])

/**
 * What a mark before the thread's own says of the messages up to that one: unread are at most its `base` and what lies between
 * the two. The phone's count of a history stands at the end of the history; the owner reads up to a message before that.
 */
const lowerBase = (sql: SqlClient.SqlClient, threadId: string, { at, base, row }: Mark) => {
  const unread = sql`${base} + (SELECT COUNT(*) FROM messages m WHERE m.thread_id = threads.thread_id
    AND ${sql.literal(countable(sql))} AND (m.ts_client, m.message_row) > (${at}, ${row})
    AND (m.ts_client, m.message_row) <= (threads.mark_at, threads.mark_row))`
  const between = sql`CASE WHEN ${unread} > 0 THEN ${unread} ELSE 0 END`
  return sql`UPDATE threads SET mark_base = ${between}
    WHERE thread_id = ${threadId} AND mark_base > 0 AND (mark_at, mark_row) > (${at}, ${row}) AND mark_base > ${between} RETURNING 1`
}

/** Moves the mark forward, never back. Of two marks at one place the one with fewer unread messages is kept. */
export const advanceMark = Effect.fnUntraced(function* (
  context: WriteContext,
  accountId: string,
  threadId: string,
  mark: Mark
) {
  const { eventLog, sql } = context
  const moved = yield* sql`UPDATE threads SET
      mark_base = CASE WHEN (mark_at, mark_row) = (${mark.at}, ${mark.row}) AND mark_base < ${mark.base} THEN mark_base
        ELSE ${mark.base} END,
      mark_at = ${mark.at}, mark_row = ${mark.row}
    WHERE thread_id = ${threadId} AND (mark_at, mark_row) <= (${mark.at}, ${mark.row}) RETURNING 1`
  const lowered = moved.length > 0 ? moved : yield* lowerBase(sql, threadId, mark)
  if (lowered.length === 0) return
  const before = yield* sql`SELECT unread_count FROM threads WHERE thread_id = ${threadId}`
  yield* recountUnread(context, threadId)
  const after = yield* sql`SELECT unread_count FROM threads WHERE thread_id = ${threadId}`
  if (before[0]?.['unreadCount'] === after[0]?.['unreadCount']) return
  yield* eventLog.append(accountId, [{ kind: 'thread.changed', threadId, messageId: null }])
})

/**
 * Takes the phone's count of unread messages. Fewer than here means that the owner has read on the phone. As many or more
 * changes nothing: what was read here is not unread again because the phone had not heard of it, and what is missing here
 * counts when it comes. WhatsApp's times are whole seconds: what was written in the second of the newest message, after the
 * phone had counted, stays unread.
 */
export const noteUnreadCount = Effect.fnUntraced(function* (
  context: WriteContext,
  accountId: string,
  threadId: string,
  counted: UnreadAtPhone
) {
  const { at, count } = counted
  const [known] = yield* context.sql<{ markAt: number; unread: number; ofSecond: number }>`SELECT t.mark_at,
      ${context.sql.literal(unreadOf(context.sql, 'm', 't'))} AS unread, COUNT(CASE WHEN m.ts_client = ${at} THEN 1 END) AS of_second
    FROM threads t LEFT JOIN messages m ON m.thread_id = t.thread_id AND ${context.sql.literal(countable(context.sql))}
      AND (m.ts_client, m.message_row) > (t.mark_at, t.mark_row) AND m.ts_client <= ${at}
    WHERE t.thread_id = ${threadId} GROUP BY t.thread_id, t.mark_at, t.mark_base`
  const { ofSecond = 0, unread = 0 } = known ?? {}
  const isFirst = known === undefined || known.markAt === 0
  if (!isFirst && count >= unread) return
  const beforeItsSecond = (base: number): Mark => ({ at, row: BEFORE_ITS_SECOND, base })
  const mark =
    counted.ofSecond !== undefined
      ? beforeItsSecond(count - counted.ofSecond)
      : isFirst && ofSecond === 0
        ? { at, row: LAST_ROW, base: count }
        : // Whether the phone counted those of the second is not known: they stay as they are here.
          beforeItsSecond(Math.max(0, count - ofSecond))
  yield* advanceMark(context, accountId, threadId, mark)
})

/** Raises the counts by the messages in rows after `before`; they are among `stored`. */
export const countNewMessages = Effect.fnUntraced(function* (
  { bulk, sql }: Pick<WriteContext, 'bulk' | 'sql'>,
  before: number,
  stored: ReadonlyArray<MessageWrite>
) {
  // In almost all threads of a history no message is newer than the mark: their rows need not be read.
  const newest = new Map<string, number>()
  for (const { direction, threadId, tsClient } of stored) {
    if (direction === 'inbound') newest.set(threadId, Math.max(newest.get(threadId) ?? 0, tsClient))
  }
  const withNewer = yield* sql<{ id: string; base: number }>`SELECT t.thread_id AS id, t.mark_base AS base
    FROM ${rowsOf(sql, [...newest], ['thread_id', 'at'])} AS stored JOIN threads t ON t.thread_id = stored.thread_id
    WHERE t.kind <> 'status' AND (stored.at > t.mark_at OR (stored.at = t.mark_at AND t.mark_row < ${LAST_ROW}))`
  if (withNewer.length === 0) return
  // The first messages behind such a mark are read: adding one for each would count them.
  const counted = withNewer.filter(({ base }) => base < 0)
  yield* bulk.runMany(
    recount(sql),
    counted.map(({ id }) => [id])
  )
  if (counted.length === withNewer.length) return
  // A few rows are looked at, by their numbers, instead of the whole index of threads.
  const threadId = sql.literal(withoutIndex(sql, 'm.thread_id'))
  const threadIds = withNewer.flatMap(({ base, id }) => (base < 0 ? [] : id))
  yield* sql`UPDATE threads SET unread_count = unread_count + fresh.n FROM (
      SELECT m.thread_id AS id, COUNT(*) AS n FROM messages m CROSS JOIN threads t ON t.thread_id = m.thread_id
      WHERE m.message_row > ${before} AND ${threadId} IN ${listOf(sql, threadIds)}
        AND ${sql.literal(countable(sql))} AND (m.ts_client, m.message_row) > (t.mark_at, t.mark_row) GROUP BY ${threadId}
    ) AS fresh WHERE threads.thread_id = fresh.id`
})

/**
 * The newest of the messages that are stored is read, and what is before it. One whose read is kept is later than its place. Answers the
 * last row of those that are stored.
 */
const readUpToMessages = Effect.fnUntraced(function* (
  context: WriteContext,
  accountId: string,
  threadId: string,
  whatsAppIds: ReadonlyArray<string>
) {
  const { sql } = context
  const [newest] = yield* sql<{ at: number; row: number; last: number }>`
    SELECT m.ts_client AS at, m.message_row AS row, MAX(m.message_row) OVER () AS last
    FROM ${rowsOf(sql, whatsAppIds.map(messageIdRange), ['first', 'before'])} AS ids
    CROSS JOIN messages m ON m.thread_id = ${threadId} AND m.message_id >= ids.first AND m.message_id < ids.before
    WHERE NOT EXISTS (SELECT 1 FROM waiting_reads w WHERE w.thread_id = m.thread_id AND w.whatsapp_id = m.whatsapp_id)
    ORDER BY m.ts_client DESC, m.message_row DESC LIMIT 1`
  if (newest === undefined) return undefined
  const { at, last, row } = newest
  yield* advanceMark(context, accountId, threadId, { at, row, base: 0 })
  return last
})

const readEverything = Effect.fnUntraced(function* (
  context: WriteContext,
  accountId: string,
  threadId: string
) {
  const { sql } = context
  const [newest] = yield* sql<Omit<Mark, 'base'>>`SELECT ts_client AS at, message_row AS row FROM messages
    WHERE thread_id = ${threadId} ORDER BY ts_client DESC, message_row DESC LIMIT 1`
  const [mark] = yield* sql<Omit<Mark, 'base'>>`SELECT mark_at AS at, mark_row AS row FROM threads
    WHERE thread_id = ${threadId}`
  for (const place of [newest, mark]) {
    if (place !== undefined) yield* advanceMark(context, accountId, threadId, { ...place, base: 0 })
  }
})

export const markRead = Effect.fnUntraced(function* (
  context: WriteContext,
  accountId: string,
  threadId: string,
  upTo: ReadUpTo
) {
  if (upTo === 'everything') return yield* readEverything(context, accountId, threadId)
  if ('at' in upTo)
    return yield* advanceMark(context, accountId, threadId, { at: upTo.at, row: LAST_ROW, base: 0 })
  const last = yield* readUpToMessages(context, accountId, threadId, upTo.whatsAppIds)
  // A receipt may be handled after what came behind it. It names what was unread: what is stored after that was not there yet.
  yield* context.bulk.runMany(
    `INSERT INTO waiting_reads (account_id, thread_id, whatsapp_id, waiting_since, stored_up_to)
      SELECT ?1, ?2, ?3, ?4, COALESCE(?7, (SELECT MAX(message_row) FROM messages))
      WHERE NOT EXISTS (SELECT 1 FROM messages WHERE thread_id = ?2 AND message_id >= ?5 AND message_id < ?6)
      ON CONFLICT DO NOTHING`,
    upTo.whatsAppIds.map(id => [accountId, threadId, id, context.now(), ...messageIdRange(id), last ?? null])
  )
})

interface WaitingRead {
  readonly accountId: string
  readonly threadId: string
  readonly whatsAppId: string
  /** The last row of what was stored when the owner read; `null` when that is not known, or there was none. */
  readonly storedUpTo: number | null
}

/**
 * Applies a read to its message, which was stored after it. What was stored in between, in the message's second, came after the read
 * and stays unread: the mark is set before it. The read is kept for as long as its message is after the mark: it does not count then.
 */
const readLateMessage = Effect.fnUntraced(function* (
  context: WriteContext,
  { accountId, storedUpTo, threadId, whatsAppId }: WaitingRead,
  isOfHistory: boolean
) {
  const { sql } = context
  const [first, before] = messageIdRange(whatsAppId)
  const [found] = yield* sql<{ at: number; row: number; markAt: number; markBase: number; markRow: number }>`
    SELECT m.ts_client AS at, m.message_row AS row, t.mark_at, t.mark_base, t.mark_row
    FROM messages m JOIN threads t ON t.thread_id = m.thread_id
    WHERE m.thread_id = ${threadId} AND m.message_id >= ${first} AND m.message_id < ${before}
    ORDER BY m.ts_client DESC, m.message_row DESC LIMIT 1`
  if (found === undefined) return []
  const { at, markAt, markBase, markRow, row } = found
  const isOfMark = at === markAt
  // The phone's count says how many messages of the history's last second are read, and not which ones: this may be one of them.
  const mayBeCounted = isOfHistory && isOfMark && markBase < 0
  const storedBefore = Math.max(storedUpTo ?? BEFORE_ITS_SECOND, isOfMark ? markRow : BEFORE_ITS_SECOND)
  const upTo = mayBeCounted ? row : Math.min(row, storedBefore)
  yield* advanceMark(context, accountId, threadId, { at, row: upTo, base: 0 })
  return [[threadId, whatsAppId, at, row] as const]
})

/** Applies reads whose messages are stored, and keeps those that are needed further. */
const applyReads = Effect.fnUntraced(function* (
  context: WriteContext,
  reads: ReadonlyArray<WaitingRead>,
  isOfHistory: (read: WaitingRead) => boolean
) {
  const applied = yield* Effect.forEach(reads, read => readLateMessage(context, read, isOfHistory(read)))
  yield* context.bulk.runMany(
    `DELETE FROM waiting_reads WHERE thread_id = ?1 AND whatsapp_id = ?2
      AND EXISTS (SELECT 1 FROM threads t WHERE t.thread_id = ?1 AND (t.mark_at, t.mark_row) >= (?3, ?4))`,
    applied.flat()
  )
})

/** Applies reads that arrived before their messages. */
export const applyWaitingReads = Effect.fnUntraced(function* (
  context: WriteContext,
  messages: ReadonlyArray<Pick<MessageWrite, 'live' | 'threadId' | 'whatsAppId'>>
) {
  const { sql } = context
  const [any] = yield* sql`SELECT 1 FROM waiting_reads LIMIT 1`
  if (any === undefined) return
  const keys = messages.map(({ threadId, whatsAppId }) => [threadId, whatsAppId])
  const reads = yield* sql<WaitingRead>`SELECT w.account_id, w.thread_id, w.whatsapp_id, w.stored_up_to
    FROM ${rowsOf(sql, keys, ['thread_id', 'whatsapp_id'])} AS stored
    JOIN waiting_reads w ON w.thread_id = stored.thread_id AND w.whatsapp_id = stored.whatsapp_id`
  const live = new Set(messages.filter(message => message.live).map(keyOf))
  yield* applyReads(context, reads, read => !live.has(keyOf(read)))
})

const keyOf = ({ threadId, whatsAppId }: Pick<WaitingRead, 'threadId' | 'whatsAppId'>): string =>
  `${threadId} ${whatsAppId}`

/** Applies the waiting reads of a thread whose messages are stored. */
export const applyWaitingReadsOf = (context: WriteContext, threadId: string) =>
  Effect.flatMap(
    context.sql<WaitingRead>`SELECT account_id, thread_id, whatsapp_id, stored_up_to FROM waiting_reads
      WHERE thread_id = ${threadId}`,
    reads => applyReads(context, reads, () => false)
  )

/** Removes reads from before a time (milliseconds since 1970), but those by which a message after the mark is read. */
export const deleteWaitingReads = (sql: SqlClient.SqlClient, before: number) =>
  sql`DELETE FROM waiting_reads WHERE waiting_since < ${before} AND NOT EXISTS (
    SELECT 1 FROM threads t JOIN messages m ON m.thread_id = t.thread_id AND m.ts_client = t.mark_at
    WHERE t.thread_id = waiting_reads.thread_id AND m.whatsapp_id = waiting_reads.whatsapp_id AND m.message_row > t.mark_row)`

/** The unread messages, newest first: whatever was read, the unread ones are the newest. */
export const unreadMessages = (sql: SqlClient.SqlClient, threadId: string, limit: number) =>
  sql.unsafe<Target>(
    `SELECT m.message_id AS messageId, m.whatsapp_id AS whatsAppId, m.sender FROM messages m WHERE m.thread_id = ?1 AND ${countable(sql)}
      ORDER BY m.ts_client DESC, m.message_row DESC
      LIMIT ${least(sql, '?2', '(SELECT unread_count FROM threads WHERE thread_id = ?1)')}`,
    [threadId, limit]
  )
