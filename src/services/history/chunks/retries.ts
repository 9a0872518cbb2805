// Requests to the phone to make a chunk again that could not be read, and what it says to them, in SQL.
import { Clock, Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import type { ChunkRetryAnswer } from '../../whatsapp/convert/chunk-retry.ts'

export const markRetryAsked = Effect.fnUntraced(function* (chunkId: number, requestId: string) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE history_chunks SET retry_id = ${requestId}, retries = retries + 1 WHERE chunk_id = ${chunkId}`
})

export const markRetryNotAsked = Effect.fnUntraced(function* (chunkId: number) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE history_chunks SET retry_id = NULL, retries = retries - 1 WHERE chunk_id = ${chunkId}`
})

/** A chunk that is not made again is tried once more at once; then it is decided what becomes of it. */
export const noteRetryAnswers = Effect.fnUntraced(function* (
  accountId: string,
  answers: ReadonlyArray<ChunkRetryAnswer>
) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  for (const { meaning, requestId } of answers) {
    if (meaning.kind === 'underWay') continue
    const refusal = meaning.kind === 'refused' ? meaning.reason : null
    yield* sql`UPDATE history_chunks SET retry_id = NULL, retry_refusal = ${refusal},
        next_attempt_at = CASE WHEN ${refusal} IS NULL THEN next_attempt_at ELSE ${now} END
      WHERE account_id = ${accountId} AND retry_id = ${requestId} AND state = 'pending'`
  }
})
