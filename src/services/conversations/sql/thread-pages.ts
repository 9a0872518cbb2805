// Threads in SQL, page by page, most recently active first.
import { Effect, Schema } from 'effect'
import type { SqlClient, Statement } from 'effect/sql'
import { PHONE_SERVER, phoneNumberOf } from '../../../domain/jid.ts'
import type { Cursor } from '../../../domain/page.ts'
import type { ThreadFilter } from '../../../domain/reading.ts'
import { searchable } from '../../../domain/search-text.ts'
import { Thread } from '../../../domain/thread.ts'
import { contains, foldedText } from '../../database/dialect.ts'
import type { ThreadPage, ThreadQuery } from '../queries.ts'
import { LabelIds } from './message-row.ts'

const decodeRow = Schema.decodeUnknownEffect(
  Schema.Struct({
    ...Thread.fields,
    archived: Schema.BooleanFromBit,
    markedUnread: Schema.BooleanFromBit,
    labels: LabelIds,
    phoneJid: Schema.NullOr(Schema.String)
  })
)

/** A thread from its row; one without a name is called by its phone number. */
export const decodeThread = (row: unknown) =>
  Effect.map(decodeRow(row), ({ phoneJid, ...found }): Thread => {
    const phone = phoneNumberOf(phoneJid ?? found.clientJid)
    return {
      ...found,
      labels: found.labels ?? [],
      displayName: found.displayName ?? (phone === undefined ? null : `+${phone}`)
    }
  })

const NAME = `COALESCE(c.name, t.display_name, c.push_name)`

/** The number that a person without a name has now. */
const PHONE_JID = `CASE WHEN ${NAME} IS NULL AND t.kind = 'direct' THEN
    (SELECT a.jid FROM addresses a WHERE a.account_id = t.account_id AND a.person = t.client_jid
      AND a.jid LIKE '%@${PHONE_SERVER}' ORDER BY a.since DESC, a.jid LIMIT 1) END`

export const THREAD_SELECT = `SELECT t.account_id, t.thread_id, t.client_jid, t.kind, t.last_message_at, t.last_message_text,
    t.last_message_direction, t.unread_count, t.archived, t.pinned_at, t.muted_until, t.ephemeral_seconds,
    t.created_at, t.marked_unread, t.cleared_at, t.deleted_at, t.labels, ${NAME} AS display_name, ${PHONE_JID} AS phone_jid
  FROM threads t LEFT JOIN contacts c ON c.account_id = t.account_id AND c.contact_jid = t.client_jid AND t.kind = 'direct'`

const conditionsOf = (
  sql: SqlClient.SqlClient,
  { archived, deleted = false, kind, label, text, unread }: ThreadFilter
): ReadonlyArray<Statement.Fragment> => {
  const conditions: Array<Statement.Fragment> = [sql.literal(deleted ? IS_DELETED : `NOT ${IS_DELETED}`)]
  if (archived !== undefined) conditions.push(sql`t.archived = ${archived}`)
  if (unread !== undefined) conditions.push(sql.literal(unread ? IS_UNREAD : `NOT ${IS_UNREAD}`))
  if (label !== undefined) conditions.push(hasLabel(sql, label))
  if (kind !== undefined) conditions.push(sql`t.kind = ${kind}`)
  if (text !== undefined) conditions.push(isCalled(sql, text))
  return conditions
}

/** Deleted on the phone, with nothing newer since. */
const IS_DELETED = `(t.deleted_up_to IS NOT NULL AND COALESCE(t.last_message_at, 0) <= t.deleted_up_to)`
const IS_UNREAD = `(t.unread_count > 0 OR t.marked_unread = 1)`

const hasLabel = (sql: SqlClient.SqlClient, label: string): Statement.Fragment =>
  sql`t.labels IS NOT NULL AND ${contains(sql, 't.labels', JSON.stringify(label))}`

/** By a part of the name, or of the phone number. */
const isCalled = (sql: SqlClient.SqlClient, text: string): Statement.Fragment => {
  const digits = text.replace(/[\s().+-]/g, '')
  const byName = contains(sql, foldedText(sql, NAME), searchable(text).trim().toLowerCase())
  return /^\d{3,}$/.test(digits) ? sql`(${byName} OR ${contains(sql, 't.client_jid', digits)})` : byName
}

const PLACE = `(COALESCE(t.last_message_at, 0), t.thread_id)`

const cursorOf = (found: Thread | undefined): Cursor | undefined =>
  found === undefined ? undefined : { time: found.lastMessageAt ?? 0, id: found.threadId }

/** A page, most recently active first. A thread that becomes active moves up: going down, nothing else is missed or repeated. */
export const threadPage = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  accountId: string,
  query: ThreadQuery
) {
  const { after, before, limit } = query
  const cursor = after ?? before
  const [direction, comparison] = after === undefined ? ['DESC', '<'] : ['ASC', '>']
  const conditions = [
    sql`t.account_id = ${accountId}`,
    ...(cursor === undefined
      ? []
      : [sql`${sql.literal(`${PLACE} ${comparison}`)} (${cursor.time}, ${cursor.id})`]),
    ...conditionsOf(sql, query)
  ]
  const order = sql.literal(`ORDER BY COALESCE(t.last_message_at, 0) ${direction}, t.thread_id ${direction}`)
  const rows =
    yield* sql`${sql.literal(THREAD_SELECT)} WHERE ${sql.and(conditions)} ${order} LIMIT ${limit + 1}`
  const threads = yield* Effect.forEach(rows.slice(0, limit), decodeThread)
  const [nearest, farthest] = [cursorOf(threads.at(0)), cursorOf(threads.at(-1))]
  const isMore = rows.length > limit
  return (
    after === undefined
      ? { threads, older: isMore ? (farthest ?? null) : null, newer: nearest ?? before ?? null }
      : { threads: threads.toReversed(), older: nearest ?? after, newer: farthest ?? after }
  ) satisfies ThreadPage
})

export const threadIds = (sql: SqlClient.SqlClient, accountId: string) =>
  Effect.map(
    sql<{
      id: string
    }>`SELECT thread_id AS id FROM threads WHERE account_id = ${accountId} ORDER BY thread_id`,
    rows => rows.map(({ id }) => id)
  )
