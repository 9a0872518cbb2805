// The coverage of two threads that turned out to be one. Messages, gaps and stretches are together by then.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { ThreadMerge } from '../../database/tables.ts'
import { coverageRow, joinHeld } from './gaps.ts'
import type { ReachRow } from './rows.ts'

/** Later than any time. */
const FAR = Number.MAX_SAFE_INTEGER

export const mergeCoverage = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  { accountId, from, to }: ThreadMerge
) {
  const source = yield* coverageRow(sql, from)
  if (source !== undefined) {
    yield* (yield* coverageRow(sql, to)) === undefined
      ? sql`UPDATE coverage SET thread_id = ${to} WHERE thread_id = ${from}`
      : uniteRows(sql, source, from, to)
  }
  // What the one thread had live may begin after what the other one had of old.
  const row = yield* coverageRow(sql, to)
  if (row === undefined || row.joined === 1 || row.liveFrom === null || row.liveId === null) return
  yield* joinHeld(sql, accountId, to, {
    whatsAppId: row.liveId,
    fromMe: row.liveFromMe === 1,
    at: row.liveFrom
  })
})

/** Each thread was a part of one chat: only what both say holds for the whole of it. */
const uniteRows = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  source: ReachRow,
  from: string,
  to: string
) {
  yield* sql`UPDATE coverage SET beginning = 'unknown' WHERE thread_id = ${to} AND beginning <> ${source.beginning}`
  yield* sql`UPDATE coverage SET live_from = ${source.liveFrom}, live_id = ${source.liveId},
      live_from_me = ${source.liveFromMe}
    WHERE thread_id = ${to} AND COALESCE(live_from, ${FAR}) > COALESCE(${source.liveFrom}, ${FAR})`
  yield* sql`UPDATE coverage SET floor_at = NULL, floor_id = NULL, joined = MIN(joined, ${source.joined})
    WHERE thread_id = ${to}`
  yield* sql`DELETE FROM coverage WHERE thread_id = ${from}`
})
