// What messages say of a person who comes under another address: reactions, votes, mentions, events. In SQL.
import { Effect } from 'effect'
import { changedFields } from '../../../domain/changed-fields.ts'
import { changeWithPersonRenamed, withPersonRenamed } from '../../../domain/renamed-person.ts'
import { contains } from '../../database/dialect.ts'
import type { WriteContext } from './context.ts'
import { decodeHeld, detailsColumn, jsonOrNull } from './message-row.ts'
import { reindexing } from './search-index.ts'
import { refreshSummaries } from './threads.ts'
import { decodeChange, encodeChange } from './waiting-changes.ts'

interface Place {
  readonly messageRow: number
  readonly threadId: string
  readonly messageId: string
}

/** Everything that messages say of the person `from` they say of `to`. */
export const renameInMessages = Effect.fnUntraced(function* (
  context: WriteContext,
  accountId: string,
  from: string,
  to: string
) {
  const { eventLog, sql } = context
  const named = JSON.stringify(from)
  const rows =
    yield* sql<Place>`SELECT message_row, thread_id, message_id, type, body, media, details, reactions, edits,
      status, status_reason, ts_client, broadcast, starred, starred_at, deleted_for_me_at, NULL AS raw FROM messages
    WHERE account_id = ${accountId} AND ((reactions IS NOT NULL AND ${contains(sql, 'reactions', named)})
      OR (details IS NOT NULL AND ${contains(sql, 'details', named)}))`
  const reworded = new Set<string>()
  const changed = new Map<string, ReadonlyArray<string>>()
  for (const row of rows) {
    const { messageRow, threadId } = row
    const held = yield* decodeHeld(row)
    const renamed = withPersonRenamed(held, from, to)
    const writing = sql`UPDATE messages SET body = ${renamed.body}, details = ${detailsColumn(renamed)},
        reactions = ${jsonOrNull(renamed.reactions)}, edits = ${jsonOrNull(renamed.edits)}
      WHERE message_row = ${messageRow}`
    const isReworded = renamed.body !== held.body
    yield* isReworded ? reindexing(sql, [messageRow], writing) : writing
    if (isReworded) reworded.add(threadId)
    changed.set(row.messageId, changedFields(held, renamed))
  }
  yield* refreshSummaries(context, reworded)
  yield* eventLog.append(
    accountId,
    rows.map(({ messageId, threadId }) => ({
      kind: 'message.changed',
      threadId,
      messageId,
      changed: changed.get(messageId) ?? []
    }))
  )
})

/** The same of changes that wait for their messages. */
export const renameInWaitingChanges = Effect.fnUntraced(function* (
  { sql }: Pick<WriteContext, 'sql'>,
  accountId: string,
  from: string,
  to: string
) {
  const rows = yield* sql<{ changeId: number; change: string }>`SELECT change_id, change FROM waiting_changes
    WHERE account_id = ${accountId} AND ${contains(sql, 'change', JSON.stringify(from))}`
  for (const { change, changeId } of rows) {
    const renamed = changeWithPersonRenamed(yield* decodeChange(change), from, to)
    yield* sql`UPDATE waiting_changes SET change = ${yield* encodeChange(renamed)} WHERE change_id = ${changeId}`
  }
})
