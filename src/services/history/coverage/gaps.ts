// Rows of coverage and gaps, and where live messages leave a gap behind what is held. Within the caller's transaction.
import { Clock, Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { GapReason } from '../../../domain/coverage.ts'
import { messageEdge } from '../../conversations/sql/message-lookups.ts'
import type { RawMessage } from '../../whatsapp/convert/chunk.ts'
import { decodeReach } from './rows.ts'

export interface NewGap {
  readonly reason: GapReason
  /** Tells one such gap of a thread from another. */
  readonly cause: string
  /** `null`: back to the beginning. */
  readonly from: { readonly at: number; readonly whatsAppId: string } | null
  readonly to: RawMessage | null
}

/** A chat that is first heard of this long after an absence is taken to have begun in it. */
const MAY_HAVE_BEGUN_MS = 30 * 24 * 60 * 60 * 1000

export const coverageRow = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, threadId: string) {
  const [row] = yield* sql`SELECT * FROM coverage WHERE thread_id = ${threadId}`
  return row === undefined ? undefined : yield* decodeReach(row)
})

export const openGap = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  accountId: string,
  threadId: string,
  gap: NewGap
) {
  const now = yield* Clock.currentTimeMillis
  yield* sql`INSERT INTO gaps (account_id, thread_id, reason, cause, from_at, from_id, to_at, to_id, to_from_me, opened_at)
    VALUES (${accountId}, ${threadId}, ${gap.reason}, ${gap.cause}, ${gap.from?.at ?? null}, ${gap.from?.whatsAppId ?? null},
      ${gap.to?.at ?? null}, ${gap.to?.whatsAppId ?? null}, ${gap.to?.fromMe ?? null}, ${now})
    ON CONFLICT (thread_id, reason, cause) DO UPDATE SET from_at = excluded.from_at, from_id = excluded.from_id
      WHERE gaps.from_at IS NULL AND excluded.from_at IS NOT NULL AND gaps.closed_at IS NULL`
})

/** What is held of a thread and its live messages are one stretch from now on, or have a gap between them. */
export const markJoined = (sql: SqlClient.SqlClient, threadId: string) =>
  sql`UPDATE coverage SET joined = 1 WHERE thread_id = ${threadId}`

/** Live messages that begin after what is held leave a stretch between, unless history overlaps them. */
export const joinHeld = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  accountId: string,
  threadId: string,
  live: RawMessage
) {
  const [overlap] = yield* sql`SELECT 1 FROM history_stretches
    WHERE account_id = ${accountId} AND thread_id = ${threadId} AND newest_at >= ${live.at} LIMIT 1`
  const older =
    overlap === undefined ? yield* messageEdge(sql, threadId, 'newest', { before: live.at }) : undefined
  if (older !== undefined) {
    yield* openGap(sql, accountId, threadId, {
      reason: 'history-to-live',
      cause: live.whatsAppId,
      from: older,
      to: live
    })
  }
  if (overlap !== undefined || older !== undefined) {
    yield* markJoined(sql, threadId)
    return
  }
  // A chat of which nothing was held may have begun while the account was away for too long.
  const [absence] = yield* sql<{ cause: string | null }>`SELECT MAX(cause) AS cause FROM gaps
    WHERE account_id = ${accountId} AND reason = 'outage'`
  if (absence?.cause == null || live.at > Number(absence.cause) + MAY_HAVE_BEGUN_MS) return
  yield* openGap(sql, accountId, threadId, { reason: 'outage', cause: absence.cause, from: null, to: live })
})
