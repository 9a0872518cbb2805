// What history brings of a thread: how far back it reaches, which stretch each chunk covered, and whether it meets the
// live messages.
import { Clock, Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { partReason } from '../../../domain/backfill.ts'
import { greatest, least } from '../../database/dialect.ts'
import type { DecodedConversation, RawMessage } from '../../whatsapp/convert/chunk.ts'
import { closeGap, openGap, raiseGap } from './gaps.ts'
import { noteSentBackTo } from './kept-since.ts'
import { firstLiveOf } from './rows.ts'
import { ensureRow, markJoined, noteRefusal, readRow } from './thread-row.ts'
import { type ChangedRow, tellOf } from './told.ts'

/** A conversation of a chunk, by the thread it belongs to. */
export interface StoredConversation extends Pick<DecodedConversation, 'oldest' | 'newest' | 'beginning'> {
  readonly threadId: string
}

/** The floor only moves back; a beginning that was reached stays reached. */
export const noteReach = Effect.fnUntraced(function* (
  accountId: string,
  { beginning, oldest, threadId }: StoredConversation
) {
  const sql = yield* SqlClient.SqlClient
  yield* ensureRow(accountId, threadId)
  if (beginning !== undefined) {
    const known = beginning === 'noAccess' ? 'more' : beginning
    const changed = yield* sql<ChangedRow>`UPDATE coverage SET beginning = ${known}
      WHERE thread_id = ${threadId} AND beginning NOT IN ('reached', ${known}) RETURNING account_id, thread_id`
    yield* tellOf(changed)
  }
  if (beginning === 'noAccess') yield* noteNoAccess(accountId, threadId)
  if (oldest === undefined) return
  yield* noteSentBackTo(accountId, threadId, oldest.at)
  yield* sql`UPDATE coverage SET floor_at = ${oldest.at}, floor_id = ${oldest.whatsAppId}, floor_from_me = ${oldest.fromMe}
    WHERE thread_id = ${threadId} AND (floor_at IS NULL OR floor_at >= ${oldest.at})`
})

/** The phone gives this device nothing older of the thread. */
const noteNoAccess = Effect.fnUntraced(function* (accountId: string, threadId: string) {
  const sql = yield* SqlClient.SqlClient
  yield* noteRefusal(accountId, threadId, partReason('noAccess'))
  yield* sql`UPDATE coverage SET no_access_at = ${yield* Clock.currentTimeMillis} WHERE thread_id = ${threadId}`
})

/** Notes what a chunk brought of one thread. */
export const noteStored = Effect.fnUntraced(function* (
  accountId: string,
  chunkId: number,
  conversation: StoredConversation
) {
  yield* noteReach(accountId, conversation)
  const { newest, oldest, threadId } = conversation
  if (newest === undefined || oldest === undefined) return
  yield* noteStretch(accountId, chunkId, threadId, { oldest, newest })
  const first = yield* readFirstLive(threadId)
  if (first === undefined) return
  // Chunks may be noted in another order than the phone's: one whose announcement came late, or that was fetched again.
  if (first.joined) yield* narrowToHistory(threadId, first.live, newest)
  else yield* joinHistoryToLive(accountId, threadId, first.live, newest)
})

/**
 * Notes what a member shared of a group. It says nothing about the beginning, and is not one of the phone's chunks, whose
 * order tells what lies between them.
 */
export const noteShared = Effect.fnUntraced(function* (accountId: string, conversation: StoredConversation) {
  yield* noteReach(accountId, conversation)
  const { newest, threadId } = conversation
  if (newest === undefined) return
  const first = yield* readFirstLive(threadId)
  if (first !== undefined && !first.joined) yield* joinHistoryToLive(accountId, threadId, first.live, newest)
})

const noteStretch = Effect.fnUntraced(function* (
  accountId: string,
  chunkId: number,
  threadId: string,
  { newest, oldest }: { readonly oldest: RawMessage; readonly newest: RawMessage }
) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT INTO history_stretches (chunk_id, account_id, thread_id, oldest_at, oldest_id, oldest_from_me, newest_at, newest_id)
    VALUES (${chunkId}, ${accountId}, ${threadId}, ${oldest.at}, ${oldest.whatsAppId}, ${oldest.fromMe}, ${newest.at}, ${newest.whatsAppId})
    ON CONFLICT (chunk_id, thread_id) DO UPDATE SET 
      oldest_at = ${sql.literal(least(sql, 'history_stretches.oldest_at', 'excluded.oldest_at'))},
      newest_at = ${sql.literal(greatest(sql, 'history_stretches.newest_at', 'excluded.newest_at'))}`
})

/** Whether what came before this time is to be asked for already, because of an absence. */
const isInOpenGap = Effect.fnUntraced(function* (threadId: string, at: number) {
  const sql = yield* SqlClient.SqlClient
  const found = yield* sql`SELECT 1 FROM gaps WHERE thread_id = ${threadId} AND reason = 'outage'
    AND closed_at IS NULL AND COALESCE(from_at, 0) < ${at} AND (to_at IS NULL OR to_at >= ${at}) LIMIT 1`
  return found.length > 0
})

/** The first live message of a thread, and whether it is decided what lies before it; `undefined` when there was none yet. */
const readFirstLive = Effect.fnUntraced(function* (threadId: string) {
  const row = yield* readRow(threadId)
  const live = row === undefined ? undefined : firstLiveOf(row)
  return row === undefined || live === undefined ? undefined : { live, joined: row.joined }
})

/** History that comes after live messages have begun meets them, or leaves a gap before them. */
const joinHistoryToLive = Effect.fnUntraced(function* (
  accountId: string,
  threadId: string,
  live: RawMessage,
  newest: RawMessage
) {
  if (newest.at < live.at && !(yield* isInOpenGap(threadId, live.at))) {
    yield* openGap(accountId, threadId, {
      reason: 'history-to-live',
      cause: live.whatsAppId,
      from: newest,
      to: live
    })
  }
  yield* markJoined(threadId)
})

/** The gap before live messages begins after the newest of the history; there is none where the history reaches its end. */
const narrowToHistory = Effect.fnUntraced(function* (threadId: string, live: RawMessage, newest: RawMessage) {
  const sql = yield* SqlClient.SqlClient
  const [gap] = yield* sql<{ gapId: number; toAt: number }>`SELECT gap_id, to_at FROM gaps
    WHERE thread_id = ${threadId} AND reason = 'history-to-live' AND cause = ${live.whatsAppId}
      AND closed_at IS NULL AND from_at < ${newest.at}`
  if (gap === undefined) return
  if (gap.toAt <= newest.at) yield* closeGap(gap.gapId)
  else yield* raiseGap(gap.gapId, newest)
})
