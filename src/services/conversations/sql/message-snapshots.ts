// Messages that are stored already and were shown again, by the phone's history for example, in SQL: what is newer in them
// replaces what is stored.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import { afterSnapshot, type Completeness, type MessageSnapshot } from '../../../domain/message-snapshot.ts'
import { shownChange } from '../../../domain/changed-fields.ts'
import { rowsOf } from '../../database/dialect.ts'
import type { EventWrite } from '../../events/event-log.ts'
import type { MessageWrite } from '../writes.ts'
import type { WriteContext } from './context.ts'
import { HELD_COLUMNS, replaceHeld } from './message-changes.ts'
import { decodeHeld } from './message-row.ts'

/**
 * `asOf`: the source showed its messages as they were then or later, milliseconds since 1970; `undefined` when that is not
 * known. Answers an event for each message that has changed.
 */
export const updateStored = Effect.fnUntraced(function* (
  { sql }: Pick<WriteContext, 'sql'>,
  writes: ReadonlyArray<MessageWrite>,
  asOf: number | undefined
) {
  const completeness = completenessOf(writes, asOf)
  const copies = Map.groupBy(writes, keyOf)
  const events: Array<EventWrite> = []
  for (const row of yield* changeableRows(sql, writes)) {
    const { messageId, threadId } = row
    const held = yield* decodeHeld(row)
    const after = (copies.get(keyOf(row)) ?? []).reduce(
      (state, copy) => afterSnapshot(state, snapshotOf(copy), completeness),
      held
    )
    if (after === held) continue
    yield* replaceHeld(sql, { threadId, messageId, row: row.messageRow }, held, after)
    const shown = shownChange(held, after)
    if (shown !== undefined) events.push({ ...shown, threadId, messageId })
  }
  return events
})

const keyOf = ({ messageId, threadId }: Pick<MessageWrite, 'threadId' | 'messageId'>): string =>
  `${threadId} ${messageId}`

/** A source that shows reactions (or votes) at all shows all there were. */
const completenessOf = (writes: ReadonlyArray<MessageWrite>, asOf: number | undefined): Completeness => ({
  reactionsAsOf: writes.some(({ reactions }) => reactions.length > 0) ? (asOf ?? null) : null,
  votesAsOf: writes.some(({ votes = [] }) => votes.length > 0) ? (asOf ?? null) : null
})

/** Whether the message says more than its first copy did. */
const tellsMore = ({ call, editedAt, eventResponses, reactions, type, votes = [] }: MessageWrite): boolean =>
  type === 'revoked' ||
  editedAt != null ||
  call !== null ||
  reactions.length + votes.length + eventResponses.length > 0

interface ChangeableRow {
  readonly threadId: string
  readonly messageId: string
  readonly messageRow: number
}

/** The stored messages that these copies may change: those that tell more, and those that have something to lose or to learn. */
const changeableRows = (sql: SqlClient.SqlClient, writes: ReadonlyArray<MessageWrite>) => {
  const keys = writes.map(write => [write.threadId, write.messageId, tellsMore(write) ? 1 : 0])
  return sql<ChangeableRow>`SELECT DISTINCT m.thread_id, m.message_id, ${sql.literal(HELD_COLUMNS)}
    FROM ${rowsOf(sql, keys, ['thread_id', 'message_id', 'tells_more'])} AS shown
    JOIN messages m ON m.thread_id = shown.thread_id AND m.message_id = shown.message_id
    WHERE m.type <> 'revoked'
      AND (shown.tells_more = 1 OR m.reactions IS NOT NULL OR m.edits IS NOT NULL OR m.type = 'poll')`
}

const snapshotOf = ({
  body,
  call,
  editedAt,
  eventResponses,
  location,
  poll,
  reactions,
  type,
  votes = []
}: MessageWrite): MessageSnapshot => ({
  type,
  body,
  editedAt: editedAt ?? null,
  reactions,
  votes,
  poll,
  call,
  location,
  eventResponses
})
