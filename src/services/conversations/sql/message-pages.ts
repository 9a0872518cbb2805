// Messages of a thread in SQL, page by page, ordered by time and row. A row number never changes, whatever happens to other
// messages.
import { Effect } from 'effect'
import type { SqlClient, Statement } from 'effect/sql'
import { parseThreadId } from '../../../domain/ids.ts'
import { chatJid } from '../../../domain/jid.ts'
import type { Cursor } from '../../../domain/page.ts'
import type { MessageFilter } from '../../../domain/reading.ts'
import { listOf, startsWith } from '../../database/dialect.ts'
import type { MessagePage, MessageQuery } from '../queries.ts'
import { LINKS } from './message-links.ts'
import { decodeMessage } from './message-row.ts'

/** The highest row number there is, 0 when there is none. */
export const newestRow = (sql: SqlClient.SqlClient) =>
  Effect.map(
    sql<{ newest: number | null }>`SELECT MAX(message_row) AS newest FROM messages`,
    ([found]) => found?.newest ?? 0
  )

export const MESSAGE_SELECT = `SELECT m.message_row AS row, m.account_id, m.thread_id, m.message_id, m.whatsapp_id, m.direction, m.sender, m.type, m.body,
    m.media, m.details, m.quoted_whatsapp_id, m.quoted_thread_id, m.quoted_excerpt, ${LINKS}, m.reactions, m.edits, m.status, m.status_reason, m.ts_client,
    m.ts_claimed, m.ts_server, m.broadcast, m.starred, m.deleted_for_me_at, m.labels, COALESCE(c.name, m.sender_name, c.push_name) AS sender_name
  FROM messages m LEFT JOIN contacts c
    ON c.account_id = m.account_id AND c.contact_jid = m.sender AND m.direction = 'inbound'`

/** A place in the order of a thread. WhatsApp counts in seconds; within one, messages stand in the order in which they were first stored. */
export interface Place {
  readonly time: number
  readonly row: number
}

type Direction = '' | 'DESC'

/** A range of a thread, neither end included. */
interface Range {
  readonly from: Place
  readonly to: Place
}

const BEFORE_ALL: Place = { time: -1, row: 0 }
const AFTER_ALL: Place = { time: Number.MAX_SAFE_INTEGER, row: 0 }

const isLater = (a: Place, b: Place): boolean => a.time > b.time || (a.time === b.time && a.row > b.row)

/** The part of a range (`from` to `to`) that lies within the times of a filter; neither end included. */
export const within = (
  { since, until }: MessageFilter,
  from: Place = BEFORE_ALL,
  to: Place = AFTER_ALL
): Range => {
  const earliest = since === undefined ? BEFORE_ALL : { time: since, row: 0 }
  const latest = until === undefined ? AFTER_ALL : { time: until, row: 0 }
  return { from: isLater(earliest, from) ? earliest : from, to: isLater(to, latest) ? latest : to }
}

/** What holds of every message that is wanted. */
export type Conditions = ReadonlyArray<Statement.Fragment>

/** What a filter says of a message besides its time. `sender` is a person by now, not just any of their addresses. */
export const conditionsOf = (sql: SqlClient.SqlClient, { sender, types }: MessageFilter): Conditions => {
  const conditions: Array<Statement.Fragment> = []
  if (sender === 'me') conditions.push(sql`m.direction = 'outbound'`)
  else if (sender !== undefined) conditions.push(sql`m.direction = 'inbound' AND m.sender = ${sender}`)
  if (types !== undefined) {
    const isOneOf = sql`m.type IN ${listOf(sql, types)}`
    const isUnsupported = sql.literal(startsWith(sql, 'm.type', 'unsupported:'))
    conditions.push(types.includes('unsupported') ? sql`(${isOneOf} OR ${isUnsupported})` : isOneOf)
  }
  return conditions
}

/** How many messages one statement, and one request, examines for those that match a filter. */
const WINDOW = 2000
const MOST_EXAMINED = 10 * WINDOW

const isBetween = (sql: SqlClient.SqlClient, threadId: string, { from, to }: Range) =>
  sql`m.thread_id = ${threadId} AND (m.ts_client, m.message_row) > (${from.time}, ${from.row})
    AND (m.ts_client, m.message_row) < (${to.time}, ${to.row})`

const inOrder = (sql: SqlClient.SqlClient, direction: Direction) =>
  sql.literal(`ORDER BY m.ts_client ${direction}, m.message_row ${direction}`)

