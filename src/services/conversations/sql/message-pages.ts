// Messages of a thread in SQL, page by page, in the order (time, row): a row is given once and stays, whatever happens to
// the messages beside it.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import { parseThreadId } from '../../../domain/ids.ts'
import { chatJid } from '../../../domain/jid.ts'
import type { Cursor } from '../../../domain/page.ts'
import type { MessageFilter } from '../../../domain/reading.ts'
import type { MessagePage, MessageQuery } from '../store.ts'
import { decodeMessage } from './message-row.ts'

/** The highest row number there is, 0 when there is none. */
export const newestRow = (sql: SqlClient.SqlClient) =>
  Effect.map(
    sql<{ newest: number | null }>`SELECT MAX(rowid) AS newest FROM messages`,
    ([found]) => found?.newest ?? 0
  )

export const MESSAGE_SELECT = `SELECT m.rowid AS row, m.account_id, m.thread_id, m.message_id, m.whatsapp_id, m.direction, m.sender, m.type, m.body,
    m.media, m.details, m.quoted_whatsapp_id, m.quoted_message_id, m.reactions, m.edits, m.status, m.status_reason, m.ts_client,
    m.ts_claimed, m.ts_server, COALESCE(c.name, m.sender_name, c.push_name) AS sender_name
  FROM messages m LEFT JOIN contacts c
    ON c.account_id = m.account_id AND c.contact_jid = m.sender AND m.direction = 'inbound'`

/** A place in the order of a thread. WhatsApp counts in seconds; within one, messages stand in the order in which they were first stored. */
export interface Place {
  readonly time: number
  readonly row: number
}

export const BEFORE_ALL: Place = { time: -1, row: 0 }
const BEHIND_ALL: Place = { time: Number.MAX_SAFE_INTEGER, row: 0 }

const isLater = (a: Place, b: Place): boolean => a.time > b.time || (a.time === b.time && a.row > b.row)

/** The places between which a filter's times lie, given those between which a page lies; neither end belongs to it. */
export const within = (
  { since, until }: MessageFilter,
  from: Place = BEFORE_ALL,
  to: Place = BEHIND_ALL
): { readonly from: Place; readonly to: Place } => {
  const earliest = since === undefined ? BEFORE_ALL : { time: since, row: 0 }
  const latest = until === undefined ? BEHIND_ALL : { time: until, row: 0 }
  return { from: isLater(earliest, from) ? earliest : from, to: isLater(to, latest) ? latest : to }
}

export interface Condition {
  readonly text: string
  readonly params: ReadonlyArray<string | number>
}

/** What a filter says of a message besides its time. `sender` is a person by now, not just any of their addresses. */
export const conditionOf = ({ sender, types }: MessageFilter): Condition => {
  const texts: Array<string> = []
  const params: Array<string> = []
  if (sender === 'me') texts.push(`m.direction = 'outbound'`)
  else if (sender !== undefined) {
    texts.push(`m.direction = 'inbound' AND m.sender = ?`)
    params.push(sender)
  }
  if (types !== undefined) {
    const any = types.includes('unsupported') ? ` OR m.type GLOB 'unsupported:*'` : ''
    texts.push(`(m.type IN (SELECT value FROM json_each(?))${any})`)
    params.push(JSON.stringify(types))
  }
  return { text: texts.map(text => ` AND ${text}`).join(''), params }
}

/** So many messages are looked at in one statement, and in one request, for those that a filter wants. */
const WINDOW = 2000
const MOST_EXAMINED = 10 * WINDOW

const BETWEEN = `m.thread_id = ? AND (m.ts_client, m.rowid) > (?, ?) AND (m.ts_client, m.rowid) < (?, ?)`

const order = (direction: '' | 'DESC') => `ORDER BY m.ts_client ${direction}, m.rowid ${direction}`

