// Where live messages begin in a thread. Between them and what history brought there may be a gap.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { messageEdge } from '../../conversations/sql/message-lookups.ts'
import type { RawMessage } from '../../whatsapp/convert/chunk.ts'
import { narrowGap, openGap } from './gaps.ts'
import type { LiveThreads } from './live-threads.ts'
import { ensureRow, markJoined } from './thread-row.ts'

/** A live message as it was stored. */
export interface LiveMessage extends RawMessage {
  readonly threadId: string
}

/** A thread whose first message comes within this time after an absence is assumed to have begun during the absence. */
const MAY_HAVE_BEGUN_MS = 30 * 24 * 60 * 60 * 1000

/** Notes the first live message of each thread; later ones are skipped by what is remembered. */
export const noteLive = Effect.fnUntraced(function* (
  live: LiveThreads,
  accountId: string,
  messages: ReadonlyArray<LiveMessage>
) {
  for (const message of messages) {
    if (live.isNoted(accountId, message.threadId)) continue
    if (yield* noteFirstLive(accountId, message)) live.setStarted(accountId)
    live.setNoted(accountId, message.threadId)
  }
})

/** Answers whether this is the first live message of its thread. */
const noteFirstLive = Effect.fnUntraced(function* (accountId: string, live: LiveMessage) {
  const sql = yield* SqlClient.SqlClient
  yield* ensureRow(accountId, live.threadId)
  const first =
    yield* sql`UPDATE coverage SET live_from = ${live.at}, live_id = ${live.whatsAppId}, live_from_me = ${live.fromMe}
    WHERE thread_id = ${live.threadId} AND live_from IS NULL RETURNING 1`
  if (first.length === 0) return false
  yield* joinLiveToHeld(accountId, live.threadId, live)
  return true
})

/** Opens a gap between what is held and the first live message, unless history overlaps it. */
export const joinLiveToHeld = Effect.fnUntraced(function* (
  accountId: string,
  threadId: string,
  live: RawMessage
) {
  if (yield* isInHistory(accountId, threadId, live.at)) return yield* markJoined(threadId)
  const sql = yield* SqlClient.SqlClient
  const older = yield* messageEdge(sql, threadId, 'newest', { before: live.at })
  if (older === undefined) return yield* noteBegunInAbsence(accountId, threadId, live)
  if (!(yield* endAbsence(threadId, live)))
    yield* openGap(accountId, threadId, {
      reason: 'history-to-live',
      cause: live.whatsAppId,
      from: older,
      to: live
    })
  yield* markJoined(threadId)
})

/** An absence that nothing has come after yet ends with this message. Answers whether there is one. */
const endAbsence = Effect.fnUntraced(function* (threadId: string, live: RawMessage) {
  const sql = yield* SqlClient.SqlClient
  const endless = yield* sql<{ gapId: number }>`SELECT gap_id FROM gaps WHERE thread_id = ${threadId}
    AND reason = 'outage' AND closed_at IS NULL AND to_at IS NULL`
  for (const { gapId } of endless) yield* narrowGap(gapId, live)
  return endless.length > 0
})

/** Whether a chunk of history brought the thread up to this time or later. */
const isInHistory = Effect.fnUntraced(function* (accountId: string, threadId: string, at: number) {
  const sql = yield* SqlClient.SqlClient
  const found = yield* sql`SELECT 1 FROM history_stretches
    WHERE account_id = ${accountId} AND thread_id = ${threadId} AND newest_at >= ${at} LIMIT 1`
  return found.length > 0
})

/** A thread of which nothing was held may have begun while the account was away longer than WhatsApp keeps messages. */
const noteBegunInAbsence = Effect.fnUntraced(function* (
  accountId: string,
  threadId: string,
  live: RawMessage
) {
  const sql = yield* SqlClient.SqlClient
  const [absence] = yield* sql<{ cause: string | null }>`SELECT MAX(cause) AS cause FROM gaps
    WHERE account_id = ${accountId} AND reason = 'outage'`
  if (absence?.cause == null || live.at > Number(absence.cause) + MAY_HAVE_BEGUN_MS) return
  yield* openGap(accountId, threadId, { reason: 'outage', cause: absence.cause, from: null, to: live })
})
