// How large an upgrade is.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'

/** About how many messages a database holds, without counting them: their rows are numbered in order. */
export const numberOfMessages = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ most: number | null }>`SELECT MAX(rowid) AS most FROM messages`
  return row?.most ?? 0
})
