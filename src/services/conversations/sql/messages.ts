// How messages are stored, in SQL.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import { isWritten, MESSAGE_STATUSES, statusRank } from '../../../domain/message.ts'
import { messageSecretIn } from '../../../domain/sealed-add-on.ts'
import type { AccountRemoval } from '../../database/tables.ts'
import type { EventWrite } from '../../events/event-log.ts'
import type { MessageWrite } from '../writes.ts'
import { markRemovedMessages, unarchiveWithNews } from './chat-settings.ts'
import { isOver, underKnownIds } from './calls.ts'
import type { WriteContext } from './context.ts'
import { applyLabelsOfNew } from './labels.ts'
import { applyWaitingChanges, changeMessages, threadsChanged } from './message-changes.ts'
import { detailsColumn, jsonOrNull } from './message-row.ts'
import { dueAgain } from './sealed-add-ons.ts'
import { indexingNew } from './search-index.ts'
import { updateStored } from './message-snapshots.ts'
import { refreshSummaries } from './threads.ts'
import { applyWaitingReads, countNewMessages } from './unread.ts'

/** How far a status is, in SQL. */
const rankOf = (column: string) =>
  `CASE ${column} ${MESSAGE_STATUSES.map(status => `WHEN '${status}' THEN ${statusRank(status)}`).join(' ')} END`

/** A message without content, or of an unknown type, is filled when its content arrives. */
const IS_FILLED = `(excluded.type <> 'undecryptable'
  AND (messages.type = 'undecryptable' OR messages.type LIKE 'unsupported:%'))`
const CONTENT_COLUMNS = [
  'type',
  'body',
  'media',
  'details',
  'quoted_whatsapp_id',
  'quoted_message_id',
  'quoted_thread_id',
  'quoted_excerpt',
  'parent_message_id'
] as const
const CONTENT: ReadonlyArray<string> = [...CONTENT_COLUMNS, 'raw']

const filled = (condition: string) => (column: string) =>
  `${column} = CASE WHEN ${condition} THEN excluded.${column} ELSE messages.${column} END`

/** In the order in which rows are written. */
export const MESSAGE_COLUMN_NAMES = [
  'thread_id',
  'message_id',
  'account_id',
  'whatsapp_id',
  'direction',
  'sender',
  'sender_name',
  ...CONTENT_COLUMNS,
  'reactions',
  'edits',
  'status',
  'status_reason',
  'ts_client',
  'ts_claimed',
  'ts_server',
  'raw',
  'broadcast',
  'starred',
  'starred_at',
  'deleted_for_me_at',
  'labels'
] as const
export const MESSAGE_COLUMNS = MESSAGE_COLUMN_NAMES.join(', ')

/** The furthest status is kept, whoever reports it. */
const STATUS_RULE = `sender_name = COALESCE(messages.sender_name, excluded.sender_name),
    status_reason = CASE WHEN ${rankOf('excluded.status')} > ${rankOf('messages.status')} THEN excluded.status_reason ELSE messages.status_reason END,
    status = CASE WHEN ${rankOf('excluded.status')} > ${rankOf('messages.status')} THEN excluded.status ELSE messages.status END`

/** A history and the phone's answers do not say that a message was sent to a broadcast list: who says it is right. */
const BROADCAST_RULE = `broadcast = CASE WHEN excluded.broadcast <> 0 THEN excluded.broadcast ELSE messages.broadcast END`

/** What the owner did to a message on the phone: the later word counts; the star of a history has no time. */
const MARKS_RULE = `starred = CASE WHEN COALESCE(excluded.starred_at, -1) > COALESCE(messages.starred_at, -1) THEN excluded.starred
      WHEN messages.starred_at IS NULL AND excluded.starred <> 0 THEN excluded.starred ELSE messages.starred END,
    starred_at = CASE WHEN COALESCE(excluded.starred_at, -1) > COALESCE(messages.starred_at, -1) THEN excluded.starred_at ELSE messages.starred_at END,
    deleted_for_me_at = COALESCE(messages.deleted_for_me_at, excluded.deleted_for_me_at),
    labels = COALESCE(messages.labels, excluded.labels)`

