// Two threads turned out to be one: their coverage becomes that of one thread.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import type { ThreadMerge } from '../../database/tables.ts'
import { joinLiveToHeld } from './live-notes.ts'
import { firstLiveOf, type CoverageRow } from './rows.ts'
import { readRow } from './thread-row.ts'

/** Within the transaction that merges the threads. Their gaps, stretches and messages are together by then. */
export const mergeCoverage = (sql: SqlClient.SqlClient, ids: ThreadMerge) =>
  Effect.provideService(merge(ids), SqlClient.SqlClient, sql)

const merge = Effect.fnUntraced(function* ({ accountId, from, to }: ThreadMerge) {
  yield* mergeRows(from, to)
  // The live messages of one thread may begin after what was held of the other.
  const row = yield* readRow(to)
  const live = row === undefined ? undefined : firstLiveOf(row)
  if (row === undefined || row.joined || live === undefined) return
  yield* joinLiveToHeld(accountId, to, live)
})

const mergeRows = Effect.fnUntraced(function* (from: string, to: string) {
  const sql = yield* SqlClient.SqlClient
  const source = yield* readRow(from)
  if (source === undefined) return
  if ((yield* readRow(to)) === undefined) {
    yield* sql`UPDATE coverage SET thread_id = ${to} WHERE thread_id = ${from}`
    return
  }
  yield* combineRows(source, to)
  yield* sql`DELETE FROM coverage WHERE thread_id = ${from}`
})

const FAR = Number.MAX_SAFE_INTEGER

/** Each thread was a part of one chat: only what both rows say is true of the whole chat. */
const combineRows = Effect.fnUntraced(function* (source: CoverageRow, to: string) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE coverage SET beginning = 'unknown' WHERE thread_id = ${to} AND beginning <> ${source.beginning}`
  yield* sql`UPDATE coverage SET live_from = ${source.liveFrom}, live_id = ${source.liveId},
      live_from_me = ${source.liveFromMe}
    WHERE thread_id = ${to} AND COALESCE(live_from, ${FAR}) > COALESCE(${source.liveFrom}, ${FAR})`
  if (source.keptSince !== null)
    yield* sql`UPDATE coverage SET kept_since = ${source.keptSince}
      WHERE thread_id = ${to} AND COALESCE(kept_since, 0) < ${source.keptSince}`
  yield* sql`UPDATE coverage SET floor_at = NULL, floor_id = NULL, 
      joined = CASE WHEN joined < ${source.joined} THEN joined ELSE ${source.joined} END
    WHERE thread_id = ${to}`
})
