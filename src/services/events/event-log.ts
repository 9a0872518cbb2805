// The log of events for subscribers. An event is written in the transaction of the change that it reports, so that neither
// exists without the other.
import { Clock, Context, Effect, Layer, Schema } from 'effect'
import { SqlClient, type Statement } from 'effect/sql'
import { MISSED_TYPE, type MissedData } from '../../domain/events/server-events.ts'
import { FEED_KINDS, type FeedEvent } from '../../domain/feed.ts'
import { SqlBulk } from '../database/bulk.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { ALL_ACCOUNTS, topic, Wakes } from '../process/wakes.ts'

/** Events were appended and are committed. Its one waiter, the tail, waits for all accounts. */
export const EVENTS = topic('events')

/**
 * Runs before events are removed, those up to a number, in the same transaction: for whoever has not delivered them yet.
 */
export const BeforePruning = Context.Reference<(upTo: number) => Effect.Effect<void, DatabaseError>>(
  'backscroll/services/events/BeforePruning',
  { defaultValue: () => () => Effect.void }
)

export type EventWrite = Pick<FeedEvent, 'kind'> &
  Partial<Pick<FeedEvent, 'threadId' | 'messageId' | 'subjectId' | 'changed' | 'facts'>>

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
    /** Adds events within the caller's transaction, after whose commit the tail is woken. `accountId` is `null` for those of no account. */
    readonly append: (
      accountId: string | null,
      events: ReadonlyArray<EventWrite>
    ) => Effect.Effect<void, DatabaseError>
    /** What happened after an event, oldest first. */
    readonly list: (query: EventQuery) => Effect.Effect<ReadonlyArray<FeedEvent>, DatabaseError>
    /** The number of the newest event, 0 when there was none yet. */
    readonly newest: Effect.Effect<number, DatabaseError>
    /** The number up to which events are not kept any more. */
    readonly floor: Effect.Effect<number, DatabaseError>
    /** The number of the last event before a time (milliseconds since 1970), 0 when there is none. */
    readonly before: (time: number) => Effect.Effect<number, DatabaseError>
    /** How many events there are after one and up to another. */
    readonly count: (after: number, upTo: number) => Effect.Effect<number, DatabaseError>
    /**
     * The database is an older copy, of a time (milliseconds since 1970) if that is known: what was in the log afterwards was told, and is
     * gone. Says so in the log, whose numbers go on above all that were given.
     */
    readonly noteLost: (since: number | null) => Effect.Effect<void, DatabaseError>
    /** Removes up to so many from before a time (milliseconds since 1970), the oldest first; answers how many. */
    readonly removeOld: (before: number, limit: number) => Effect.Effect<number, DatabaseError>
    /** How many those are, and the time of the oldest. */
    readonly countOld: (
      before: number
    ) => Effect.Effect<{ readonly removed: number; readonly oldest: number | null }, DatabaseError>
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
            : Effect.suspend(() =>
                insertEvents(bulk, accountId, events, clock.currentTimeMillisUnsafe())
              ).pipe(Effect.andThen(wake), asDatabaseError('appending events')),
        list: query => listEvents(sql, query).pipe(asDatabaseError('events')),
        newest: newestEvent(sql).pipe(asDatabaseError('newestEvent')),
        floor: floorOf(sql).pipe(asDatabaseError('floorOfEvents')),
        before: time => lastBefore(sql, time).pipe(asDatabaseError('lastEventBefore')),
        count: (after, upTo) => countBetween(sql, after, upTo).pipe(asDatabaseError('counting events')),
        noteLost: since =>
          noteLost(sql, since).pipe(
            Effect.andThen(wake),
            sql.withTransaction,
            asDatabaseError('noting that events are lost')
          ),
        removeOld: (before, limit) =>
          removeOld(sql, before, limit).pipe(sql.withTransaction, asDatabaseError('removing old events')),
        countOld: before => countOld(sql, before).pipe(asDatabaseError('counting old events'))
      })
    })
  )
}

const Row = Schema.Struct({
  eventId: Schema.Finite,
  accountId: Schema.NullOr(Schema.String),
  kind: Schema.Literals(FEED_KINDS),
  threadId: Schema.NullOr(Schema.String),
  messageId: Schema.NullOr(Schema.String),
  subjectId: Schema.NullOr(Schema.String),
  changed: Schema.fromJsonString(Schema.Array(Schema.String)),
  facts: Schema.NullOr(Schema.fromJsonString(Schema.Record(Schema.String, Schema.Json))),
  at: Schema.Finite
})
const decodeRows = Schema.decodeUnknownEffect(Schema.Array(Row))

