// Threads and contacts in SQL.
import { Effect, Schema } from 'effect'
import type { SqlClient } from 'effect/sql'
import { Thread } from '../../../domain/thread.ts'
import { phoneNumberOf } from '../../../domain/jid.ts'
import type { SqlBulk } from '../../sql/node-sqlite.ts'
import type { ContactWrite, Page, ThreadWrite } from '../store.ts'

const Row = Schema.Struct({
  account_id: Schema.String,
  thread_id: Schema.String,
  client_jid: Schema.String,
  kind: Thread.fields.kind,
  display_name: Schema.NullOr(Schema.String),
  last_message_at: Schema.NullOr(Schema.Finite),
  last_message_text: Schema.NullOr(Schema.String),
  last_message_direction: Thread.fields.lastMessageDirection,
  unread_count: Schema.Finite,
  archived: Schema.Finite,
  created_at: Schema.Finite
})

const decodeRow = Schema.decodeUnknownEffect(Row)

const thread = (row: typeof Row.Type): Thread => {
  const phone = phoneNumberOf(row.client_jid)
  return {
    accountId: row.account_id,
    threadId: row.thread_id,
    clientJid: row.client_jid,
    kind: row.kind,
    displayName: row.display_name ?? (phone === undefined ? null : `+${phone}`),
    lastMessageAt: row.last_message_at,
    lastMessageText: row.last_message_text,
    lastMessageDirection: row.last_message_direction,
    unreadCount: row.unread_count,
    archived: row.archived === 1,
    createdAt: row.created_at
  }
}

export const threadStatements = (sql: SqlClient.SqlClient, bulk: SqlBulk['Service'], now: () => number) => {
  const put = (accountId: string, threads: ReadonlyArray<ThreadWrite>) =>
    bulk.runMany(
      `INSERT INTO threads (thread_id, account_id, client_jid, kind, display_name, unread_count, archived, created_at)
        VALUES (?1, ?2, ?3, ?4, ?5, COALESCE(?6, 0), COALESCE(?7, 0), ?8)
        ON CONFLICT (thread_id) DO UPDATE SET display_name = COALESCE(?5, display_name),
          unread_count = COALESCE(?6, unread_count), archived = COALESCE(?7, archived)`,
      threads.map(write => [
        write.threadId,
        accountId,
        write.clientJid,
        write.kind,
        write.displayName,
        write.unreadCount,
        write.archived,
        now()
      ])
    )

  const putContacts = (accountId: string, contacts: ReadonlyArray<ContactWrite>) =>
    bulk.runMany(
      `INSERT INTO contacts (account_id, contact_jid, name, push_name) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (account_id, contact_jid) DO UPDATE SET name = COALESCE(?3, name), push_name = COALESCE(?4, push_name)`,
      contacts.map(contact => [accountId, contact.contactJid, contact.name, contact.pushName])
    )

  const merge = Effect.fnUntraced(function* (from: string, to: string) {
    yield* sql`UPDATE threads SET
      unread_count = unread_count + COALESCE((SELECT unread_count FROM threads WHERE thread_id = ${from}), 0),
      display_name = COALESCE(display_name, (SELECT display_name FROM threads WHERE thread_id = ${from}))
      WHERE thread_id = ${to}`
    yield* sql`DELETE FROM threads WHERE thread_id = ${from}`
  })

  const mergeContacts = Effect.fnUntraced(function* (accountId: string, from: string, to: string) {
    yield* sql`INSERT INTO contacts (account_id, contact_jid, name, push_name)
      SELECT account_id, ${to}, name, push_name FROM contacts WHERE account_id = ${accountId} AND contact_jid = ${from}
      ON CONFLICT (account_id, contact_jid) DO UPDATE SET
        name = COALESCE(contacts.name, excluded.name), push_name = COALESCE(contacts.push_name, excluded.push_name)`
    yield* sql`DELETE FROM contacts WHERE account_id = ${accountId} AND contact_jid = ${from}`
  })

  const select = sql`SELECT t.account_id, t.thread_id, t.client_jid, t.kind, t.last_message_at, t.last_message_text,
    t.last_message_direction, t.unread_count, t.archived, t.created_at,
    COALESCE(c.name, t.display_name, c.push_name) AS display_name
    FROM threads t LEFT JOIN contacts c ON c.account_id = t.account_id AND c.contact_jid = t.client_jid AND t.kind = 'direct'`

  const list = Effect.fnUntraced(function* (accountId: string, { before, limit }: Page) {
    const rows = yield* before === undefined
      ? sql`${select} WHERE t.account_id = ${accountId}
          ORDER BY COALESCE(t.last_message_at, 0) DESC, t.thread_id DESC LIMIT ${limit}`
      : sql`${select} WHERE t.account_id = ${accountId}
          AND (COALESCE(t.last_message_at, 0), t.thread_id) < (${before.time}, ${before.id})
          ORDER BY COALESCE(t.last_message_at, 0) DESC, t.thread_id DESC LIMIT ${limit}`
    return yield* Effect.forEach(rows, row => Effect.map(decodeRow(row), thread))
  })

  const read = Effect.fnUntraced(function* (threadId: string) {
    const [row] = yield* sql`${select} WHERE t.thread_id = ${threadId}`
    return row === undefined ? undefined : thread(yield* decodeRow(row))
  })

  const markRead = (threadId: string) =>
    sql`UPDATE threads SET unread_count = 0 WHERE thread_id = ${threadId}`

  return { put, putContacts, merge, mergeContacts, list, read, markRead }
}
