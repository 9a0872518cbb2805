// Labels in SQL: their names, and which chats and messages have them. Threads and messages show the ids of their labels.
import { Effect, Schema } from 'effect'
import type { SqlClient } from 'effect/sql'
import { messageIdRange } from '../../../domain/ids.ts'
import { Label } from '../../../domain/label.ts'
import { jsonArrayOf, listOf, rowsOf } from '../../database/dialect.ts'
import type { ThreadMerge } from '../../database/tables.ts'
import type { LabelAssociationWrite, LabelWrite } from '../writes.ts'
import type { WriteContext } from './context.ts'

const decodeLabels = Schema.decodeUnknownEffect(Schema.Array(Label))

/** The labels that are not deleted, in the order of their ids. */
export const listLabels = (sql: SqlClient.SqlClient, accountId: string) =>
  Effect.flatMap(
    sql`SELECT label_id, name, color, predefined_id FROM labels WHERE account_id = ${accountId} AND deleted = 0
      ORDER BY LENGTH(label_id), label_id`,
    decodeLabels
  )

/** The ids of a chat's or a message's labels as JSON, `NULL` when it has none; `whatsAppId` is a SQL expression. */
const idsOf = (sql: SqlClient.SqlClient, threadId: string, whatsAppId: string): string =>
  `(SELECT CASE WHEN COUNT(*) = 0 THEN NULL ELSE ${jsonArrayOf(sql, 'a.label_id')} END FROM label_associations a
    LEFT JOIN labels l ON l.account_id = a.account_id AND l.label_id = a.label_id
    WHERE a.thread_id = ${threadId} AND a.whatsapp_id = ${whatsAppId} AND a.labeled = 1 AND COALESCE(l.deleted, 0) = 0)`

interface Labeled {
  readonly threadId: string
  readonly whatsAppId: string
}

/** Writes the labels of threads and messages again, as far as those are stored. */
const showLabels = Effect.fnUntraced(function* (
  context: WriteContext,
  accountId: string,
  labeled: ReadonlyArray<Labeled>
) {
  yield* deriveLabels(context, labeled)
  yield* reportLabels(context, accountId, labeled)
})

const deriveLabels = Effect.fnUntraced(function* (
  { bulk, sql }: WriteContext,
  labeled: ReadonlyArray<Labeled>
) {
  const chats = labeled.filter(({ whatsAppId }) => whatsAppId === '')
  const messages = labeled.filter(({ whatsAppId }) => whatsAppId !== '')
  yield* bulk.runMany(
    `UPDATE threads SET labels = ${idsOf(sql, 'threads.thread_id', `''`)} WHERE thread_id = ?`,
    chats.map(({ threadId }) => [threadId])
  )
  yield* bulk.runMany(
    `UPDATE messages SET labels = ${idsOf(sql, 'messages.thread_id', 'messages.whatsapp_id')}
      WHERE thread_id = ? AND message_id >= ? AND message_id < ?`,
    messages.map(({ threadId, whatsAppId }) => [threadId, ...messageIdRange(whatsAppId)])
  )
})

/** Tells subscribers of the threads and messages among them that are stored. */
const reportLabels = Effect.fnUntraced(function* (
  { eventLog, sql }: WriteContext,
  accountId: string,
  labeled: ReadonlyArray<Labeled>
) {
  const chats = labeled.filter(({ whatsAppId }) => whatsAppId === '')
  const messages = labeled.filter(({ whatsAppId }) => whatsAppId !== '')
  const stored = yield* sql<{ threadId: string; messageId: string }>`SELECT m.thread_id, m.message_id
    FROM ${rowsOf(
      sql,
      messages.map(({ threadId, whatsAppId }) => [threadId, ...messageIdRange(whatsAppId)]),
      ['thread_id', 'first', 'before']
    )} AS ids CROSS JOIN messages m
    ON m.thread_id = ids.thread_id AND m.message_id >= ids.first AND m.message_id < ids.before`
  const threads = yield* sql<{ id: string }>`SELECT thread_id AS id FROM threads WHERE thread_id IN ${listOf(
    sql,
    chats.map(({ threadId }) => threadId)
  )}`
  yield* eventLog.append(accountId, [
    ...stored.map(({ messageId, threadId }) => ({
      kind: 'message.changed' as const,
      threadId,
      messageId,
      changed: ['labels']
    })),
    ...threads.map(({ id }) => ({ kind: 'thread.changed' as const, threadId: id, messageId: null }))
  ])
})

