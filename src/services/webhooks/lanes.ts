// What an endpoint did not take waits in a lane: one for each conversation, so that the others go on and each keeps its order. A lane has
// only its first event; the others of the conversation are in the log. The lanes of a batch that was refused are first tried together, as
// the same batch, and then each by itself: an event that no server takes holds up its own conversation only.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { FeedEvent } from '../../domain/feed.ts'
import { least, listOf } from '../database/dialect.ts'
import type { EventLog } from '../events/event-log.ts'
import { retryDelay } from './retries.ts'

export interface Lane {
  readonly webhookId: string
  /** `''` for events about no account. */
  readonly accountId: string
  /** As `laneOf` says. */
  readonly threadId: string
  /** The event that was not taken. */
  readonly eventId: number
  /** How often it was tried. */
  readonly attempts: number
  /** Milliseconds since 1970. */
  readonly nextAt: number
  /** The last event of the batch with which it is tried again; `null` when it is tried by itself. */
  readonly batchUpto: number | null
}

/** Where an event happened. */
interface Placed {
  readonly accountId: string | null
  readonly threadId: string | null
}

/** No account has this id. */
const NO_ACCOUNT = ''
/** The lane of events that are about no account. */
export const OF_SERVER = 'server'

/** Events with the same lane are delivered in their order: those of a thread, and those of an account that are about no thread. */
export const laneOf = ({ accountId, threadId }: Placed): string => threadId ?? accountId ?? OF_SERVER

/** Where an event happened, as the log has it by now: its thread may have become another one since it was read. */
export const placeNow = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, event: FeedEvent) {
  const [found] =
    yield* sql<Placed>`SELECT account_id, thread_id FROM events WHERE event_id = ${event.eventId}`
  return found ?? event
})

/** Which of the events are in the log: they go with their account, and with a person who is erased. */
export const stillInLog = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  events: ReadonlyArray<Pick<FeedEvent, 'eventId'>>
) {
  const ids = [...new Set(events.map(({ eventId }) => eventId))]
  const rows = yield* sql<{
    eventId: number
  }>`SELECT event_id FROM events WHERE event_id IN ${listOf(sql, ids)}`
  const left = new Set(rows.map(({ eventId }) => eventId))
  return ({ eventId }: Pick<FeedEvent, 'eventId'>): boolean => left.has(eventId)
})

/** Whether the log has later events of the same lane. */
export const hasLater = (sql: SqlClient.SqlClient, { accountId, eventId, threadId }: FeedEvent) => {
  const ofLane =
    threadId === null ? sql`account_id IS ${accountId} AND thread_id IS NULL` : sql`thread_id = ${threadId}`
  return Effect.map(
    sql`SELECT 1 AS one FROM events WHERE ${ofLane} AND event_id > ${eventId} LIMIT 1`,
    rows => rows.length > 0
  )
}

/** The lane in which an event waits. */
export const laneFor = (webhookId: string, event: Placed) => ({
  webhookId,
  accountId: event.accountId ?? NO_ACCOUNT,
  threadId: laneOf(event)
})

const COLUMNS = 'webhook_id, account_id, thread_id, event_id, attempts, next_at, batch_upto'

export const dueLanes = (
  sql: SqlClient.SqlClient,
  { limit, now, webhookId }: { readonly webhookId: string; readonly now: number; readonly limit: number }
) =>
  sql<Lane>`SELECT ${sql.literal(COLUMNS)} FROM webhook_lanes WHERE webhook_id = ${webhookId} AND next_at <= ${now}
    ORDER BY next_at, thread_id LIMIT ${limit}`

/** The lanes that are tried together again. */
export const lanesOfBatch = (sql: SqlClient.SqlClient, webhookId: string, batchUpto: number) =>
  sql<Lane>`SELECT ${sql.literal(COLUMNS)} FROM webhook_lanes
    WHERE webhook_id = ${webhookId} AND batch_upto = ${batchUpto} ORDER BY event_id`

/** The conversations that wait. */
export const lanesOf = (sql: SqlClient.SqlClient, webhookId: string) =>
  sql<Pick<Lane, 'threadId' | 'nextAt'>>`SELECT thread_id, next_at FROM webhook_lanes
    WHERE webhook_id = ${webhookId} ORDER BY next_at`

