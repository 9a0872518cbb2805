// Messages that are not kept by this server's own rule: they are not missing, and are not asked for.
import { Clock, Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { greatest } from '../../database/dialect.ts'
import { ensureRow } from './thread-row.ts'
import { type ChangedRow, tellOf } from './told.ts'

/** What was older than this time (milliseconds since 1970) was removed from the thread, or not stored. */
export const noteKeptSince = Effect.fnUntraced(function* (accountId: string, threadId: string, at: number) {
  const sql = yield* SqlClient.SqlClient
  yield* ensureRow(accountId, threadId)
  yield* sql`UPDATE coverage SET kept_since = ${at}
    WHERE thread_id = ${threadId} AND COALESCE(kept_since, 0) < ${at}`
})

/** The phone has sent the thread back to this time: if that is before what is kept, the rest is not missing. */
export const noteSentBackTo = Effect.fnUntraced(function* (
  accountId: string,
  threadId: string,
  oldestAt: number
) {
  const sql = yield* SqlClient.SqlClient
  const [floor] = yield* sql<{ at: number }>`SELECT at FROM message_floor WHERE at > ${oldestAt}`
  if (floor !== undefined) yield* noteKeptSince(accountId, threadId, floor.at)
})

/** Gaps end where messages are kept from; those that lie before it are closed. */
export const cutGaps = Effect.fnUntraced(function* (at: number) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const isCut = sql`closed_at IS NULL AND COALESCE(from_at, 0) < ${at}`
  yield* sql`UPDATE coverage SET kept_since = ${sql.literal(greatest(sql, 'COALESCE(kept_since, 0)', String(at)))}
    WHERE thread_id IN (SELECT thread_id FROM gaps WHERE ${isCut})`
  const closed =
    yield* sql<ChangedRow>`UPDATE gaps SET closed_at = ${now} WHERE closed_at IS NULL AND to_at <= ${at}
    RETURNING account_id, thread_id`
  const cut = yield* sql<ChangedRow>`UPDATE gaps SET from_at = ${at}, from_id = NULL WHERE ${isCut}
    RETURNING account_id, thread_id`
  yield* tellOf([...closed, ...cut])
})

/** Whether the row `c` reaches back as far as messages are kept, while there is such a rule. */
export const REACHES_FLOOR = `(c.kept_since IS NOT NULL AND EXISTS (SELECT 1 FROM message_floor))`

/** `undefined` without a rule. */
export const messageFloor = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ at: number }>`SELECT at FROM message_floor`
  return row?.at
})
