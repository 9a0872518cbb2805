// Messages, and what happens to them, in SQL.
import { Effect, Schema } from 'effect'
import type { SqlClient } from 'effect/sql'
import { messageIdOf } from '../../../domain/ids.ts'
import { MESSAGE_STATUSES, statusRank } from '../../../domain/message.ts'
import type { SqlBulk } from '../../database/bulk.ts'
import { applyChange, type Held, MessageChange } from '../../../domain/change.ts'
import type { ChangeWrite, MessageWrite } from '../store.ts'
import type { EventWrite, eventStatements } from '../../events/events.ts'
import type { groupAdminStatements } from './group-admins.ts'
import { MESSAGE_SELECT } from './message-pages.ts'
import { decodeHeld, decodeMessage, detailsColumn, jsonOrNull } from './message-row.ts'
import type { searchIndexStatements } from './search-index.ts'
import type { threadStatements } from './threads.ts'

/** How far a status is, in SQL. */
export const rankOf = (column: string) =>
  `CASE ${column} ${MESSAGE_STATUSES.map(status => `WHEN '${status}' THEN ${statusRank(status)}`).join(' ')} END`

/** What could not be read or understood is filled when its content arrives; everything else stays as first told. */
const filled = (column: string) =>
  `${column} = CASE WHEN excluded.type = 'revoked' OR (excluded.type <> 'undecryptable'
      AND (messages.type = 'undecryptable' OR messages.type LIKE 'unsupported:%'))
    THEN excluded.${column} ELSE messages.${column} END`

/** In the order in which rows are written. */
export const MESSAGE_COLUMNS = `thread_id, message_id, account_id, whatsapp_id, direction, sender, sender_name, type, body, media, details,
  quoted_whatsapp_id, quoted_message_id, reactions, edits, status, status_reason, ts_client, ts_claimed, ts_server, raw`

/** The one rule by which two reports of one message become one row. */
export const ONE_MESSAGE_RULE = `ON CONFLICT (thread_id, message_id) DO UPDATE SET
    ${['type', 'body', 'media', 'details', 'quoted_whatsapp_id', 'quoted_message_id', 'raw'].map(filled).join(', ')},
    sender_name = COALESCE(messages.sender_name, excluded.sender_name),
    reactions = COALESCE(messages.reactions, excluded.reactions),
    edits = CASE WHEN excluded.type = 'revoked' THEN NULL ELSE COALESCE(messages.edits, excluded.edits) END,
    status_reason = CASE WHEN ${rankOf('excluded.status')} > ${rankOf('messages.status')} THEN excluded.status_reason ELSE messages.status_reason END,
    status = CASE WHEN ${rankOf('excluded.status')} > ${rankOf('messages.status')} THEN excluded.status ELSE messages.status END`

const UPSERT = `INSERT INTO messages (${MESSAGE_COLUMNS})
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, ?, ?, ?, ?, ?) ${ONE_MESSAGE_RULE}`

const decodeChange = Schema.decodeUnknownEffect(Schema.fromJsonString(MessageChange))
const encodeChange = Schema.encodeEffect(Schema.fromJsonString(MessageChange))