/** The rule by which two rows of one message become one. */
export const ONE_MESSAGE_RULE = `ON CONFLICT (thread_id, message_id) DO UPDATE SET
    ${CONTENT.map(filled(`excluded.type = 'revoked' OR ${IS_FILLED}`)).join(', ')},
    reactions = COALESCE(messages.reactions, excluded.reactions),
    edits = CASE WHEN excluded.type = 'revoked' THEN NULL WHEN ${IS_FILLED} THEN excluded.edits ELSE messages.edits END,
    ${BROADCAST_RULE}, ${MARKS_RULE}, ${STATUS_RULE}`

const INSERT = `INSERT INTO messages (${MESSAGE_COLUMNS})
  VALUES (${MESSAGE_COLUMN_NAMES.map(() => '?').join(', ')}) ON CONFLICT`

/** What a member shares of a group's past is that member's word: it adds messages, and changes none that is stored. */
const INSERT_NEW = `${INSERT} (thread_id, message_id) DO NOTHING`

/** A message that is stored keeps its content; what has become of it since is applied afterwards. */
const UPSERT = `${INSERT} (thread_id, message_id) DO UPDATE SET
    ${[...CONTENT, 'edits'].map(filled(IS_FILLED)).join(', ')}, ${BROADCAST_RULE}, ${MARKS_RULE}, ${STATUS_RULE}`

/** Runs of messages of one origin, in their order. */
const byOrigin = (writes: ReadonlyArray<MessageWrite>): ReadonlyArray<ReadonlyArray<MessageWrite>> => {
  const runs: Array<Array<MessageWrite>> = []
  for (const write of writes) {
    const run = runs.at(-1)
    if (run?.[0] !== undefined && (run[0].sharedBy === null) === (write.sharedBy === null)) run.push(write)
    else runs.push([write])
  }
  return runs
}

/** The columns of one message, in the order of `UPSERT`. */
const valuesOf = (accountId: string, stored: number, message: MessageWrite) => [
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
  message.quotedThreadId,
  message.quotedExcerpt,
  message.parentMessageId,
  jsonOrNull(message.reactions),
  message.editedAt == null ? null : JSON.stringify([{ body: null, editedAt: message.editedAt }]),
  message.status,
  message.statusReason,
  message.tsClient,
  message.tsClaimed,
  stored,
  message.raw,
  message.broadcast ? 1 : 0,
  message.starred === true ? 1 : 0,
  null,
  null,
  null
]

/**
 * One event per live message; `updated` are those of messages that are told already. For messages of a history there is one event per
 * thread instead.
 */
const eventsOfLive = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  writes: ReadonlyArray<MessageWrite>,
  before: number,
  updated: ReadonlyArray<EventWrite>
) {
  const live = writes.filter(message => message.live)
  if (live.length === 0) return []
  const rows = yield* sql<{ threadId: string; messageId: string }>`
    SELECT thread_id, message_id FROM messages WHERE message_row > ${before}`
  const fresh = new Set(rows.map(row => `${row.threadId} ${row.messageId}`))
  const told = new Set(updated.map(({ messageId, threadId }) => `${threadId} ${messageId}`))
  return live
    .filter(({ messageId, threadId }) => !told.has(`${threadId} ${messageId}`))
    .flatMap((write): ReadonlyArray<EventWrite> => {
      const { messageId, threadId, type } = write
      if (fresh.has(`${threadId} ${messageId}`)) return [{ kind: storedAs(write), threadId, messageId }]
      // The phone logs each call, whatever is known of it.
      return type === 'call' ? [] : [{ kind: 'message.changed', threadId, messageId }]
    })
})