/** The person whom an address means, `me` for one of the account's own. */
const personOf = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  accountId: string,
  sender: string | undefined
) {
  if (sender === undefined || sender === 'me') return sender
  const [own] = yield* sql<{ jid: string | null; lid: string | null }>`
    SELECT jid, lid FROM accounts WHERE account_id = ${accountId}`
  if (own !== undefined && [own.jid, own.lid].some(jid => chatJid(jid) === sender)) return 'me'
  const [known] = yield* sql<{ person: string }>`
    SELECT person FROM addresses WHERE account_id = ${accountId} AND jid = ${sender}`
  return known?.person ?? sender
})

/** The filter with its sender as the person whom the address means. */
export const resolvedFilter = <F extends MessageFilter>(
  sql: SqlClient.SqlClient,
  accountId: string,
  filter: F
) => Effect.map(personOf(sql, accountId, filter.sender), sender => ({ ...filter, sender }))

const placeOf = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  threadId: string,
  { id, row, time }: Cursor,
  missing: number
) {
  if (row !== undefined) return { time, row }
  const [held] = yield* sql<{ row: number }>`SELECT message_row AS row FROM messages
    WHERE thread_id = ${threadId} AND message_id = ${id}`
  return { time, row: held?.row ?? missing }
})

const rowsBetween = (
  sql: SqlClient.SqlClient,
  threadId: string,
  range: Range,
  conditions: Conditions,
  direction: Direction,
  limit: number
) =>
  sql<Record<string, unknown>>`${sql.literal(MESSAGE_SELECT)}
    WHERE ${sql.and([isBetween(sql, threadId, range), ...conditions])} ${inOrder(sql, direction)} LIMIT ${limit}`

/** The last message of the next window; `undefined` when fewer are left. */
const windowEnd = (sql: SqlClient.SqlClient, threadId: string, range: Range, direction: Direction) =>
  Effect.map(
    sql<{
      time: number
      id: string
      row: number
    }>`SELECT m.ts_client AS time, m.message_id AS id, m.message_row AS row
      FROM messages m WHERE ${isBetween(sql, threadId, range)} ${inOrder(sql, direction)}
      LIMIT 1 OFFSET ${WINDOW - 1}`,
    ([end]) => end
  )

/** Up to one row more than the limit; `stoppedAt` when so many were examined that the rest is left to another page. */
const rowsWanted = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  threadId: string,
  whole: Range,
  conditions: Conditions,
  direction: Direction,
  limit: number
) {
  let range = whole
  const found: Array<Record<string, unknown>> = []
  for (let examined = WINDOW; ; examined += WINDOW) {
    const end = conditions.length === 0 ? undefined : yield* windowEnd(sql, threadId, range, direction)
    const missing = limit + 1 - found.length
    const window =
      end === undefined
        ? range
        : direction === 'DESC'
          ? { ...range, from: { ...end, row: end.row - 1 } }
          : { ...range, to: { ...end, row: end.row + 1 } }
    found.push(...(yield* rowsBetween(sql, threadId, window, conditions, direction, missing)))
    if (end === undefined || found.length > limit) return { found, stoppedAt: undefined }
    if (examined >= MOST_EXAMINED) return { found, stoppedAt: end }
    range = direction === 'DESC' ? { ...range, to: end } : { ...range, from: end }
    yield* Effect.yieldNow
  }
})

/** A page, newest first. A page that a filter leaves short, or empty, has a cursor as long as there is more to examine. */
export const messagePage = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  threadId: string,
  query: MessageQuery
) {
  const { after, before, limit } = query
  const direction = after === undefined ? 'DESC' : ''
  const accountId = parseThreadId(threadId)?.accountId ?? ''
  const conditions = conditionsOf(sql, yield* resolvedFilter(sql, accountId, query))
  // A cursor without a row whose message is no longer stored: its second is repeated rather than left out.
  const whole = within(
    query,
    after === undefined ? undefined : yield* placeOf(sql, threadId, after, 0),
    before === undefined ? undefined : yield* placeOf(sql, threadId, before, Number.MAX_SAFE_INTEGER)
  )
  const { found, stoppedAt } = yield* rowsWanted(sql, threadId, whole, conditions, direction, limit)
  const page = found.slice(0, limit)
  const messages = yield* Effect.forEach(page, decodeMessage)
  const [nearest, farthest] = [cursorOf(page.at(0)), cursorOf(page.at(-1))]
  const beyond = stoppedAt ?? (found.length > limit ? farthest : undefined)
  return (
    after === undefined
      ? { messages, older: beyond ?? null, newer: nearest ?? before ?? null }
      : { messages: messages.toReversed(), older: nearest ?? after, newer: beyond ?? farthest ?? after }
  ) satisfies MessagePage
})

const cursorOf = (row: Record<string, unknown> | undefined): Cursor | undefined =>
  row === undefined
    ? undefined
    : { time: Number(row['tsClient']), id: String(row['messageId']), row: Number(row['row']) }