export const messageStatements = (
  sql: SqlClient.SqlClient,
  bulk: SqlBulk['Service'],
  now: () => number,
  threads: ReturnType<typeof threadStatements>,
  events: ReturnType<typeof eventStatements>,
  admins: ReturnType<typeof groupAdminStatements>,
  index: ReturnType<typeof searchIndexStatements>
) => {
  const write = (threadId: string, messageId: string, held: Held) =>
    sql`UPDATE messages SET type = ${held.type}, body = ${held.body}, media = ${jsonOrNull(held.media)},
        details = ${detailsColumn(held)}, reactions = ${jsonOrNull(held.reactions)}, edits = ${jsonOrNull(held.edits)},
        status = ${held.status}, status_reason = ${held.statusReason}, ts_client = ${held.tsClient}, raw = ${held.raw}
      WHERE thread_id = ${threadId} AND message_id = ${messageId}`

  /** Applies the change, or answers that the message is not here. */
  const apply = Effect.fnUntraced(function* ({ change, messageId, threadId }: ChangeWrite) {
    const [row] =
      yield* sql`SELECT type, body, media, details, reactions, edits, status, status_reason, ts_client, raw, rowid
      FROM messages WHERE thread_id = ${threadId} AND message_id = ${messageId}`
    if (row === undefined) return 'not here' as const
    const held = yield* decodeHeld(row)
    // Whose content has yet to come cannot be edited or voted on: that waits for the content.
    if (held.type === 'undecryptable' && (change.to === 'edited' || change.to === 'voted'))
      return 'not here' as const
    if (change.to === 'revoked' && change.by !== undefined) {
      const role = yield* admins.role(threadId, change.by)
      if (role !== 'admin') return role === 'unknown' ? ('not here' as const) : ('nothing new' as const)
    }
    const changed = applyChange(held, change)
    if (changed === held) return 'nothing new' as const
    const writing = write(threadId, messageId, changed)
    yield* isFoundOtherwise(held, changed) ? index.refresh([Number(row['rowid'])], writing) : writing
    const file = held.media?.fetched?.state === 'stored' ? held.media.download?.fileSha256 : undefined
    // The file goes too, unless another message has it.
    if (file != null && changed.media === null)
      yield* sql`INSERT OR IGNORE INTO media_orphans VALUES (${file})`
    return 'changed' as const
  })

  const applyAll = Effect.fnUntraced(function* (
    rows: ReadonlyArray<{ changeId: number; threadId: string; messageId: string; change: string }>
  ) {
    for (const row of rows) {
      const change = yield* decodeChange(row.change)
      const outcome = yield* apply({ threadId: row.threadId, messageId: row.messageId, change })
      if (outcome === 'not here') continue
      yield* sql`DELETE FROM waiting_changes WHERE change_id = ${row.changeId}`
    }
  })

  /** Applies what waited for these messages. */
  const applyWaiting = Effect.fnUntraced(function* (
    messages: ReadonlyArray<{ threadId: string; messageId: string }>
  ) {
    const [any] = yield* sql`SELECT 1 FROM waiting_changes LIMIT 1`
    if (any === undefined) return
    yield* applyAll(
      yield* sql<{ changeId: number; threadId: string; messageId: string; change: string }>`
        SELECT w.change_id, w.thread_id, w.message_id, w.change
        FROM json_each(${JSON.stringify(messages.map(({ messageId, threadId }) => [threadId, messageId]))}) AS wanted
        JOIN waiting_changes w ON w.thread_id = wanted.value ->> 0 AND w.message_id = wanted.value ->> 1
        ORDER BY w.change_id`
    )
  })

  /** Applies whatever waits in a thread for messages that are there: they met because addresses became one person's. */
  const settleThread = Effect.fnUntraced(function* (threadId: string) {
    yield* applyAll(
      yield* sql<{ changeId: number; threadId: string; messageId: string; change: string }>`
        SELECT w.change_id, w.thread_id, w.message_id, w.change FROM waiting_changes w
        JOIN messages m ON m.thread_id = w.thread_id AND m.message_id = w.message_id
        WHERE w.thread_id = ${threadId} ORDER BY w.change_id`
    )
    yield* threads.settleReads(threadId)
  })

  const put = Effect.fnUntraced(function* (accountId: string, writes: ReadonlyArray<MessageWrite>) {
    if (writes.length === 0) return
    const stored = now()
    const storing = bulk.runMany(
      UPSERT,
      writes.map(message => [
        message.threadId,
        message.messageId,
        accountId,
        message.whatsAppId,
        message.direction,
        message.sender,
        message.senderName,
        message.type,
        message.body,
        jsonOrNull(message.media),
        detailsColumn(message),
        message.quotedWhatsAppId,
        message.quotedMessageId,
        jsonOrNull(message.reactions),
        message.status,
        message.statusReason,
        message.tsClient,
        message.tsClaimed,
        stored,
        message.raw
      ])
    )
    const { before, inserted } = yield* index.storing(accountId, writes, storing)
    yield* applyWaiting(writes)
    if (inserted > 0) {
      yield* sql`UPDATE accounts SET messages = messages + ${inserted} WHERE account_id = ${accountId}`
      yield* threads.countNew(before, writes)
    }
    yield* threads.applyWaitingReads(writes)
    const news = yield* newsAmong(writes, before)
    const touched = new Set(writes.map(message => message.threadId))
    yield* threads.refreshSummaries(touched)
    yield* events.put(accountId, [...news, ...threadsChanged(touched)])
  }, sql.withTransaction)

  /** One event a message for what came live; of history, subscribers hear by thread. */
  const newsAmong = Effect.fnUntraced(function* (writes: ReadonlyArray<MessageWrite>, before: number) {
    const live = writes.filter(message => message.live)
    if (live.length === 0) return []
    const rows = yield* sql<{ threadId: string; messageId: string }>`
      SELECT thread_id, message_id FROM messages WHERE rowid > ${before}`
    const fresh = new Set(rows.map(row => `${row.threadId} ${row.messageId}`))
    return live.map(({ messageId, threadId }): EventWrite => ({
      kind: fresh.has(`${threadId} ${messageId}`) ? 'message.stored' : 'message.changed',
      threadId,
      messageId
    }))
  })

  const putChanges = Effect.fnUntraced(function* (accountId: string, changes: ReadonlyArray<ChangeWrite>) {
    const changed: Array<EventWrite> = []
    for (const write of changes) {
      const { change, messageId, threadId } = write
      const outcome = yield* apply(write)
      if (outcome === 'changed') changed.push({ kind: 'message.changed', threadId, messageId })
      if (outcome === 'not here') {
        yield* sql`INSERT INTO waiting_changes (account_id, thread_id, message_id, change, waiting_since)
          VALUES (${accountId}, ${threadId}, ${messageId}, ${yield* encodeChange(change)}, ${now()})`
      }
    }
    if (changed.length === 0) return
    const touched = new Set(changed.map(event => event.threadId))
    yield* threads.refreshSummaries(touched)
    yield* events.put(accountId, [...changed, ...threadsChanged(touched)])
  }, sql.withTransaction)

  const edge = Effect.fnUntraced(function* (
    threadId: string,
    which: 'oldest' | 'newest',
    within: { readonly after?: number | undefined; readonly before?: number | undefined } = {}
  ) {
    const order = which === 'oldest' ? 'ASC' : 'DESC'
    const [row] = yield* sql.unsafe<{
      messageId: string
      whatsappId: string
      direction: string
      tsClient: number
    }>(
      `SELECT message_id, whatsapp_id, direction, ts_client FROM messages WHERE thread_id = ? AND ts_client > ? AND ts_client < ?
        AND type NOT IN ('system', 'call') AND status NOT IN ('queued', 'cancelled', 'failed')
        ORDER BY ts_client ${order}, rowid ${order} LIMIT 1`,
      [threadId, within.after ?? -1, within.before ?? Number.MAX_SAFE_INTEGER]
    )
    return row === undefined
      ? undefined
      : {
          messageId: row.messageId,
          whatsAppId: row.whatsappId,
          fromMe: row.direction === 'outbound',
          at: row.tsClient
        }
  })

  const read = Effect.fnUntraced(function* (threadId: string, messageId: string) {
    const [row] = yield* sql.unsafe(`${MESSAGE_SELECT} WHERE m.thread_id = ? AND m.message_id = ?`, [
      threadId,
      messageId
    ])
    return row === undefined ? undefined : yield* decodeMessage(row)
  })

  const readRaw = (threadId: string, messageId: string) =>
    Effect.map(
      sql<{ raw: Uint8Array | null }>`
        SELECT raw FROM messages WHERE thread_id = ${threadId} AND message_id = ${messageId}`,
      ([row]) => row?.raw ?? undefined
    )

  const readSent = (accountId: string, whatsAppId: string) =>
    Effect.map(
      sql<{ raw: Uint8Array | null }>`SELECT m.raw FROM outbox o
        JOIN messages m ON m.thread_id = o.thread_id AND m.message_id = o.message_id
        WHERE o.account_id = ${accountId} AND o.whatsapp_id = ${whatsAppId}
        UNION ALL SELECT m.raw FROM threads t JOIN messages m ON m.thread_id = t.thread_id
        WHERE t.account_id = ${accountId} AND m.message_id = ${messageIdOf('me', whatsAppId)} LIMIT 1`,
      ([row]) => row?.raw ?? undefined
    )

  const pruneWaiting = (before: number) => sql`DELETE FROM waiting_changes WHERE waiting_since < ${before}`

  return { put, putChanges, settleThread, edge, read, readRaw, readSent, pruneWaiting }
}

const threadsChanged = (threadIds: ReadonlySet<string>): ReadonlyArray<EventWrite> =>
  [...threadIds].map(threadId => ({ kind: 'thread.changed', threadId, messageId: null }))

/** A change by which the search finds the message by other words, or in another place. */
const isFoundOtherwise = (before: Held, after: Held): boolean =>
  before.body !== after.body ||
  before.type !== after.type ||
  before.media?.fileName !== after.media?.fileName ||
  before.tsClient !== after.tsClient
