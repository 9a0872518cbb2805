// Messages, and what happens to them, in SQL.
import { Effect, Schema } from 'effect'
import type { SqlClient } from 'effect/sql'
import {
  EarlierBody,
  Media,
  Message,
  MESSAGE_STATUSES,
  MessageStatus,
  Reaction,
  statusRank
} from '../../../domain/message.ts'
import { messageIdOf } from '../../../domain/ids.ts'
import type { SqlBulk } from '../../sql/node-sqlite.ts'
import type { ChangeWrite, MessageWrite, Page, ReceiptWrite } from '../store.ts'

const rankOf = (column: string) =>
  `CASE ${column} ${MESSAGE_STATUSES.map(status => `WHEN '${status}' THEN ${statusRank(status)}`).join(' ')} END`

/** A column of a message that could not be read is filled when its content arrives; everything else stays as first told. */
const filled = (column: string) =>
  `${column} = CASE WHEN excluded.type = 'revoked' OR (messages.type = 'undecryptable' AND excluded.type <> 'undecryptable')
    THEN excluded.${column} ELSE messages.${column} END`

const UPSERT = `INSERT INTO messages (thread_id, message_id, account_id, whatsapp_id, direction, sender, sender_name, type,
    body, media, quoted_whatsapp_id, reactions, edits, status, status_reason, ts_client, ts_claimed, ts_server, raw)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (thread_id, message_id) DO UPDATE SET
    ${['type', 'body', 'media', 'quoted_whatsapp_id', 'raw'].map(filled).join(', ')},
    sender_name = COALESCE(messages.sender_name, excluded.sender_name),
    reactions = COALESCE(messages.reactions, excluded.reactions),
    status_reason = CASE WHEN ${rankOf('excluded.status')} > ${rankOf('messages.status')} THEN excluded.status_reason ELSE messages.status_reason END,
    status = CASE WHEN ${rankOf('excluded.status')} > ${rankOf('messages.status')} THEN excluded.status ELSE messages.status END`

const json = (value: ReadonlyArray<unknown> | object | null): string | null =>
  value === null || (Array.isArray(value) && value.length === 0) ? null : JSON.stringify(value)

const Change = Schema.fromJsonString(
  Schema.Union([
    Schema.Struct({ to: Schema.Literal('edited'), body: Schema.NullOr(Schema.String), at: Schema.Finite }),
    Schema.Struct({ to: Schema.Literal('revoked'), at: Schema.Finite }),
    Schema.Struct({ to: Schema.Literal('reacted'), ...Reaction.fields }),
    Schema.Struct({ to: Schema.Literal('timed'), at: Schema.Finite }),
    Schema.Struct({
      to: Schema.Literal('status'),
      status: MessageStatus,
      reason: Schema.NullOr(Schema.String)
    })
  ])
)

const jsonList = <S extends Schema.Top>(item: S) => Schema.NullOr(Schema.fromJsonString(Schema.Array(item)))

const Changeable = Schema.Struct({
  type: Schema.String,
  body: Schema.NullOr(Schema.String),
  reactions: jsonList(Reaction),
  edits: jsonList(EarlierBody)
})

const Row = Schema.Struct({
  account_id: Schema.String,
  thread_id: Schema.String,
  message_id: Schema.String,
  whatsapp_id: Schema.String,
  direction: Message.fields.direction,
  sender: Schema.NullOr(Schema.String),
  sender_name: Schema.NullOr(Schema.String),
  ...Changeable.fields,
  media: Schema.NullOr(Schema.fromJsonString(Media)),
  quoted_whatsapp_id: Schema.NullOr(Schema.String),
  status: MessageStatus,
  status_reason: Schema.NullOr(Schema.String),
  ts_client: Schema.Finite,
  ts_claimed: Schema.NullOr(Schema.Finite),
  ts_server: Schema.Finite
})

const decodeRow = Schema.decodeUnknownEffect(Row)
const decodeChangeable = Schema.decodeUnknownEffect(Changeable)
const decodeChange = Schema.decodeUnknownEffect(Change)

