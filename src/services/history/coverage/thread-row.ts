// The coverage row of a thread.
import { Clock, Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import type { PartReason } from '../../../domain/backfill.ts'
import { decodeCoverage } from './rows.ts'
import { tellOf } from './told.ts'

/** Whether the phone has said of the row `c`, since the account was linked, that it gives this device nothing older. */
export const IS_DENIED = `COALESCE(c.no_access_at >= (SELECT COALESCE(a.linked_at, 0) FROM accounts a
  WHERE a.account_id = c.account_id), 0)`

export const ensureRow = Effect.fnUntraced(function* (accountId: string, threadId: string) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT INTO coverage (thread_id, account_id) VALUES (${threadId}, ${accountId}) ON CONFLICT DO NOTHING`
})

export const readRow = Effect.fnUntraced(function* (threadId: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql`SELECT c.*, ${sql.literal(IS_DENIED)} AS is_denied FROM coverage c
    WHERE c.thread_id = ${threadId}`
  return row === undefined ? undefined : yield* decodeCoverage(row)
})

/** What lies between history and the first live message is decided. */
export const markJoined = Effect.fnUntraced(function* (threadId: string) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE coverage SET joined = 1 WHERE thread_id = ${threadId}`
})

/** The last request for older messages of the thread brought nothing, for this reason. */
export const noteRefusal = Effect.fnUntraced(function* (
  accountId: string,
  threadId: string,
  { code, text }: PartReason
) {
  const sql = yield* SqlClient.SqlClient
  yield* ensureRow(accountId, threadId)
  yield* sql`UPDATE coverage SET refusal = ${text}, refusal_code = ${code}, refused_at = ${yield* Clock.currentTimeMillis}
    WHERE thread_id = ${threadId}`
  yield* tellOf([{ accountId, threadId }])
})