/** Makes, changes and deletes labels; an older report changes nothing. */
export const putLabels = Effect.fnUntraced(function* (
  context: WriteContext,
  accountId: string,
  labels: ReadonlyArray<LabelWrite>
) {
  const { bulk, sql } = context
  yield* bulk.runMany(
    `INSERT INTO labels (account_id, label_id, name, color, predefined_id, deleted, at) VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (account_id, label_id) DO UPDATE SET name = CASE WHEN excluded.name = '' THEN labels.name ELSE excluded.name END,
        color = COALESCE(excluded.color, labels.color), predefined_id = COALESCE(excluded.predefined_id, labels.predefined_id),
        deleted = excluded.deleted, at = excluded.at WHERE excluded.at >= labels.at`,
    labels.map(({ at, color, deleted, labelId, name, predefinedId }) => [
      accountId,
      labelId,
      name,
      color,
      predefinedId,
      deleted,
      at
    ])
  )
  const labeled = yield* sql<Labeled>`SELECT DISTINCT thread_id, whatsapp_id FROM label_associations
    WHERE account_id = ${accountId} AND label_id IN ${listOf(
      sql,
      labels.map(({ labelId }) => labelId)
    )}`
  yield* showLabels(context, accountId, labeled)
})

export const putLabelAssociations = Effect.fnUntraced(function* (
  context: WriteContext,
  accountId: string,
  associations: ReadonlyArray<LabelAssociationWrite>
) {
  yield* context.bulk.runMany(
    `INSERT INTO label_associations (account_id, thread_id, whatsapp_id, label_id, labeled, at) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (thread_id, whatsapp_id, label_id) DO UPDATE SET labeled = excluded.labeled, at = excluded.at
        WHERE excluded.at >= label_associations.at`,
    associations.map(({ at, labeled, labelId, threadId, whatsAppId }) => [
      accountId,
      threadId,
      whatsAppId,
      labelId,
      labeled,
      at
    ])
  )
  yield* showLabels(context, accountId, associations)
})

/** Shows the labels of threads and messages that were just stored. */
export const applyLabelsOfNew = Effect.fnUntraced(function* (
  context: WriteContext,
  accountId: string,
  stored: ReadonlyArray<Labeled>
) {
  const { sql } = context
  const [any] = yield* sql`SELECT 1 FROM label_associations LIMIT 1`
  if (any === undefined) return
  const labeled = yield* sql<Labeled>`SELECT DISTINCT a.thread_id, a.whatsapp_id FROM ${rowsOf(
    sql,
    stored.map(({ threadId, whatsAppId }) => [threadId, whatsAppId]),
    ['thread_id', 'whatsapp_id']
  )} AS w JOIN label_associations a ON a.thread_id = w.thread_id AND a.whatsapp_id = w.whatsapp_id`
  if (labeled.length > 0) yield* showLabels(context, accountId, labeled)
})

/** Two threads become one: of each association the later one counts. The new thread shows them once it is derived. */
export const mergeLabelAssociations = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  { from, to }: ThreadMerge
) {
  yield* sql`INSERT INTO label_associations (account_id, thread_id, whatsapp_id, label_id, labeled, at)
    SELECT account_id, ${to}, whatsapp_id, label_id, labeled, at FROM label_associations WHERE thread_id = ${from}
    ON CONFLICT (thread_id, whatsapp_id, label_id) DO UPDATE SET labeled = excluded.labeled, at = excluded.at
      WHERE excluded.at >= label_associations.at`
  yield* sql`DELETE FROM label_associations WHERE thread_id = ${from}`
})

/** The labels of a thread that another one was merged into, and of its messages. */
export const deriveThreadLabels = (context: WriteContext, threadId: string) =>
  Effect.flatMap(
    context.sql<Labeled>`SELECT DISTINCT thread_id, whatsapp_id FROM label_associations WHERE thread_id = ${threadId}`,
    labeled => deriveLabels(context, labeled)
  )
