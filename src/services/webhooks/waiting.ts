// How many events wait for an endpoint, counted in the database: those that it gets, after its place and in its lanes.
import { Effect } from 'effect'
import { SqlClient, type Statement } from 'effect/sql'
import { MISSED_TYPE } from '../../domain/events/server-events.ts'
import type { FeedKind } from '../../domain/feed.ts'
import { ADMIN } from '../../domain/grant.ts'
import { jsonField } from '../database/dialect.ts'
import type { Endpoint } from './endpoints.ts'
import { OF_SERVER } from './lanes.ts'
import { grantOf, happensWhereWanted, wantsKind } from './wanted.ts'

type Filtered = Pick<Endpoint, 'webhookId' | 'accountId' | 'keyId' | 'ofThreads' | 'types'>

interface OfKind {
  readonly kind: FeedKind
  readonly n: number
  /** When the first of them was stored, milliseconds since 1970. */
  readonly since: number
}

/** What an endpoint whose key has ended would get with another one waits, too. */
const wantedOf = Effect.fnUntraced(function* <A extends OfKind>(
  endpoint: Filtered,
  counted: ReadonlyArray<A>
) {
  const wants = wantsKind(endpoint.types, (yield* grantOf(endpoint)) ?? ADMIN)
  return counted.filter(({ kind }) => wants(kind))
})

/** Events that are counted in one statement: nothing else is done meanwhile, and of a paused endpoint a million may wait. */
const COUNTED_AT_ONCE = 20_000

/** The last of so many events after a place; `undefined` when there are no more than those. */
const lastOfSome = (sql: SqlClient.SqlClient, place: number) =>
  Effect.map(
    sql<{
      eventId: number
    }>`SELECT event_id FROM events WHERE event_id > ${place} ORDER BY event_id LIMIT 1 OFFSET ${COUNTED_AT_ONCE}`,
    ([last]) => last?.eventId
  )

const afterPlace = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  wanted: Statement.Fragment,
  place: number
) {
  const counted: Array<OfKind> = []
  let after = place
  while (true) {
    const last = yield* lastOfSome(sql, after)
    const some = yield* sql<OfKind>`SELECT e.kind, COUNT(*) AS n, MIN(e.at) AS since FROM events e
      WHERE e.event_id > ${after} AND ${last === undefined ? sql`TRUE` : sql`e.event_id <= ${last}`} AND ${wanted} GROUP BY e.kind`
    counted.push(...some)
    if (last === undefined) return counted
    after = last
    yield* Effect.yieldNow
  }
})

/** Of what is in the lanes, what is up to the endpoint's place. */
const inLanes = (
  sql: SqlClient.SqlClient,
  wanted: Statement.Fragment,
  { place, webhookId }: Pick<Endpoint, 'place' | 'webhookId'>
) =>
  sql<OfKind>`SELECT e.kind, COUNT(*) AS n, MIN(e.at) AS since FROM webhook_lanes l JOIN events e
      ON e.thread_id = l.thread_id AND e.event_id >= l.event_id
    WHERE l.webhook_id = ${webhookId} AND e.event_id <= ${place} AND ${wanted} GROUP BY e.kind
    UNION ALL SELECT e.kind, COUNT(*) AS n, MIN(e.at) AS since FROM webhook_lanes l JOIN events e
      ON e.thread_id IS NULL AND COALESCE(e.account_id, ${OF_SERVER}) = l.thread_id AND e.event_id >= l.event_id
    WHERE l.webhook_id = ${webhookId} AND e.event_id <= ${place} AND ${wanted} GROUP BY e.kind`

/** How many wait, and since when the first of them does. */
export const waitingFor = Effect.fnUntraced(function* (endpoint: Endpoint, hasLanes: boolean) {
  const sql = yield* SqlClient.SqlClient
  const wanted = happensWhereWanted(sql, endpoint)
  const counted = [
    ...(yield* afterPlace(sql, wanted, endpoint.place)),
    ...(hasLanes ? yield* inLanes(sql, wanted, endpoint) : [])
  ]
  const waiting = yield* wantedOf(endpoint, counted)
  return {
    waiting: waiting.reduce((sum, { n }) => sum + n, 0),
    oldestWaitingAt: waiting.length === 0 ? null : Math.min(...waiting.map(({ since }) => since))
  }
})

interface Going extends OfKind {
  readonly firstEvent: number
  readonly lastEvent: number
  readonly until: number
}

/** What waits of the events up to a number, by type. An event that tells of lost ones stands for these. */
export const waitingUpTo = Effect.fnUntraced(function* (endpoint: Filtered, upTo: number) {
  const sql = yield* SqlClient.SqlClient
  const lost = sql.literal(jsonField(sql, 'e.facts', 'after'))
  const counted = yield* sql<Going>`SELECT e.kind, COUNT(*) AS n,
      MIN(CASE WHEN e.kind = ${MISSED_TYPE} THEN ${lost} + 1 ELSE e.event_id END) AS first_event, MAX(e.event_id) AS last_event,
      MIN(e.at) AS since, MAX(e.at) AS until
    FROM events e JOIN webhooks w ON w.webhook_id = ${endpoint.webhookId}
      LEFT JOIN webhook_lanes l ON l.webhook_id = w.webhook_id AND l.thread_id = COALESCE(e.thread_id, e.account_id, ${OF_SERVER})
    WHERE e.event_id <= ${upTo} AND (e.event_id > w.place OR e.event_id >= l.event_id)
      AND ${happensWhereWanted(sql, endpoint)}
    GROUP BY e.kind`
  return yield* wantedOf(endpoint, counted)
})