/**
 * Puts a lane, if its webhook is there, in the place of the one that was read with this event (`undefined` when there was none). One that
 * waits from an earlier event on keeps that: it was started again, or is another conversation's by now, and what is before would be lost.
 */
export const putLane = (sql: SqlClient.SqlClient, lane: Lane, readWith?: number) =>
  sql`INSERT INTO webhook_lanes (${sql.literal(COLUMNS)})
    SELECT webhook_id, ${lane.accountId}, ${lane.threadId}, ${lane.eventId}, ${lane.attempts}, ${lane.nextAt}, ${lane.batchUpto}
      FROM webhooks WHERE webhook_id = ${lane.webhookId}
    ON CONFLICT (webhook_id, thread_id) DO UPDATE SET event_id = excluded.event_id, attempts = excluded.attempts,
      next_at = excluded.next_at, batch_upto = excluded.batch_upto
      WHERE webhook_lanes.event_id >= excluded.event_id OR webhook_lanes.event_id = ${readWith ?? null}`

/** Has a webhook that is there get the conversation from this event on, now; one that waits from an earlier event on keeps that. */
export const restartLane = (sql: SqlClient.SqlClient, lane: Omit<Lane, 'attempts' | 'batchUpto'>) => {
  const first = sql.literal(least(sql, 'webhook_lanes.event_id', 'excluded.event_id'))
  return sql`INSERT INTO webhook_lanes (${sql.literal(COLUMNS)})
    SELECT webhook_id, ${lane.accountId}, ${lane.threadId}, ${lane.eventId}, 0, ${lane.nextAt}, NULL
      FROM webhooks WHERE webhook_id = ${lane.webhookId}
    ON CONFLICT (webhook_id, thread_id) DO UPDATE SET event_id = ${first},
      attempts = CASE WHEN excluded.event_id < webhook_lanes.event_id THEN 0 ELSE webhook_lanes.attempts END,
      batch_upto = CASE WHEN excluded.event_id < webhook_lanes.event_id THEN NULL ELSE webhook_lanes.batch_upto END,
      next_at = excluded.next_at`
}

/** Removes a lane as it was read: one that waits from an earlier event on by now stays. */
export const deleteLane = (sql: SqlClient.SqlClient, { eventId, threadId, webhookId }: Lane) =>
  sql`DELETE FROM webhook_lanes
    WHERE webhook_id = ${webhookId} AND thread_id = ${threadId} AND event_id >= ${eventId}`

/** When the lane is tried again after its event was refused once more; `undefined` when it is given up. */
export const nextTry = (
  attempts: number,
  now: number,
  retryAfter: number | undefined
): number | undefined => {
  const delay = retryDelay(attempts)
  return delay === undefined ? undefined : now + Math.max(delay, Math.min(retryAfter ?? 0, LONGEST_WISH_MS))
}

/** For how long a server may ask to be left alone. */
const LONGEST_WISH_MS = 24 * 60 * 60_000

/** Events that are read at a time. */
const STRETCH = 100
/** The same, where those of the lane are among others. */
const LONG_STRETCH = 500

export interface Stretch {
  readonly events: ReadonlyArray<FeedEvent>
  /** The last event that was looked at. */
  readonly upTo: number
  /** Whether there is nothing more of the lane. */
  readonly isEnd: boolean
}

/** What is in the log of a lane, from its event on. */
export const stretchOf = Effect.fnUntraced(function* (
  log: EventLog['Service'],
  { accountId, eventId, threadId }: Lane,
  upTo: number
): Effect.fn.Return<Stretch, Effect.Error<ReturnType<EventLog['Service']['list']>>> {
  const ofThread = threadId !== OF_SERVER && threadId !== accountId
  const limit = ofThread ? STRETCH : LONG_STRETCH
  const of = ofThread ? { threadId } : { accountId: accountId === NO_ACCOUNT ? undefined : accountId }
  const found = yield* log.list({ ...of, after: eventId - 1, upTo, limit })
  const isEnd = found.length < limit
  return {
    events: found.filter(event => laneOf(event) === threadId),
    upTo: isEnd ? upTo : (found.at(-1)?.eventId ?? upTo),
    isEnd
  }
})
