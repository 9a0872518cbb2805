// What happens to messages after they were stored, in SQL: edits, reactions, votes, revokes, statuses. A change that comes
// before its message waits for it.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import { applyChange, type Held, type MessageChange } from '../../../domain/change.ts'
import { type ShownChange, shownChange } from '../../../domain/changed-fields.ts'
import { filesOf } from '../../../domain/message.ts'
import { rowsOf } from '../../database/dialect.ts'
import type { EventWrite } from '../../events/event-log.ts'
import type { ChangeWrite, ReceiptHistoryWrite } from '../writes.ts'
import { markRemovedMessages } from './chat-settings.ts'
import type { WriteContext } from './context.ts'
import { groupRole } from './group-admins.ts'
import { decodeHeld, detailsColumn, jsonOrNull } from './message-row.ts'
import { putReceiptHistory, timesOf } from './receipt-rows.ts'
import { dueAgain } from './sealed-add-ons.ts'
import { reindexing } from './search-index.ts'
import { refreshSummaries } from './threads.ts'
import { applyWaitingReadsOf } from './unread.ts'
import { decodeChange, keepWaiting } from './waiting-changes.ts'

/** What `decodeHeld` needs of a message `m`, and its row. */
export const HELD_COLUMNS = `m.type, m.body, m.media, m.details, m.reactions, m.edits, m.status, m.status_reason,
  m.ts_client, m.broadcast, m.raw, m.starred, m.starred_at, m.deleted_for_me_at, m.message_row`

const writeHeld = (sql: SqlClient.SqlClient, threadId: string, messageId: string, held: Held) =>
  sql`UPDATE messages SET type = ${held.type}, body = ${held.body}, media = ${jsonOrNull(held.media)},
      details = ${detailsColumn(held)}, reactions = ${jsonOrNull(held.reactions)}, edits = ${jsonOrNull(held.edits)},
      status = ${held.status}, status_reason = ${held.statusReason}, ts_client = ${held.tsClient}, raw = ${held.raw},
      quoted_excerpt = CASE WHEN ${held.type} = 'revoked' THEN NULL ELSE quoted_excerpt END,
      starred = ${held.starred}, starred_at = ${held.starredAt}, deleted_for_me_at = ${held.deletedForMeAt}
    WHERE thread_id = ${threadId} AND message_id = ${messageId}`

/** Whether the message's entry in the search index changes: its words or its place. */
const changesSearchEntry = (before: Held, after: Held): boolean =>
  before.body !== after.body ||
  before.type !== after.type ||
  before.media?.fileName !== after.media?.fileName ||
  before.tsClient !== after.tsClient

const storedFiles = ({ media }: Held): ReadonlyArray<string> =>
  filesOf(media).flatMap(({ download, fetched }) =>
    fetched?.state === 'stored' ? (download?.fileSha256 ?? []) : []
  )

/** Marks the stored files that a message no longer has for removal, unless another message has them. */
const releaseFiles = (sql: SqlClient.SqlClient, before: Held, after: Held) => {
  const files = storedFiles(before)
  const kept = new Set(files.length === 0 ? [] : storedFiles(after))
  return Effect.forEach(
    files.filter(file => !kept.has(file)),
    file => sql`INSERT INTO media_orphans VALUES (${file}) ON CONFLICT DO NOTHING`,
    { discard: true }
  )
}

/** What is done to a message without content waits for the content. */
const NEED_CONTENT: ReadonlySet<MessageChange['to']> = new Set<MessageChange['to']>([
  'edited',
  'continued',
  'pollChanged',
  'voted',
  'answered',
  'attached'
])

/** `not stored`: the change has to wait for its message, or for the content or the admins it depends on. */
type Outcome = 'changed' | 'unchanged' | 'not stored'

interface MessageKey {
  readonly threadId: string
  readonly messageId: string
}

