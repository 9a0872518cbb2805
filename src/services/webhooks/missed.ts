// What an endpoint did not take for as long as events are kept: it is noted when the log loses it, and the endpoint is told once it takes
// events again.
import { Clock, Effect, Schema } from 'effect'
import { SqlClient } from 'effect/sql'
import { type CloudEvent, cloudEvent } from '../../domain/cloud-event.ts'
import { MISSED_TYPE } from '../../domain/events/server-events.ts'
import { greatest, least } from '../database/dialect.ts'
import { asDatabaseError } from '../database/error.ts'
import { Incidents } from '../incidents/incidents.ts'
import { isFailing, isTaken, send } from './delivery.ts'
import { isOver } from './incidents.ts'
import { nextTry } from './lanes.ts'
import { ofAccount, requestsFor } from './material.ts'
import { waitingUpTo } from './waiting.ts'
import type { Working } from './working.ts'

/** Events of an endpoint that are not in the log any more: some of those after `afterEvent`, up to `uptoEvent`. */
interface Missed {
  readonly webhookId: string
  readonly afterEvent: number
  readonly uptoEvent: number
  /** How many they are. */
  readonly events: number
  /** When the first and the last of them were stored, milliseconds since 1970. */
  readonly since: number
  readonly until: number
}

const Candidate = Schema.Struct({
  webhookId: Schema.String,
  accountId: Schema.NullOr(Schema.String),
  keyId: Schema.NullOr(Schema.String),
  ofThreads: Schema.BooleanFromBit,
  types: Schema.fromJsonString(Schema.Array(Schema.String))
})
const decodeCandidates = Schema.decodeUnknownEffect(Schema.Array(Candidate))

/** Notes for each endpoint what it has not taken of the events up to a number, which are about to go. */
export const noteMissed = Effect.fnUntraced(function* (upTo: number) {
  const sql = yield* SqlClient.SqlClient
  const candidates = yield* decodeCandidates(
    yield* sql`SELECT webhook_id, account_id, key_id, of_threads, types FROM webhooks w WHERE place < ${upTo}
      OR EXISTS (SELECT 1 FROM webhook_lanes l WHERE l.webhook_id = w.webhook_id)`
  )
  for (const candidate of candidates) {
    const going = yield* waitingUpTo(candidate, upTo)
    if (going.length === 0) continue
    yield* add({
      webhookId: candidate.webhookId,
      afterEvent: Math.min(...going.map(({ firstEvent }) => firstEvent)) - 1,
      uptoEvent: Math.max(...going.map(({ lastEvent }) => lastEvent)),
      events: going.reduce((sum, { n }) => sum + n, 0),
      since: Math.min(...going.map(({ since }) => since)),
      until: Math.max(...going.map(({ until }) => until))
    })
  }
}, asDatabaseError('noting what endpoints have missed'))

const add = Effect.fnUntraced(function* (missed: Missed) {
  const sql = yield* SqlClient.SqlClient
  const incidents = yield* Incidents
  const now = yield* Clock.currentTimeMillis
  const { afterEvent, events, since, until, uptoEvent, webhookId } = missed
  const lesser = (column: string) => sql.literal(least(sql, `webhook_missed.${column}`, `excluded.${column}`))
  const greater = (column: string) =>
    sql.literal(greatest(sql, `webhook_missed.${column}`, `excluded.${column}`))
  yield* sql`INSERT INTO webhook_missed (webhook_id, after_event, upto_event, events, since, until, attempts, next_at)
    VALUES (${webhookId}, ${afterEvent}, ${uptoEvent}, ${events}, ${since}, ${until}, 0, ${now})
    ON CONFLICT (webhook_id) DO UPDATE SET after_event = ${lesser('after_event')}, upto_event = ${greater('upto_event')},
      events = webhook_missed.events + excluded.events, since = ${lesser('since')}, until = ${greater('until')}`
  yield* incidents.report({
    accountId: null,
    kind: 'webhook.eventsMissed',
    severity: 'warning',
    subject: webhookId,
    times: events,
    happened: 'An endpoint has not taken events for as long as they are kept',
    did: 'Removed them from the log, and tells the endpoint with an event of the type events.missed once it takes events again',
    advice: `Look at GET /v1/webhooks/${webhookId}, let it go on or delete it, and read what was missed over HTTP: threads and messages are still there`
  })
})

interface Row extends Missed {
  readonly attempts: number
  readonly nextAt: number
}

const documentOf = (
  accountId: string | null,
  { afterEvent, events, since, until, uptoEvent }: Missed,
  now: number
): CloudEvent =>
  cloudEvent(
    { id: `missed-${afterEvent}-${uptoEvent}`, kind: MISSED_TYPE, accountId, at: now },
    { after: afterEvent, upTo: uptoEvent, events, since, until }
  )

/** Tells the endpoint what it has missed, when it is time; answers when it is to be told again, milliseconds since 1970. */
export const tellMissed = Effect.fnUntraced(function* (working: Working) {
  const { accountId, webhookId } = working.endpoint
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<Row>`SELECT * FROM webhook_missed WHERE webhook_id = ${webhookId}`
  if (row === undefined) return undefined
  const now = yield* Clock.currentTimeMillis
  if (row.nextAt > now) return row.nextAt
  if (isFailing(working.health)) return undefined
  const about = [[ofAccount(accountId), documentOf(accountId, row, now)]] as const
  const [request] = (yield* requestsFor(working.endpoint, about)).flat()
  if (request === undefined) return undefined
  const answer = yield* send(working, request)
  working.health.failures = isTaken(answer) ? 0 : working.health.failures + 1
  const nextAt = isTaken(answer) ? undefined : nextTry(row.attempts + 1, now, answer.retryAfter)
  // More may have been missed meanwhile.
  yield* nextAt === undefined
    ? sql`DELETE FROM webhook_missed WHERE webhook_id = ${webhookId} AND upto_event = ${row.uptoEvent}`
    : sql`UPDATE webhook_missed SET attempts = ${row.attempts + 1}, next_at = ${nextAt} WHERE webhook_id = ${webhookId}`
  if (isTaken(answer)) yield* isOver('webhook.eventsMissed', webhookId)
  return nextAt
})
