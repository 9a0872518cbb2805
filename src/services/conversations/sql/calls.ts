// Calls in SQL. One call is known under several ids: as it rang, in the phone's history, in its log of calls.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { MessageWrite } from '../writes.ts'

/** Two calls of the same side that begin within this time are one: nobody hangs up and calls again so quickly. Milliseconds. */
const SAME_WITHIN_MS = 3000

/** What rings is a call of its own: it may be a second one right after another. */
export const isOver = ({ call, type }: MessageWrite): boolean =>
  type === 'call' && call !== null && call.outcome !== 'ringing'

interface KnownCall {
  readonly messageId: string
  readonly whatsAppId: string
}

/** The stored call that a write is about: by its id, or by its time. */
const storedCall = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, write: MessageWrite) {
  const { direction, messageId, sender, threadId, tsClient } = write
  const [same] = yield* sql<KnownCall>`SELECT message_id, whatsapp_id FROM messages
    WHERE thread_id = ${threadId} AND message_id = ${messageId}`
  if (same !== undefined) return same
  const [known] =
    yield* sql<KnownCall>`SELECT message_id, whatsapp_id FROM messages WHERE thread_id = ${threadId}
    AND ts_client BETWEEN ${tsClient - SAME_WITHIN_MS} AND ${tsClient + SAME_WITHIN_MS}
    AND type = 'call' AND direction = ${direction} AND COALESCE(sender, '') = ${sender ?? ''} LIMIT 1`
  return known
})

const isSameCall = (one: MessageWrite, other: MessageWrite): boolean =>
  one.type === 'call' &&
  one.threadId === other.threadId &&
  one.sender === other.sender &&
  Math.abs(one.tsClient - other.tsClient) <= SAME_WITHIN_MS

/** The messages with each call that is over under the id by which it is known, if it is. */
export const underKnownIds = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  writes: ReadonlyArray<MessageWrite>
) {
  if (!writes.some(isOver)) return writes
  const named: Array<MessageWrite> = []
  for (const write of writes) {
    const known = isOver(write)
      ? ((yield* storedCall(sql, write)) ?? named.find(other => isSameCall(other, write)))
      : undefined
    named.push(
      known === undefined ? write : { ...write, messageId: known.messageId, whatsAppId: known.whatsAppId }
    )
  }
  return named
})
