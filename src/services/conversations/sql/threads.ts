// Threads and contacts in SQL.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { Target } from '../../../domain/outbox.ts'
import type { SqlBulk } from '../../database/bulk.ts'
import type { ContactWrite, MessageWrite, ReadUpTo, ThreadWrite } from '../store.ts'
import type { eventStatements } from '../../events/events.ts'
import { decodeThread, THREAD_SELECT } from './thread-pages.ts'

/** A setting that was ended, as a parameter: NULL says that nothing was told of it. */
const NOT_SET = -9

/** Behind every message of its second: where "read up to this time" ends. */
const LAST_ROW = Number.MAX_SAFE_INTEGER

/** Messages a person would have to read. */
const COUNTABLE = `m.direction = 'inbound' AND m.type NOT IN ('system', 'call')`

/** The one rule for a thread's unread count: what its mark left over, and every countable message behind the mark. */
const RECOUNT = `UPDATE threads SET unread_count = mark_base + (SELECT COUNT(*) FROM messages m
  WHERE m.thread_id = threads.thread_id AND ${COUNTABLE} AND (m.ts_client, m.rowid) > (threads.mark_at, threads.mark_row))
  WHERE thread_id = ?`

export const threadStatements = (
  sql: SqlClient.SqlClient,
  bulk: SqlBulk['Service'],
  now: () => number,
  events: ReturnType<typeof eventStatements>
) => {
  const existing = (threadIds: ReadonlyArray<string>) =>
    Effect.map(
      sql<{ id: string }>`SELECT thread_id AS id FROM threads
        WHERE thread_id IN (SELECT value FROM json_each(${JSON.stringify(threadIds)}))`,
      rows => new Set(rows.map(({ id }) => id))
    )

  const put = Effect.fnUntraced(function* (accountId: string, threads: ReadonlyArray<ThreadWrite>) {
    yield* bulk.runMany(
      `INSERT INTO threads (thread_id, account_id, client_jid, kind, display_name, archived, ephemeral_seconds, created_at,
          pinned_at, muted_until)
        SELECT ?1, ?2, ?3, ?4, ?5, COALESCE(?6, 0), COALESCE(?7, 0), ?8, NULLIF(?9, ${NOT_SET}), NULLIF(?10, ${NOT_SET})
        WHERE ?11 IS NOT 1 OR EXISTS (SELECT 1 FROM threads WHERE thread_id = ?1)
        ON CONFLICT (thread_id) DO UPDATE SET display_name = COALESCE(?5, display_name),
          archived = COALESCE(?6, archived), ephemeral_seconds = COALESCE(?7, ephemeral_seconds),
          pinned_at = CASE WHEN ?9 IS NULL THEN pinned_at ELSE NULLIF(?9, ${NOT_SET}) END,
          muted_until = CASE WHEN ?10 IS NULL THEN muted_until ELSE NULLIF(?10, ${NOT_SET}) END
        WHERE COALESCE(?5, ?6, ?7, ?9, ?10) IS NOT NULL`,
      threads.map(write => [
        write.threadId,
        accountId,
        write.clientJid,
        write.kind,
        write.displayName,
        write.archived,
        write.ephemeralSeconds,
        now(),
        write.pinnedAt === null ? NOT_SET : write.pinnedAt,
        write.mutedUntil === null ? NOT_SET : write.mutedUntil,
        write.onlyIfKnown
      ])
    )
    for (const { threadId, unread } of threads) {
      if (unread === undefined) continue
      yield* advance(accountId, threadId, { at: unread.at, row: LAST_ROW, base: unread.count })
    }
    const told = threads.filter(
      write =>
        write.displayName !== undefined ||
        write.archived !== undefined ||
        write.pinnedAt !== undefined ||
        write.mutedUntil !== undefined ||
        write.ephemeralSeconds !== undefined
    )
    const isThread = yield* existing(told.map(({ threadId }) => threadId))
    yield* events.put(
      accountId,
      told
        .filter(({ threadId }) => isThread.has(threadId))
        .map(({ threadId }) => ({ kind: 'thread.changed', threadId, messageId: null }))
    )
  }, sql.withTransaction)

  /** Moves the mark forward, never back; of two marks at one place the one that leaves less unread holds. */
  const advance = Effect.fnUntraced(function* (
    accountId: string,
    threadId: string,
    mark: { readonly at: number; readonly row: number; readonly base: number }
  ) {
    const moved = yield* sql`UPDATE threads SET
        mark_base = CASE WHEN (mark_at, mark_row) = (${mark.at}, ${mark.row}) THEN MIN(mark_base, ${mark.base}) ELSE ${mark.base} END,
        mark_at = ${mark.at}, mark_row = ${mark.row}
      WHERE thread_id = ${threadId} AND (mark_at, mark_row) <= (${mark.at}, ${mark.row}) RETURNING 1`
    if (moved.length === 0) return
    const before = yield* sql`SELECT unread_count FROM threads WHERE thread_id = ${threadId}`
    yield* bulk.runMany(RECOUNT, [[threadId]])
    const after = yield* sql`SELECT unread_count FROM threads WHERE thread_id = ${threadId}`
    if (before[0]?.['unreadCount'] === after[0]?.['unreadCount']) return
    yield* events.put(accountId, [{ kind: 'thread.changed', threadId, messageId: null }])
  })

  /** Raises the counts by the messages whose rows lie behind `before`; they are among `stored`. */
  const countNew = Effect.fnUntraced(function* (before: number, stored: ReadonlyArray<MessageWrite>) {
    // Of almost all threads in a history nothing lies behind the mark: that is told without looking at the rows.
    const newest = new Map<string, number>()
    for (const { direction, threadId, tsClient } of stored) {
      if (direction === 'inbound') newest.set(threadId, Math.max(newest.get(threadId) ?? 0, tsClient))
    }
    const behindMark = yield* sql.unsafe<{ id: string }>(
      `SELECT t.thread_id AS id FROM json_each(?) AS told JOIN threads t ON t.thread_id = told.value ->> 0
        WHERE told.value ->> 1 > t.mark_at OR (told.value ->> 1 = t.mark_at AND t.mark_row < ?)`,
      [JSON.stringify([...newest]), LAST_ROW]
    )
    if (behindMark.length === 0) return
    yield* sql.unsafe(
      // The pluses keep SQLite from walking a whole index instead of a few rows.
      `UPDATE threads SET unread_count = unread_count + fresh.n FROM (
          SELECT m.thread_id AS id, COUNT(*) AS n FROM messages m CROSS JOIN threads t ON t.thread_id = m.thread_id
          WHERE m.rowid > ? AND +m.thread_id IN (SELECT value FROM json_each(?))
            AND ${COUNTABLE} AND (m.ts_client, m.rowid) > (t.mark_at, t.mark_row) GROUP BY +m.thread_id
        ) AS fresh WHERE threads.thread_id = fresh.id`,
      [before, JSON.stringify(behindMark.map(({ id }) => id))]
    )
  })

  const readUpToMessages = Effect.fnUntraced(function* (
    accountId: string,
    threadId: string,
    whatsAppIds: ReadonlyArray<string>
  ) {
    const [newest] = yield* sql<{ at: number; row: number }>`SELECT m.ts_client AS at, m.rowid AS row
      FROM messages m JOIN json_each(${JSON.stringify(whatsAppIds)}) AS wanted ON m.whatsapp_id = wanted.value
      WHERE m.thread_id = ${threadId} AND m.direction = 'inbound' ORDER BY m.ts_client DESC, m.rowid DESC LIMIT 1`
    if (newest !== undefined) yield* advance(accountId, threadId, { ...newest, base: 0 })
  })

  const markRead = Effect.fnUntraced(function* (accountId: string, threadId: string, upTo: ReadUpTo) {
    if (upTo === 'everything') {
      const [newest] = yield* sql<{
        at: number
        row: number
      }>`SELECT ts_client AS at, rowid AS row FROM messages
        WHERE thread_id = ${threadId} ORDER BY ts_client DESC, rowid DESC LIMIT 1`
      const [mark] = yield* sql<{
        at: number
        row: number
      }>`SELECT mark_at AS at, mark_row AS row FROM threads
        WHERE thread_id = ${threadId}`
      for (const place of [newest, mark]) {
        if (place !== undefined) yield* advance(accountId, threadId, { ...place, base: 0 })
      }
    } else if ('at' in upTo) {
      yield* advance(accountId, threadId, { at: upTo.at, row: LAST_ROW, base: 0 })
    } else {
      yield* readUpToMessages(accountId, threadId, upTo.whatsAppIds)
      yield* bulk.runMany(
        `INSERT INTO waiting_reads (account_id, thread_id, whatsapp_id, waiting_since)
          SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS (SELECT 1 FROM messages WHERE thread_id = ?2 AND whatsapp_id = ?3)
          ON CONFLICT DO NOTHING`,
        upTo.whatsAppIds.map(id => [accountId, threadId, id, now()])
      )
    }
  }, sql.withTransaction)

  const applyReads = Effect.fnUntraced(function* (
    rows: ReadonlyArray<{ accountId: string; threadId: string; whatsappId: string }>
  ) {
    for (const row of rows) {
      yield* readUpToMessages(row.accountId, row.threadId, [row.whatsappId])
      yield* sql`DELETE FROM waiting_reads WHERE thread_id = ${row.threadId} AND whatsapp_id = ${row.whatsappId}`
    }
  })

  /** Reads that were told before the messages came which they are about. */
  const applyWaitingReads = Effect.fnUntraced(function* (
    messages: ReadonlyArray<{ readonly threadId: string; readonly whatsAppId: string }>
  ) {
    const [any] = yield* sql`SELECT 1 FROM waiting_reads LIMIT 1`
    if (any === undefined) return
    const rows = yield* sql<{ accountId: string; threadId: string; whatsappId: string }>`
      SELECT w.account_id, w.thread_id, w.whatsapp_id
      FROM json_each(${JSON.stringify(messages.map(({ threadId, whatsAppId }) => [threadId, whatsAppId]))}) AS wanted
      JOIN waiting_reads w ON w.thread_id = wanted.value ->> 0 AND w.whatsapp_id = wanted.value ->> 1`
    yield* applyReads(rows)
  })

  const settleReads = Effect.fnUntraced(function* (threadId: string) {
    yield* applyReads(
      yield* sql<{ accountId: string; threadId: string; whatsappId: string }>`
        SELECT w.account_id, w.thread_id, w.whatsapp_id FROM waiting_reads w
        JOIN messages m ON m.thread_id = w.thread_id AND m.whatsapp_id = w.whatsapp_id
        WHERE w.thread_id = ${threadId}`
    )
  })

  // Whatever was read, the unread ones are the newest.
  const unread = (threadId: string, limit: number) =>
    sql.unsafe<Target>(
      `SELECT m.message_id AS messageId, m.whatsapp_id AS whatsAppId, m.sender FROM messages m WHERE m.thread_id = ?1 AND ${COUNTABLE}
        ORDER BY m.ts_client DESC, m.rowid DESC
        LIMIT MIN(?2, (SELECT unread_count FROM threads WHERE thread_id = ?1))`,
      [threadId, limit]
    )

  /** The one rule for a thread's last message: the newest that is neither an event nor was taken back, whatever order they came in. */
  const refreshSummaries = (threadIds: ReadonlySet<string>) =>
    bulk.runMany(
      `UPDATE threads SET (last_message_at, last_message_id, last_message_text, last_message_direction) =
        (SELECT ts_client, message_id, SUBSTR(COALESCE(NULLIF(body, ''), '[' || type || ']'), 1, 200), direction
          FROM messages WHERE thread_id = threads.thread_id AND type <> 'system' AND status <> 'cancelled'
          ORDER BY ts_client DESC, rowid DESC LIMIT 1)
        WHERE thread_id = ?`,
      [...threadIds].map(threadId => [threadId])
    )

  const putContacts = (accountId: string, contacts: ReadonlyArray<ContactWrite>) =>
    bulk.runMany(
      `INSERT INTO contacts (account_id, contact_jid, name, push_name) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (account_id, contact_jid) DO UPDATE SET name = COALESCE(?3, name), push_name = COALESCE(?4, push_name)`,
      contacts.map(contact => [accountId, contact.contactJid, contact.name, contact.pushName])
    )

  const mergeContacts = Effect.fnUntraced(function* (accountId: string, from: string, to: string) {
    yield* sql`INSERT INTO contacts (account_id, contact_jid, name, push_name)
      SELECT account_id, ${to}, name, push_name FROM contacts WHERE account_id = ${accountId} AND contact_jid = ${from}
      ON CONFLICT (account_id, contact_jid) DO UPDATE SET
        name = COALESCE(contacts.name, excluded.name), push_name = COALESCE(contacts.push_name, excluded.push_name)`
    yield* sql`DELETE FROM contacts WHERE account_id = ${accountId} AND contact_jid = ${from}`
  })

  const read = Effect.fnUntraced(function* (threadId: string) {
    const [row] = yield* sql.unsafe(`${THREAD_SELECT} WHERE t.thread_id = ?`, [threadId])
    return row === undefined ? undefined : yield* decodeThread(row)
  })

  const pruneWaitingReads = (before: number) => sql`DELETE FROM waiting_reads WHERE waiting_since < ${before}`

  return {
    put,
    putContacts,
    mergeContacts,
    read,
    countNew,
    markRead,
    applyWaitingReads,
    settleReads,
    unread,
    refreshSummaries,
    recount: (threadId: string) => bulk.runMany(RECOUNT, [[threadId]]),
    pruneWaitingReads
  }
}