const message = (row: typeof Row.Type): Message => ({
  accountId: row.account_id,
  threadId: row.thread_id,
  messageId: row.message_id,
  whatsAppId: row.whatsapp_id,
  direction: row.direction,
  sender: row.sender,
  senderName: row.sender_name,
  type: row.type,
  body: row.body,
  media: row.media,
  quotedWhatsAppId: row.quoted_whatsapp_id,
  reactions: row.reactions ?? [],
  edits: row.edits ?? [],
  status: row.status,
  statusReason: row.status_reason,
  tsClient: row.ts_client,
  tsClaimed: row.ts_claimed,
  tsServer: row.ts_server
})

export const messageStatements = (sql: SqlClient.SqlClient, bulk: SqlBulk['Service'], now: () => number) => {
  /** The rows of `writes` that are not stored yet: only those raise an unread count. */
  const unknownAmong = (writes: ReadonlyArray<MessageWrite>) =>
    Effect.map(
      sql<{
        thread_id: string
        message_id: string
      }>`SELECT m.thread_id, m.message_id FROM json_each(${JSON.stringify(
        writes.map(write => [write.threadId, write.messageId])
      )}) AS wanted
        JOIN messages m ON m.thread_id = wanted.value ->> 0 AND m.message_id = wanted.value ->> 1`,
      rows => {
        const known = new Set(rows.map(row => `${row.thread_id} ${row.message_id}`))
        return writes.filter(write => !known.has(`${write.threadId} ${write.messageId}`))
      }
    )

  const raiseUnread = Effect.fnUntraced(function* (writes: ReadonlyArray<MessageWrite>) {
    const candidates = writes.filter(write => write.countsAsUnread)
    if (candidates.length === 0) return
    const raised = new Map<string, Set<string>>()
    for (const write of yield* unknownAmong(candidates)) {
      raised.set(write.threadId, (raised.get(write.threadId) ?? new Set()).add(write.messageId))
    }
    for (const [threadId, ids] of raised) {
      yield* sql`UPDATE threads SET unread_count = unread_count + ${ids.size} WHERE thread_id = ${threadId}`
    }
  })

  /** The one rule for a thread's last message: the newest stored one that is not an event, whatever order they came in. */
  const refreshSummaries = (threadIds: ReadonlySet<string>) =>
    bulk.runMany(
      `UPDATE threads SET (last_message_at, last_message_id, last_message_text, last_message_direction) =
        (SELECT ts_client, message_id, SUBSTR(COALESCE(NULLIF(body, ''), '[' || type || ']'), 1, 200), direction
          FROM messages WHERE thread_id = threads.thread_id AND type <> 'system'
          ORDER BY ts_client DESC, rowid DESC LIMIT 1)
        WHERE thread_id = ?`,
      [...threadIds].map(threadId => [threadId])
    )

  const applyChange = Effect.fnUntraced(function* (
    threadId: string,
    messageId: string,
    change: ChangeWrite['change']
  ) {
    if (change.to === 'timed') {
      yield* sql`UPDATE messages SET ts_client = ${change.at} WHERE thread_id = ${threadId} AND message_id = ${messageId}`
      return
    }
    if (change.to === 'status') {
      yield* sql.unsafe(
        `UPDATE messages SET status = ?, status_reason = ? WHERE thread_id = ? AND message_id = ? AND ${rankOf('status')} < ?`,
        [change.status, change.reason, threadId, messageId, statusRank(change.status)]
      )
      return
    }
    const [row] = yield* sql`SELECT type, body, reactions, edits FROM messages
      WHERE thread_id = ${threadId} AND message_id = ${messageId}`
    const held = yield* decodeChangeable(row)
    if (change.to === 'revoked') {
      yield* sql`UPDATE messages SET type = 'revoked', body = NULL, media = NULL, raw = NULL, edits = NULL
        WHERE thread_id = ${threadId} AND message_id = ${messageId}`
    } else if (change.to === 'reacted') {
      const others = (held.reactions ?? []).filter(reaction => reaction.sender !== change.sender)
      const reactions =
        change.emoji === ''
          ? others
          : [...others, { sender: change.sender, emoji: change.emoji, at: change.at }]
      yield* sql`UPDATE messages SET reactions = ${json(reactions)} WHERE thread_id = ${threadId} AND message_id = ${messageId}`
    } else if (held.type !== 'revoked') {
      const edits = held.edits ?? []
      // The same edit told again, or one older than the newest, changes nothing.
      if (edits.some(edit => edit.editedAt >= change.at)) return
      yield* sql`UPDATE messages SET body = ${change.body}, edits = ${json([...edits, { body: held.body, editedAt: change.at }])}
        WHERE thread_id = ${threadId} AND message_id = ${messageId}`
    }
  })

  /** Applies what waited for messages that are here now. */
  const settleWaiting = Effect.fnUntraced(function* (accountId: string) {
    const rows = yield* sql<{ change_id: number; thread_id: string; message_id: string; change: string }>`
      SELECT w.change_id, w.thread_id, w.message_id, w.change FROM waiting_changes w
      JOIN messages m ON m.thread_id = w.thread_id AND m.message_id = w.message_id
      WHERE w.account_id = ${accountId} ORDER BY w.change_id`
    for (const row of rows) {
      yield* applyChange(row.thread_id, row.message_id, yield* decodeChange(row.change))
      yield* sql`DELETE FROM waiting_changes WHERE change_id = ${row.change_id}`
    }
    return new Set(rows.map(row => row.thread_id))
  })

  const put = Effect.fnUntraced(function* (accountId: string, writes: ReadonlyArray<MessageWrite>) {
    if (writes.length === 0) return
    yield* raiseUnread(writes)
    const stored = now()
    yield* bulk.runMany(
      UPSERT,
      writes.map(write => [
        write.threadId,
        write.messageId,
        accountId,
        write.whatsAppId,
        write.direction,
        write.sender,
        write.senderName,
        write.type,
        write.body,
        json(write.media),
        write.quotedWhatsAppId,
        json(write.reactions),
        write.status,
        write.statusReason,
        write.tsClient,
        write.tsClaimed,
        stored,
        write.raw
      ])
    )
    const changed = yield* settleWaiting(accountId)
    yield* refreshSummaries(new Set([...writes.map(write => write.threadId), ...changed]))
  }, sql.withTransaction)

  const putChanges = Effect.fnUntraced(function* (accountId: string, changes: ReadonlyArray<ChangeWrite>) {
    if (changes.length === 0) return
    for (const { threadId, messageId, change } of changes) {
      yield* sql`INSERT INTO waiting_changes (account_id, thread_id, message_id, change)
        VALUES (${accountId}, ${threadId}, ${messageId}, ${JSON.stringify(change)})`
    }
    const changed = yield* settleWaiting(accountId)
    yield* refreshSummaries(changed)
  }, sql.withTransaction)

  const putReceipts = Effect.fnUntraced(function* (accountId: string, receipts: ReadonlyArray<ReceiptWrite>) {
    for (const receipt of receipts) {
      const column = sql(`${receipt.status}_at`)
      yield* sql`INSERT INTO receipts (account_id, thread_id, message_id, recipient, ${column})
        VALUES (${accountId}, ${receipt.threadId}, ${receipt.messageId}, ${receipt.recipient}, ${receipt.at})
        ON CONFLICT (thread_id, message_id, recipient) DO UPDATE SET ${column} = COALESCE(receipts.${column}, excluded.${column})`
    }
    yield* putChanges(
      accountId,
      receipts.map(({ threadId, messageId, status }) => ({
        threadId,
        messageId,
        change: { to: 'status', status, reason: null }
      }))
    )
  }, sql.withTransaction)

  /** Moves the messages of one thread, or of one group member, to the person they turned out to belong to. */
  const moveThread = Effect.fnUntraced(function* (from: string, to: string) {
    for (const table of ['messages', 'receipts']) {
      yield* sql`UPDATE OR IGNORE ${sql(table)} SET thread_id = ${to} WHERE thread_id = ${from}`
      yield* sql`DELETE FROM ${sql(table)} WHERE thread_id = ${from}`
    }
    for (const table of ['waiting_changes', 'outbox']) {
      yield* sql`UPDATE ${sql(table)} SET thread_id = ${to} WHERE thread_id = ${from}`
    }
    yield* refreshSummaries(new Set([to]))
  })

  const rekeySender = Effect.fnUntraced(function* (accountId: string, from: string, to: string) {
    const rows = yield* sql<{ thread_id: string; message_id: string; whatsapp_id: string }>`
      SELECT thread_id, message_id, whatsapp_id FROM messages WHERE account_id = ${accountId} AND sender = ${from}`
    for (const row of rows) {
      const isGroup = row.thread_id.endsWith('@g.us')
      const messageId = isGroup ? messageIdOf(to, row.whatsapp_id) : row.message_id
      yield* sql`UPDATE OR IGNORE messages SET sender = ${to}, message_id = ${messageId}
        WHERE thread_id = ${row.thread_id} AND message_id = ${row.message_id}`
      if (messageId !== row.message_id) {
        yield* sql`DELETE FROM messages WHERE thread_id = ${row.thread_id} AND message_id = ${row.message_id}`
        yield* sql`UPDATE waiting_changes SET message_id = ${messageId}
          WHERE thread_id = ${row.thread_id} AND message_id = ${row.message_id}`
      }
    }
  })

  const select = sql`SELECT m.account_id, m.thread_id, m.message_id, m.whatsapp_id, m.direction, m.sender, m.type, m.body, m.media,
    m.quoted_whatsapp_id, m.reactions, m.edits, m.status, m.status_reason, m.ts_client, m.ts_claimed, m.ts_server,
    COALESCE(c.name, m.sender_name, c.push_name) AS sender_name
    FROM messages m LEFT JOIN contacts c
      ON c.account_id = m.account_id AND c.contact_jid = m.sender AND m.direction = 'inbound'`

  // WhatsApp counts in seconds; within one, messages stand in the order in which they were first stored.
  const list = Effect.fnUntraced(function* (threadId: string, page: Page) {
    const { before, after, limit } = page
    const place = (id: string) =>
      sql`COALESCE((SELECT rowid FROM messages WHERE thread_id = ${threadId} AND message_id = ${id}), 0)`
    const rows = yield* after !== undefined
      ? sql`${select} WHERE m.thread_id = ${threadId} AND (m.ts_client, m.rowid) > (${after.time}, ${place(after.id)})
          ORDER BY m.ts_client, m.rowid LIMIT ${limit}`
      : before !== undefined
        ? sql`${select} WHERE m.thread_id = ${threadId} AND (m.ts_client, m.rowid) < (${before.time}, ${place(before.id)})
            ORDER BY m.ts_client DESC, m.rowid DESC LIMIT ${limit}`
        : sql`${select} WHERE m.thread_id = ${threadId} ORDER BY m.ts_client DESC, m.rowid DESC LIMIT ${limit}`
    const messages = yield* Effect.forEach(rows, row => Effect.map(decodeRow(row), message))
    return after !== undefined ? messages.toReversed() : messages
  })

  const readSent = (accountId: string, whatsAppId: string) =>
    Effect.map(
      sql<{ raw: Uint8Array | null }>`SELECT m.raw FROM messages m
        WHERE m.account_id = ${accountId} AND m.whatsapp_id = ${whatsAppId} AND m.direction = 'outbound' LIMIT 1`,
      ([row]) => row?.raw ?? undefined
    )

  return { put, putChanges, putReceipts, moveThread, rekeySender, list, readSent }
}