export const messagePageStatements = (sql: SqlClient.SqlClient) => {
  /** The person whom an address means, `me` for one of the account's own. */
  const personOf = Effect.fnUntraced(function* (accountId: string, sender: string | undefined) {
    if (sender === undefined || sender === 'me') return sender
    const [own] = yield* sql<{ jid: string | null; lid: string | null }>`
      SELECT jid, lid FROM accounts WHERE account_id = ${accountId}`
    if (own !== undefined && [own.jid, own.lid].some(jid => chatJid(jid) === sender)) return 'me'
    const [known] = yield* sql<{ person: string }>`
      SELECT person FROM addresses WHERE account_id = ${accountId} AND jid = ${sender}`
    return known?.person ?? sender
  })

  const resolved = Effect.fnUntraced(function* <F extends MessageFilter>(accountId: string, filter: F) {
    const sender = yield* personOf(accountId, filter.sender)
    return { ...filter, sender }
  })

  const placeOf = Effect.fnUntraced(function* (threadId: string, { id, row, time }: Cursor, missing: number) {
    if (row !== undefined) return { time, row }
    const [held] = yield* sql<{ row: number }>`SELECT rowid AS row FROM messages
      WHERE thread_id = ${threadId} AND message_id = ${id}`
    return { time, row: held?.row ?? missing }
  })

  const rowsBetween = (
    threadId: string,
    { from, to }: { readonly from: Place; readonly to: Place },
    condition: Condition,
    direction: '' | 'DESC',
    limit: number
  ) =>
    sql.unsafe<Record<string, unknown>>(
      `${MESSAGE_SELECT} WHERE ${BETWEEN}${condition.text} ${order(direction)} LIMIT ?`,
      [threadId, from.time, from.row, to.time, to.row, ...condition.params, limit]
    )

  /** The last of the next messages that are looked at in one statement; `undefined` when fewer are left. */
  const windowEnd = (threadId: string, from: Place, to: Place, direction: '' | 'DESC') =>
    Effect.map(
      sql.unsafe<{ time: number; id: string; row: number }>(
        `SELECT m.ts_client AS time, m.message_id AS id, m.rowid AS row FROM messages m WHERE ${BETWEEN} ${order(direction)}
          LIMIT 1 OFFSET ${WINDOW - 1}`,
        [threadId, from.time, from.row, to.time, to.row]
      ),
      ([end]) => end
    )

  /** A page, newest first. A page that a filter leaves short, or empty, has a cursor for as long as there is more to look at. */
  const page = Effect.fnUntraced(function* (threadId: string, query: MessageQuery) {
    const { after, before, limit } = query
    const direction = after === undefined ? 'DESC' : ''
    const condition = conditionOf(yield* resolved(parseThreadId(threadId)?.accountId ?? '', query))
    // Of a cursor whose message is gone and that names no row, its second is shown again rather than left out.
    let { from, to } = within(
      query,
      after === undefined ? undefined : yield* placeOf(threadId, after, 0),
      before === undefined ? undefined : yield* placeOf(threadId, before, Number.MAX_SAFE_INTEGER)
    )
    const found: Array<Record<string, unknown>> = []
    let stoppedAt: Cursor | undefined
    for (let examined = WINDOW; ; examined += WINDOW) {
      const end = condition.text === '' ? undefined : yield* windowEnd(threadId, from, to, direction)
      const missing = limit + 1 - found.length
      const window =
        end === undefined
          ? { from, to }
          : direction === 'DESC'
            ? { from: { ...end, row: end.row - 1 }, to }
            : { from, to: { ...end, row: end.row + 1 } }
      found.push(...(yield* rowsBetween(threadId, window, condition, direction, missing)))
      if (end === undefined || found.length > limit) break
      if (examined >= MOST_EXAMINED) {
        stoppedAt = end
        break
      }
      if (direction === 'DESC') to = end
      else from = end
      yield* Effect.yieldNow
    }
    const shown = found.slice(0, limit)
    const messages = yield* Effect.forEach(shown, decodeMessage)
    const [nearest, farthest] = [cursorOf(shown.at(0)), cursorOf(shown.at(-1))]
    const beyond = stoppedAt ?? (found.length > limit ? farthest : undefined)
    return (
      after === undefined
        ? { messages, older: beyond ?? null, newer: nearest ?? before ?? null }
        : { messages: messages.toReversed(), older: nearest ?? after, newer: beyond ?? farthest ?? after }
    ) satisfies MessagePage
  })

  return { page, resolved }
}

const cursorOf = (row: Record<string, unknown> | undefined): Cursor | undefined =>
  row === undefined
    ? undefined
    : { time: Number(row['tsClient']), id: String(row['messageId']), row: Number(row['row']) }