/** What a message becomes by a change. */
const changedBy = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  { threadId }: MessageKey,
  held: Held,
  change: MessageChange
) {
  const unchanged = { outcome: 'unchanged' as Outcome, held }
  const notStored = { outcome: 'not stored' as Outcome, held }
  if (held.type === 'undecryptable' && NEED_CONTENT.has(change.to)) return notStored
  if (change.to === 'revoked' && change.by !== undefined) {
    const role = yield* groupRole(sql, threadId, change.by)
    if (role !== 'admin') return role === 'unknown' ? notStored : unchanged
  }
  const changed = applyChange(held, change)
  return changed === held ? unchanged : { outcome: 'changed' as Outcome, held: changed }
})

interface Applied {
  /** Of each change, in their order. */
  readonly outcomes: ReadonlyArray<Outcome>
  readonly changesSummary: boolean
  /** What applications see of it. */
  readonly shown: ShownChange | undefined
}

/** Applies changes to one message, in their order, and writes it once. */
const applyToMessage = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  key: MessageKey,
  changes: ReadonlyArray<MessageChange>
) {
  const [row] = yield* sql`SELECT ${sql.literal(HELD_COLUMNS)} FROM messages m
    WHERE thread_id = ${key.threadId} AND message_id = ${key.messageId}`
  if (row === undefined)
    return {
      outcomes: changes.map((): Outcome => 'not stored'),
      changesSummary: false,
      shown: undefined
    } satisfies Applied
  const before = yield* decodeHeld(row)
  const outcomes: Array<Outcome> = []
  let after = before
  for (const change of changes) {
    const { held, outcome } = yield* changedBy(sql, key, after, change)
    after = held
    outcomes.push(outcome)
  }
  if (after !== before) yield* replaceHeld(sql, { ...key, row: Number(row['messageRow']) }, before, after)
  // No undo brings back what was removed with its chat.
  if (before.deletedForMeAt !== null && after.deletedForMeAt === null)
    yield* markRemovedMessages(sql, [key.threadId], { messageId: key.messageId })
  return {
    outcomes,
    changesSummary: changesSummary(before, after),
    shown: shownChange(before, after)
  } satisfies Applied
})

/** Whether the change may show in the thread: as its last message, or as another one being the last. */
const changesSummary = (before: Held, after: Held): boolean =>
  before.body !== after.body ||
  before.type !== after.type ||
  before.tsClient !== after.tsClient ||
  (before.status === 'cancelled') !== (after.status === 'cancelled')

interface StoredMessage extends MessageKey {
  readonly row: number
}

/** Writes what a stored message has become, with all that follows from it. */
export const replaceHeld = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  { messageId, row, threadId }: StoredMessage,
  before: Held,
  after: Held
) {
  const writing = writeHeld(sql, threadId, messageId, after)
  yield* changesSearchEntry(before, after) ? reindexing(sql, [row], writing) : writing
  yield* releaseFiles(sql, before, after)
})

interface WaitingChange extends MessageKey {
  readonly changeId: number
  readonly change: string
}

const applyAll = Effect.fnUntraced(function* (
  context: Pick<WriteContext, 'bulk' | 'sql'>,
  accountId: string,
  waiting: ReadonlyArray<WaitingChange>
) {
  const { sql } = context
  const receipts: Array<ReceiptHistoryWrite> = []
  for (const { changeId, messageId, threadId, ...row } of waiting) {
    const change = yield* decodeChange(row.change)
    const { outcomes } = yield* applyToMessage(sql, { threadId, messageId }, [change])
    if (outcomes[0] === 'not stored') continue
    if (change.to === 'receipt') receipts.push({ threadId, messageId, ...timesOf(change) })
    yield* sql`DELETE FROM waiting_changes WHERE change_id = ${changeId}`
  }
  if (receipts.length > 0) yield* putReceiptHistory(context, accountId, receipts)
})

