// The coverage row of a thread.
import { Clock, Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { decodeCoverage } from './rows.ts'

export const ensureRow = Effect.fnUntraced(function* (accountId: string, threadId: string) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT INTO coverage (thread_id, account_id) VALUES (${threadId}, ${accountId}) ON CONFLICT DO NOTHING`
})

export const readRow = Effect.fnUntraced(function* (threadId: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql`SELECT * FROM coverage WHERE thread_id = ${threadId}`
  return row === undefined ? undefined : yield* decodeCoverage(row)
})

/** What lies between history and the first live message is decided. */
export const markJoined = Effect.fnUntraced(function* (threadId: string) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE coverage SET joined = 1 WHERE thread_id = ${threadId}`
})

/** The last request for older messages of the thread brought nothing, for this reason. */
export const noteRefusal = Effect.fnUntraced(function* (accountId: string, threadId: string, reason: string) {
  const sql = yield* SqlClient.SqlClient
  yield* ensureRow(accountId, threadId)
  yield* sql`UPDATE coverage SET refusal = ${reason}, refused_at = ${yield* Clock.currentTimeMillis}
    WHERE thread_id = ${threadId}`
})
