// The pinned messages of a thread in SQL. Nothing is stored of them but the events in the thread: the last one of a message decides.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import { MOST_PINNED, USUALLY_PINNED_SECONDS, LONGEST_PINNED_SECONDS, type Pin } from '../../../domain/pin.ts'
import { jsonField } from '../../database/dialect.ts'
import { readMessages } from './message-lookups.ts'

/** More events than that tell nothing about three messages. */
const MOST_EVENTS = 500

interface PinEvent {
  readonly messageId: string
  readonly kind: string
  /** For how many seconds; those that were stored before that was kept have nothing. */
  readonly seconds: string | null
  readonly at: number
}

/** Newest first. A pin that waits to be sent is none yet. */
const pinEvents = (sql: SqlClient.SqlClient, threadId: string, since: number) => {
  const kind = sql.literal(jsonField(sql, 'details', 'event.kind'))
  const seconds = sql.literal(jsonField(sql, 'details', 'event.value'))
  return sql<PinEvent>`SELECT quoted_message_id AS message_id, ${kind} AS kind, ${seconds} AS seconds, ts_client AS at
    FROM messages WHERE thread_id = ${threadId} AND type = 'system' AND quoted_message_id IS NOT NULL
      AND ts_client >= ${since} AND ${kind} IN ('pin', 'unpin') AND status NOT IN ('queued', 'cancelled', 'failed')
    ORDER BY ts_client DESC, message_row DESC LIMIT ${MOST_EVENTS}`
}

const endOf = ({ at, seconds }: PinEvent): number => at + Number(seconds ?? USUALLY_PINNED_SECONDS) * 1000

/** What is pinned in a thread at a time (milliseconds since 1970), the newest pin first. */
export const pinnedMessages = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  threadId: string,
  now: number
) {
  const events = yield* pinEvents(sql, threadId, now - LONGEST_PINNED_SECONDS * 1000)
  const last = new Map<string, PinEvent>()
  for (const event of events) if (!last.has(event.messageId)) last.set(event.messageId, event)
  const standing = [...last.values()].filter(event => event.kind === 'pin' && endOf(event) > now)
  const messages = yield* readMessages(
    sql,
    standing.map(({ messageId }) => [threadId, messageId] as const)
  )
  const byId = new Map(messages.map(message => [message.messageId, message]))
  const pins = standing.flatMap((event): ReadonlyArray<Pin> => {
    const message = byId.get(event.messageId)
    if (message === undefined || message.type === 'revoked') return []
    return [{ message, pinnedAt: event.at, until: endOf(event) }]
  })
  return pins.slice(0, MOST_PINNED)
})
