// Absences that WhatsApp's offline queue does not bridge: in every thread, what came in between may be missing.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { MessageStore } from '../../conversations/message-store.ts'
import { isRequestable } from '../requestable.ts'
import { narrowGap, openGap } from './gaps.ts'

/** In every thread of a person or group, messages between the newest one held before this time and whatever comes next may be missing. */
export const noteOutage = Effect.fnUntraced(function* (accountId: string, heldBefore: number) {
  const sql = yield* SqlClient.SqlClient
  const messages = yield* MessageStore
  const threads = yield* sql<{
    threadId: string
  }>`SELECT thread_id FROM threads WHERE account_id = ${accountId} AND ${sql.literal(isRequestable('thread_id'))}`
  for (const { threadId } of threads) {
    if (yield* isStillAbsent(threadId)) continue
    const newest = yield* messages.edge(threadId, 'newest', { before: heldBefore })
    if (newest === undefined) continue
    yield* openGap(accountId, threadId, {
      reason: 'outage',
      cause: String(heldBefore),
      from: newest,
      to: null
    })
  }
})

/** Whether nothing has come since an earlier absence. If something has, the earlier gap ends there. */
const isStillAbsent = Effect.fnUntraced(function* (threadId: string) {
  const sql = yield* SqlClient.SqlClient
  const messages = yield* MessageStore
  const endless = yield* sql<{ gapId: number; fromAt: number | null }>`SELECT gap_id, from_at FROM gaps
    WHERE thread_id = ${threadId} AND closed_at IS NULL AND to_at IS NULL`
  for (const { fromAt, gapId } of endless) {
    const next = yield* messages.edge(threadId, 'oldest', { after: fromAt ?? undefined })
    if (next === undefined) return true
    yield* narrowGap(gapId, next)
  }
  return false
})

/** The account was linked again: live messages begin again, and everything since the last message held may be missing. */
export const noteLinked = Effect.fnUntraced(function* (accountId: string, linkedAt: number) {
  const sql = yield* SqlClient.SqlClient
  // A message of the new link may have been stored already.
  yield* sql`UPDATE coverage SET live_from = NULL, live_id = NULL, joined = 0
    WHERE account_id = ${accountId} AND (live_from IS NULL OR live_from < ${linkedAt})`
  yield* noteOutage(accountId, linkedAt)
})
