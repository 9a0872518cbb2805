// The gaps of threads: opened once for each cause, narrowed from either edge, closed.
import { Clock, Effect } from 'effect'
import { SqlClient, type Statement } from 'effect/sql'
import type { GapReason } from '../../../domain/coverage.ts'
import type { RawMessage } from '../../whatsapp/convert/chunk.ts'
import { decodeGap } from './rows.ts'
import { type ChangedRow, tellOf } from './told.ts'
import { IS_DENIED } from './thread-row.ts'

export interface NewGap {
  readonly reason: GapReason
  /** Tells gaps of a thread with the same reason apart: a gap is opened once for each cause. */
  readonly cause: string
  /** The newest message before the gap; `null`: the gap goes back to the beginning of the thread. */
  readonly from: { readonly at: number; readonly whatsAppId: string } | null
  /** The oldest message after the gap; `null`: nothing has come since. */
  readonly to: RawMessage | null
}

/** Opens a gap. One that is open for the same cause is only given its older edge, if it had none. */
export const openGap = Effect.fnUntraced(function* (
  accountId: string,
  threadId: string,
  { cause, from, reason, to }: NewGap
) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const changed =
    yield* sql<ChangedRow>`INSERT INTO gaps (account_id, thread_id, reason, cause, from_at, from_id, to_at, to_id, to_from_me, opened_at)
    VALUES (${accountId}, ${threadId}, ${reason}, ${cause}, ${from?.at ?? null}, ${from?.whatsAppId ?? null},
      ${to?.at ?? null}, ${to?.whatsAppId ?? null}, ${to?.fromMe ?? null}, ${now})
    ON CONFLICT (thread_id, reason, cause) DO UPDATE SET from_at = excluded.from_at, from_id = excluded.from_id
      WHERE gaps.from_at IS NULL AND excluded.from_at IS NOT NULL AND gaps.closed_at IS NULL
    RETURNING account_id, thread_id`
  yield* tellOf(changed)
})

/** Moves the newer edge of a gap back to this message. */
export const narrowGap = Effect.fnUntraced(function* (gapId: number, to: RawMessage) {
  const sql = yield* SqlClient.SqlClient
  const changed =
    yield* sql<ChangedRow>`UPDATE gaps SET to_at = ${to.at}, to_id = ${to.whatsAppId}, to_from_me = ${to.fromMe}
    WHERE gap_id = ${gapId} RETURNING account_id, thread_id`
  yield* tellOf(changed)
})

/** Moves the older edge of a gap up to this message. */
export const raiseGap = Effect.fnUntraced(function* (gapId: number, from: RawMessage) {
  const sql = yield* SqlClient.SqlClient
  const changed = yield* sql<ChangedRow>`UPDATE gaps SET from_at = ${from.at}, from_id = ${from.whatsAppId}
    WHERE gap_id = ${gapId} RETURNING account_id, thread_id`
  yield* tellOf(changed)
})

export const closeGap = Effect.fnUntraced(function* (gapId: number) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const changed =
    yield* sql<ChangedRow>`UPDATE gaps SET closed_at = ${now} WHERE gap_id = ${gapId} AND closed_at IS NULL
    RETURNING account_id, thread_id`
  yield* tellOf(changed)
})

/** The reason of gaps that are there because a message of the phone could not be decrypted. */
export const UNREAD_ANNOUNCEMENT = 'unread-announcement' satisfies GapReason

/** Whether the gap `g` is about a message that the phone is asked for again: its pages need not be asked for yet. */
export const IS_ASKED_AGAIN = `(g.reason = '${UNREAD_ANNOUNCEMENT}' AND EXISTS (SELECT 1 FROM peer_messages p
  WHERE p.account_id = g.account_id AND p.whatsapp_id = g.cause AND p.state = 'waiting'))`

/** Open gaps, those of the most recently active threads first. */
const openGapsWhere = Effect.fnUntraced(function* (where: Statement.Fragment) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql`SELECT g.* FROM gaps g LEFT JOIN threads t ON t.thread_id = g.thread_id
    WHERE g.closed_at IS NULL AND ${where} ORDER BY t.last_message_at DESC, COALESCE(g.from_at, 0) DESC`
  return yield* Effect.forEach(rows, row => decodeGap(row))
})

export const openGapsOfAccount = Effect.fnUntraced(function* (accountId: string) {
  const sql = yield* SqlClient.SqlClient
  return yield* openGapsWhere(sql`g.account_id = ${accountId} AND NOT ${sql.literal(IS_ASKED_AGAIN)} AND NOT EXISTS (
      SELECT 1 FROM coverage c WHERE c.thread_id = g.thread_id AND ${sql.literal(IS_DENIED)})`)
})

export const openGapsOfThread = Effect.fnUntraced(function* (threadId: string) {
  const sql = yield* SqlClient.SqlClient
  return yield* openGapsWhere(sql`g.thread_id = ${threadId}`)
})

/** `undefined` when there is no such gap, or when it is closed. */
export const findOpenGap = Effect.fnUntraced(function* (gapId: number) {
  const sql = yield* SqlClient.SqlClient
  const [gap] = yield* openGapsWhere(sql`g.gap_id = ${gapId}`)
  return gap
})
