// Two threads turned out to be one: their coverage, gaps and history work become those of one thread.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { joinLiveToHeld } from './live-notes.ts'
import { firstLiveOf, type CoverageRow } from './rows.ts'
import { readRow } from './thread-row.ts'

export const mergeThreads = Effect.fnUntraced(function* (accountId: string, from: string, to: string) {
  yield* mergeRows(from, to)
  yield* moveGaps(from, to)
  yield* moveHistory(accountId, from, to)
  yield* movePlaceholders(from, to)
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
  yield* sql`UPDATE coverage SET floor_at = NULL, floor_id = NULL, joined = MIN(joined, ${source.joined})
    WHERE thread_id = ${to}`
})

const moveGaps = Effect.fnUntraced(function* (from: string, to: string) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE OR IGNORE gaps SET thread_id = ${to} WHERE thread_id = ${from}`
  yield* sql`DELETE FROM gaps WHERE thread_id = ${from}`
})

const moveHistory = Effect.fnUntraced(function* (accountId: string, from: string, to: string) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE OR IGNORE history_stretches SET thread_id = ${to} WHERE account_id = ${accountId} AND thread_id = ${from}`
  yield* sql`DELETE FROM history_stretches WHERE account_id = ${accountId} AND thread_id = ${from}`
  for (const table of ['backfill_jobs', 'backfill_tasks', 'backfill_requests']) {
    yield* sql`UPDATE ${sql(table)} SET thread_id = ${to} WHERE account_id = ${accountId} AND thread_id = ${from}`
  }
})

const movePlaceholders = Effect.fnUntraced(function* (from: string, to: string) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE OR IGNORE placeholders SET thread_id = ${to} WHERE thread_id = ${from}`
  yield* sql`DELETE FROM placeholders WHERE thread_id = ${from}`
})