const storedAs = (write: MessageWrite): EventWrite['kind'] => {
  if (write.type !== 'call') return 'message.stored'
  return isOver(write) ? 'call.ended' : 'call.ringing'
}

/** Encrypted add-ons may have waited for these messages, or for a secret that only this report of them has. */
const retryAddOns = Effect.fnUntraced(function* (
  context: WriteContext,
  accountId: string,
  writes: ReadonlyArray<MessageWrite>
) {
  const found = yield* dueAgain(
    context.sql,
    writes.map(({ messageId, threadId }) => [threadId, messageId])
  )
  if (found.length === 0) return
  const waiting = new Set(found.map(({ messageId, threadId }) => `${threadId} ${messageId}`))
  const told = writes.flatMap(({ messageId, raw, threadId }) => {
    const secret = raw !== null && waiting.has(`${threadId} ${messageId}`) ? messageSecretIn(raw) : undefined
    if (secret === undefined) return []
    const change = { to: 'secretLearned' as const, secret: Buffer.from(secret).toString('base64') }
    return [{ threadId, messageId, change }]
  })
  yield* changeMessages(context, accountId, told)
})

export const putMessages = (
  context: WriteContext,
  accountId: string,
  writes: ReadonlyArray<MessageWrite>,
  asOf: number | undefined
) =>
  Effect.flatMap(underKnownIds(context.sql, writes), named =>
    Effect.forEach(byOrigin(named), run => putOfOneOrigin(context, accountId, run, asOf), { discard: true })
  )

const putOfOneOrigin = Effect.fnUntraced(function* (
  context: WriteContext,
  accountId: string,
  writes: ReadonlyArray<MessageWrite>,
  asOf: number | undefined
) {
  const { bulk, eventLog, now, sql } = context
  const stored = now()
  const isShared = writes.some(({ sharedBy }) => sharedBy !== null)
  const storing = bulk.runMany(
    isShared ? INSERT_NEW : UPSERT,
    writes.map(message => valuesOf(accountId, stored, message))
  )
  const { before, inserted } = yield* indexingNew(context, accountId, writes, storing)
  const updated = isShared || inserted === writes.length ? [] : yield* updateStored(context, writes, asOf)
  yield* applyWaitingChanges(context, accountId, writes)
  yield* retryAddOns(context, accountId, writes)
  if (inserted > 0) {
    yield* sql`UPDATE accounts SET messages = messages + ${inserted} WHERE account_id = ${accountId}`
    yield* countNewMessages(context, before, writes)
  }
  yield* applyWaitingReads(context, writes)
  const touched = new Set(writes.map(message => message.threadId))
  yield* applyOwnersMarks(context, accountId, writes, before)
  const events = yield* eventsOfLive(sql, writes, before, updated)
  yield* refreshSummaries(context, touched)
  yield* eventLog.append(accountId, [...events, ...updated, ...threadsChanged(touched)])
})

/** What the owner has done to the messages or their chats on the phone before they were stored here. */
const applyOwnersMarks = Effect.fnUntraced(function* (
  context: WriteContext,
  accountId: string,
  writes: ReadonlyArray<MessageWrite>,
  before: number
) {
  const touched = new Set(writes.map(({ threadId }) => threadId))
  yield* markRemovedMessages(context.sql, [...touched], { afterRow: before })
  yield* applyLabelsOfNew(context, accountId, writes)
  const news = writes.filter(({ live, type }) => live && isWritten(type))
  if (news.length > 0) yield* unarchiveWithNews(context, accountId, news)
})

/** By thread: no index finds messages by their account. */
export const deleteMessagesOfAccount = (sql: SqlClient.SqlClient, { accountId }: AccountRemoval) =>
  Effect.asVoid(
    sql`DELETE FROM messages WHERE thread_id IN (SELECT thread_id FROM threads WHERE account_id = ${accountId})`
  )
