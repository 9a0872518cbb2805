// The log of events for subscribers. An event is written in the transaction of the change that it reports, so that neither
// exists without the other.
import { Clock, Context, Effect, Layer, Schema } from 'effect'
import { SqlClient } from 'effect/sql'
import { FEED_KINDS, type FeedEvent } from '../../domain/feed.ts'
import { SqlBulk } from '../database/bulk.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { ALL_ACCOUNTS, topic, Wakes } from '../process/wakes.ts'

/** Events were appended and are committed. Its one waiter, the tail, waits for all accounts. */
export const EVENTS = topic('events')

/**
 * Runs before events are removed that are older than a time (milliseconds since 1970), in the same transaction: for whoever has not
 * delivered them yet.
 */
export const BeforePruning = Context.Reference<(before: number) => Effect.Effect<void, DatabaseError>>(
  'backscroll/services/events/BeforePruning',
  { defaultValue: () => () => Effect.void }
)

export interface EventWrite extends Pick<FeedEvent, 'kind' | 'threadId' | 'messageId'> {
  readonly changed?: FeedEvent['changed']
}

export interface EventQuery {
  /** The number of the event after which to begin. */
  readonly after: number
  /** The number of the last event wanted. */
  readonly upTo?: number | undefined
  /** Of one account; of all when it is not given. */
  readonly accountId?: string | undefined
  readonly threadId?: string | undefined
  readonly limit: number
}

export class EventLog extends Context.Service<
  EventLog,
  {
    /** Adds events within the caller's transaction, after whose commit the tail is woken. */
    readonly append: (
      accountId: string,
      events: ReadonlyArray<EventWrite>
    ) => Effect.Effect<void, DatabaseError>
    /** What happened after an event, oldest first. */
    readonly list: (query: EventQuery) => Effect.Effect<ReadonlyArray<FeedEvent>, DatabaseError>
    /** The number of the newest event, 0 when there is none. */
    readonly newest: Effect.Effect<number, DatabaseError>
    /** The number of the last event before a time (milliseconds since 1970), 0 when there is none. */
    readonly before: (time: number) => Effect.Effect<number, DatabaseError>
    /** Removes events older than a time (milliseconds since 1970). */
    readonly prune: (before: number) => Effect.Effect<void, DatabaseError>
  }
>()('backscroll/services/events/EventLog') {
  static readonly layer: Layer.Layer<EventLog, never, SqlClient.SqlClient | SqlBulk | Wakes> = Layer.effect(
    EventLog,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const bulk = yield* SqlBulk
      const clock = yield* Clock.Clock
      const wakes = yield* Wakes
      const wake = sql.afterCommit(wakes.wake(EVENTS, ALL_ACCOUNTS))
      return EventLog.of({
        append: (accountId, events) =>
          events.length === 0
            ? Effect.void
            : insertEvents(bulk, accountId, events, clock.currentTimeMillisUnsafe()).pipe(
                Effect.andThen(wake),
                asDatabaseError('appending events')
              ),
        list: query => listEvents(sql, query).pipe(asDatabaseError('events')),
        newest: newestEvent(sql).pipe(asDatabaseError('newestEvent')),
        before: time => lastBefore(sql, time).pipe(asDatabaseError('lastEventBefore')),
        prune: before =>
          Effect.flatMap(BeforePruning, note => note(before)).pipe(
            Effect.andThen(deleteEvents(sql, before)),
            sql.withTransaction,
            Effect.asVoid,
            asDatabaseError('pruning events')
          )
      })
    })
  )
}

const Row = Schema.Struct({
  eventId: Schema.Finite,
  accountId: Schema.String,
  kind: Schema.Literals(FEED_KINDS),
  threadId: Schema.String,
  messageId: Schema.NullOr(Schema.String),
  changed: Schema.fromJsonString(Schema.Array(Schema.String)),
  at: Schema.Finite
})
const decodeRows = Schema.decodeUnknownEffect(Schema.Array(Row))

const insertEvents = (
  bulk: SqlBulk['Service'],
  accountId: string,
  events: ReadonlyArray<EventWrite>,
  at: number
) =>
  bulk.runMany(
    `INSERT INTO events (account_id, kind, thread_id, message_id, changed, at) VALUES (?, ?, ?, ?, ?, ?)`,
    events.map(({ changed = [], kind, messageId, threadId }) => [
      accountId,
      kind,
      threadId,
      messageId,
      JSON.stringify(changed),
      at
    ])
  )

const listEvents = (sql: SqlClient.SqlClient, { accountId, after, limit, threadId, upTo }: EventQuery) => {
  const conditions = [
    sql`event_id > ${after}`,
    ...(upTo === undefined ? [] : [sql`event_id <= ${upTo}`]),
    ...(threadId === undefined ? [] : [sql`thread_id = ${threadId}`]),
    // Within a thread, events are of its account.
    ...(accountId === undefined || threadId !== undefined ? [] : [sql`account_id = ${accountId}`])
  ]
  return Effect.flatMap(
    sql`SELECT * FROM events WHERE ${sql.and(conditions)} ORDER BY event_id LIMIT ${limit}`,
    decodeRows
  )
}

const newestEvent = (sql: SqlClient.SqlClient) =>
  Effect.map(
    sql<{ newest: number | null }>`SELECT MAX(event_id) AS newest FROM events`,
    ([row]) => row?.newest ?? 0
  )

/** Events are stored in the order of their times, apart from a clock that was corrected. */
const lastBefore = (sql: SqlClient.SqlClient, time: number) =>
  Effect.map(
    sql<{ last: number | null }>`SELECT MAX(event_id) AS last FROM events WHERE at < ${time}`,
    ([row]) => row?.last ?? 0
  )

const deleteEvents = (sql: SqlClient.SqlClient, before: number) =>
  sql`DELETE FROM events WHERE at < ${before}`
