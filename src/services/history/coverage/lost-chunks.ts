// Chunks that were given up: what they would have brought is a gap between what the chunks around them brought.
import { Clock, Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import type { RawMessage } from '../../whatsapp/convert/chunk.ts'
import { openGap } from './gaps.ts'
import { readRow } from './thread-row.ts'
import { type ChangedRow, tellOf } from './told.ts'
import { noteUnreadAnnouncements } from './unread-announcements.ts'

interface ChunkPlace {
  readonly syncType: number
  readonly chunkOrder: number
}

interface LostChunk extends ChunkPlace {
  readonly chunkId: number
}

/** What one chunk brought of one thread. */
interface Stretch extends ChunkPlace {
  readonly threadId: string
  readonly oldestAt: number
  readonly oldestId: string
  readonly oldestFromMe: number
  readonly newestAt: number
  readonly newestId: string
}

/** Sync types that bring messages, in the order in which they go back in time: initial, recent, full. */
const PHASES: ReadonlyMap<number, number> = new Map([
  [0, 0],
  [3, 1],
  [2, 2]
])

/** Grows with the age of what a chunk holds. */
const placeOf = ({ chunkOrder, syncType }: ChunkPlace): number =>
  (PHASES.get(syncType) ?? 9) * 1_000_000 + chunkOrder

/** Opens gaps where lost chunks lie between what others brought. */
export const noteLost = Effect.fnUntraced(function* (accountId: string) {
  const lost = (yield* lostChunks(accountId)).filter(({ syncType }) => PHASES.has(syncType))
  if (lost.length === 0) return
  const byThread = Map.groupBy(yield* stretches(accountId), ({ threadId }) => threadId)
  for (const chunk of lost) {
    for (const [threadId, parts] of byThread) yield* noteLostOfThread(accountId, chunk, threadId, parts)
  }
})

const noteLostOfThread = Effect.fnUntraced(function* (
  accountId: string,
  chunk: LostChunk,
  threadId: string,
  parts: ReadonlyArray<Stretch>
) {
  const { newer, older } = neighbours(placeOf(chunk), parts)
  // Without anything older, everything before the newer part may have been in the lost chunk, unless that is the beginning.
  if (older === undefined && (newer === undefined || (yield* isBeginningReached(threadId)))) return
  yield* openGap(accountId, threadId, {
    reason: 'lost-chunk',
    cause: String(chunk.chunkId),
    from: older === undefined ? null : { at: older.newestAt, whatsAppId: older.newestId },
    to: newer === undefined ? null : oldestIn(newer)
  })
})

/** What lies next to a place: the oldest of the newer parts, and the newest of the older parts. */
const neighbours = (place: number, parts: ReadonlyArray<Stretch>) => ({
  newer: parts
    .filter(part => placeOf(part) < place)
    .toSorted((a, b) => a.oldestAt - b.oldestAt)
    .at(0),
  older: parts
    .filter(part => placeOf(part) > place)
    .toSorted((a, b) => b.newestAt - a.newestAt)
    .at(0)
})

const oldestIn = ({ oldestAt, oldestFromMe, oldestId }: Stretch): RawMessage => ({
  at: oldestAt,
  whatsAppId: oldestId,
  fromMe: oldestFromMe === 1
})

const isBeginningReached = (threadId: string) =>
  Effect.map(readRow(threadId), row => row?.beginning === 'reached')

/** Given up since the account was linked. */
const lostChunks = Effect.fnUntraced(function* (accountId: string) {
  const sql = yield* SqlClient.SqlClient
  return yield* sql<LostChunk>`SELECT c.chunk_id, c.sync_type, c.chunk_order
    FROM history_chunks c JOIN accounts a ON a.account_id = c.account_id
    WHERE c.account_id = ${accountId} AND c.state = 'failed' AND c.received_at >= COALESCE(a.linked_at, 0)`
})

/** What chunks brought since the account was linked. */
const stretches = Effect.fnUntraced(function* (accountId: string) {
  const sql = yield* SqlClient.SqlClient
  return yield* sql<Stretch>`SELECT s.*, c.sync_type, c.chunk_order FROM history_stretches s
    JOIN history_chunks c ON c.chunk_id = s.chunk_id JOIN accounts a ON a.account_id = c.account_id
    WHERE s.account_id = ${accountId} AND c.received_at >= COALESCE(a.linked_at, 0)`
})

/**
 * A chunk was stored: gaps of a lost edition of the same chunk close, other lost chunks may show gaps now, and so may
 * announcements that are unread, in the threads that are new.
 */
export const noteChunk = Effect.fnUntraced(function* (
  accountId: string,
  syncType: number,
  chunkOrder: number
) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const closed =
    yield* sql<ChangedRow>`UPDATE gaps SET closed_at = ${now} WHERE account_id = ${accountId} AND closed_at IS NULL
    AND reason = 'lost-chunk' AND cause IN (SELECT CAST(c.chunk_id AS TEXT) FROM history_chunks c
      JOIN accounts a ON a.account_id = c.account_id WHERE c.account_id = ${accountId} AND c.sync_type = ${syncType}
      AND c.chunk_order = ${chunkOrder} AND c.received_at >= COALESCE(a.linked_at, 0))
    RETURNING account_id, thread_id`
  yield* tellOf(closed)
  yield* noteLost(accountId)
  yield* noteUnreadAnnouncements(accountId)
})