/** Applies what waited for these messages. */
export const applyWaitingChanges = Effect.fnUntraced(function* (
  context: Pick<WriteContext, 'bulk' | 'sql'>,
  accountId: string,
  messages: ReadonlyArray<{ threadId: string; messageId: string }>
) {
  const { sql } = context
  const [any] = yield* sql`SELECT 1 FROM waiting_changes LIMIT 1`
  if (any === undefined) return
  const keys = messages.map(({ messageId, threadId }) => [threadId, messageId])
  yield* applyAll(
    context,
    accountId,
    yield* sql<WaitingChange>`SELECT w.change_id, w.thread_id, w.message_id, w.change
      FROM ${rowsOf(sql, keys, ['thread_id', 'message_id'])} AS stored
      JOIN waiting_changes w ON w.thread_id = stored.thread_id AND w.message_id = stored.message_id
      ORDER BY w.change_id`
  )
})

/** Applies the waiting changes of a thread whose messages are stored: after a merge both may be there. */
export const applyWaitingOf = Effect.fnUntraced(function* (
  context: WriteContext,
  accountId: string,
  threadId: string
) {
  const { sql } = context
  yield* applyAll(
    context,
    accountId,
    yield* sql<WaitingChange>`SELECT w.change_id, w.thread_id, w.message_id, w.change FROM waiting_changes w
      JOIN messages m ON m.thread_id = w.thread_id AND m.message_id = w.message_id
      WHERE w.thread_id = ${threadId} ORDER BY w.change_id`
  )
  yield* applyWaitingReadsOf(context, threadId)
})

export const changeMessages = Effect.fnUntraced(function* (
  context: WriteContext,
  accountId: string,
  changes: ReadonlyArray<ChangeWrite>
) {
  const { eventLog, sql } = context
  const waiting: Array<ChangeWrite> = []
  const changed: Array<EventWrite> = []
  const reworded = new Set<string>()
  for (const ofMessage of byMessage(changes)) {
    const { messageId, threadId } = ofMessage[0]
    const applied = yield* applyToMessage(
      sql,
      { threadId, messageId },
      ofMessage.map(({ change }) => change)
    )
    if (applied.shown !== undefined) changed.push({ ...applied.shown, threadId, messageId })
    if (applied.changesSummary) reworded.add(threadId)
    waiting.push(...ofMessage.filter((_, place) => applied.outcomes[place] === 'not stored'))
  }
  yield* keepWaiting(context, accountId, waiting)
  for (const [{ messageId, threadId }] of byMessage(changes.filter(isSentNow)))
    yield* markRemovedMessages(sql, [threadId], { messageId })
  yield* dueAgain(
    sql,
    changes.filter(bringsSecret).map(({ messageId, threadId }) => [threadId, messageId])
  )
  if (changed.length === 0 && reworded.size === 0) return
  if (reworded.size > 0) yield* refreshSummaries(context, reworded)
  yield* eventLog.append(accountId, [...changed, ...threadsChanged(reworded)])
})

/** The changes of each message, in their order; messages in the order of their first change. */
const byMessage = (changes: ReadonlyArray<ChangeWrite>) => {
  const found = new Map<string, [ChangeWrite, ...Array<ChangeWrite>]>()
  for (const change of changes) {
    const key = `${change.threadId} ${change.messageId}`
    const ofMessage = found.get(key)
    if (ofMessage === undefined) found.set(key, [change])
    else ofMessage.push(change)
  }
  return found.values()
}

/** Whether the message has just reached WhatsApp: its chat may have been cleared since it was written. */
const isSentNow = ({ change }: ChangeWrite): boolean =>
  change.to === 'timed' || (change.to === 'status' && change.status === 'sent')

/** Whether it may open encrypted add-ons that came before. */
const bringsSecret = ({ change }: ChangeWrite): boolean => 'secret' in change && change.secret !== undefined

export const threadsChanged = (threadIds: ReadonlySet<string>): ReadonlyArray<EventWrite> =>
  [...threadIds].map(threadId => ({ kind: 'thread.changed', threadId, messageId: null }))
