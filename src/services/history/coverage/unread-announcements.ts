// Peer messages that cannot be decrypted during the first history: each may have announced a chunk with messages of any thread.
// So every thread has a gap until the message is there, or until the phone has given the thread page by page.
import { Clock, Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { MessageStore } from '../../conversations/message-store.ts'
import { isRequestable } from '../requestable.ts'
import { openGap, UNREAD_ANNOUNCEMENT } from './gaps.ts'
import { type ChangedRow, tellOf } from './told.ts'

/** Opens the gap of each that waits or was given up, in every thread that has none yet. */
export const noteUnreadAnnouncements = Effect.fnUntraced(function* (accountId: string) {
  const sql = yield* SqlClient.SqlClient
  const messages = yield* MessageStore
  const missing = yield* sql<{ cause: string; threadId: string }>`SELECT p.whatsapp_id AS cause, t.thread_id
    FROM peer_messages p JOIN accounts a ON a.account_id = p.account_id
      JOIN threads t ON t.account_id = p.account_id AND ${sql.literal(isRequestable('t.thread_id'))}
    WHERE p.account_id = ${accountId} AND p.in_first_history = 1 AND p.state IN ('waiting', 'lost')
      AND p.received_at >= COALESCE(a.linked_at, 0) AND NOT EXISTS (SELECT 1 FROM gaps g
        WHERE g.thread_id = t.thread_id AND g.reason = ${UNREAD_ANNOUNCEMENT} AND g.cause = p.whatsapp_id)`
  for (const { cause, threadId } of missing) {
    const newest = yield* messages.edge(threadId, 'newest')
    yield* openGap(accountId, threadId, {
      reason: UNREAD_ANNOUNCEMENT,
      cause,
      from: null,
      to: newest ?? null
    })
  }
})

/** They have arrived: what they announced is in the queue, or they announced nothing. */
export const noteAnnouncementsRead = Effect.fnUntraced(function* (
  accountId: string,
  whatsAppIds: ReadonlyArray<string>
) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const closed =
    yield* sql<ChangedRow>`UPDATE gaps SET closed_at = ${now} WHERE account_id = ${accountId} AND closed_at IS NULL
    AND reason = ${UNREAD_ANNOUNCEMENT} AND cause IN ${sql.in(whatsAppIds)}
    RETURNING account_id, thread_id`
  yield* tellOf(closed)
})