const insertEvents = (
  bulk: SqlBulk['Service'],
  accountId: string | null,
  events: ReadonlyArray<EventWrite>,
  at: number
) =>
  bulk.runMany(
    `INSERT INTO events (account_id, kind, thread_id, message_id, subject_id, changed, facts, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    events.map(
      ({ changed = [], facts = null, kind, messageId = null, subjectId = null, threadId = null }) => [
        accountId,
        kind,
        threadId,
        messageId,
        subjectId,
        JSON.stringify(changed),
        facts === null ? null : JSON.stringify(facts),
        at
      ]
    )
  )

const listEvents = (sql: SqlClient.SqlClient, { accountId, after, limit, threadId, upTo }: EventQuery) => {
  const events = (...conditions: ReadonlyArray<Statement.Fragment>) => {
    const range = [
      sql`event_id > ${after}`,
      ...(upTo === undefined ? [] : [sql`event_id <= ${upTo}`]),
      ...conditions
    ]
    return sql`SELECT * FROM events WHERE ${sql.and(range)} ORDER BY event_id LIMIT ${limit}`
  }
  const found =
    threadId !== undefined
      ? // Within a thread, events are of its account.
        events(sql`thread_id = ${threadId}`)
      : accountId === undefined
        ? events()
        : // That events are lost is about every account. Each part reads the index of accounts in order.
          sql`SELECT * FROM (${events(sql`account_id = ${accountId}`)}) AS of_account
              UNION ALL SELECT * FROM (${events(sql`account_id IS NULL`, sql`kind = ${MISSED_TYPE}`)}) AS of_log
              ORDER BY event_id LIMIT ${limit}`
  return Effect.flatMap(found, decodeRows)
}

/**
 * The time in microseconds since 1970: above every number that was given, as no log writes a million events a second for long, not even one
 * whose numbers began at such a time after an earlier restore. Where the clock is wrong, numbers go on a thousand million above the copy's.
 */
const numberAfterLoss = (newest: number, now: number): number => Math.max(now * 1000, newest + 1e9)

/** The event has the first of the new numbers, with which those of the table go on. */
const noteLost = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, since: number | null) {
  const now = yield* Clock.currentTimeMillis
  const newest = yield* newestEvent(sql)
  const upTo = numberAfterLoss(newest, now)
  const facts: typeof MissedData.Type = { after: newest, upTo, events: null, since, until: now }
  yield* sql`INSERT INTO events (event_id, account_id, kind, changed, facts, at)
    VALUES (${upTo}, NULL, ${MISSED_TYPE}, '[]', ${JSON.stringify(facts)}, ${now})`
})

const countBetween = (sql: SqlClient.SqlClient, after: number, upTo: number) =>
  Effect.map(
    sql<{ n: number }>`SELECT COUNT(*) AS n FROM events WHERE event_id > ${after} AND event_id <= ${upTo}`,
    ([row]) => row?.n ?? 0
  )

const floorOf = (sql: SqlClient.SqlClient) =>
  Effect.map(sql<{ upTo: number }>`SELECT up_to FROM events_pruned`, ([row]) => row?.upTo ?? 0)

const newestEvent = (sql: SqlClient.SqlClient) =>
  Effect.map(
    sql<{
      newest: number | null
    }>`SELECT COALESCE(MAX(event_id), (SELECT up_to FROM events_pruned)) AS newest FROM events`,
    ([row]) => row?.newest ?? 0
  )

/** Events are stored in the order of their times, apart from a clock that was corrected. */
const lastBefore = (sql: SqlClient.SqlClient, time: number) =>
  Effect.map(
    sql<{ last: number | null }>`SELECT MAX(event_id) AS last FROM events WHERE at < ${time}`,
    ([row]) => row?.last ?? 0
  )

/** What is removed is a beginning of the log, also when a clock was corrected meanwhile. */
const removeOld = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, before: number, limit: number) {
  const last = yield* lastBefore(sql, before)
  const [found] = yield* sql<{
    n: number
    upTo: number | null
  }>`SELECT COUNT(*) AS n, MAX(event_id) AS up_to FROM
    (SELECT event_id FROM events WHERE event_id <= ${last} ORDER BY event_id LIMIT ${limit}) AS oldest`
  if (found?.upTo == null) return 0
  const note = yield* BeforePruning
  yield* note(found.upTo)
  yield* sql`DELETE FROM events WHERE event_id <= ${found.upTo}`
  yield* sql`UPDATE events_pruned SET up_to = ${found.upTo}`
  return found.n
})

const countOld = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, before: number) {
  const last = yield* lastBefore(sql, before)
  const [row] = yield* sql<{
    n: number
    oldest: number | null
  }>`SELECT COUNT(*) AS n, MIN(at) AS oldest FROM events
    WHERE event_id <= ${last}`
  return { removed: row?.n ?? 0, oldest: row?.oldest ?? null }
})
