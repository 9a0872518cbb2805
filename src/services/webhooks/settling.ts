// Writes down what became of deliveries: what was not taken waits in lanes, what was tried often enough becomes a dead letter, and an
// endpoint that is gone gets nothing any more. Within the caller's transaction.
import { Clock, Effect } from 'effect'
import { SqlClient, type SqlError } from 'effect/sql'
import type { FeedEvent } from '../../domain/feed.ts'
import { SqlBulk } from '../database/bulk.ts'
import { Incidents } from '../incidents/incidents.ts'
import { recordAttempts, removeAttempts } from './attempts.ts'
import type { Delivered, Stopped } from './delivery.ts'
import type { Endpoint } from './endpoints.ts'
import { KnownEndpoints } from './known-endpoints.ts'
import { hasLater, type Lane, laneFor, nextTry, placeNow, putLane, stillInLog } from './lanes.ts'
import type { Answer } from './request.ts'

/** Gone: nothing is to be sent there any more. */
const GONE = 410
/** How often a batch is tried as a whole. */
const TOGETHER = 3
/** What was not tried any more, because others had failed. */
const UNTRIED_MS = 5000

/** An endpoint as it was read. */
type Version = Pick<Endpoint, 'webhookId' | 'updatedAt'>

/** Records what became of events that were delivered one by one: those of a lane, as it was read, or of the log. */
export const settle = Effect.fnUntraced(function* (endpoint: Version, delivered: Delivered, lane?: Lane) {
  const known = yield* stillKnown(endpoint.webhookId, delivered)
  yield* record(endpoint, known)
  for (const stopped of known.stopped) yield* wait(endpoint.webhookId, stopped, lane?.eventId)
})

/** Records what became of a batch whose last event is `batchUpto`: a refused one is tried a few times as it is. */
export const settleBatch = Effect.fnUntraced(function* (
  endpoint: Version,
  delivered: Delivered,
  batchUpto: number
) {
  const { webhookId } = endpoint
  const known = yield* stillKnown(webhookId, delivered)
  yield* record(endpoint, known)
  const [first] = delivered.stopped
  if (first === undefined) return
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  // All at the same time: they are one batch.
  const nextAt = nextTry(first.attempts, now, first.answer?.retryAfter)
  for (const stopped of known.stopped) {
    const { attempts, event } = stopped
    if (nextAt === undefined) yield* wait(webhookId, stopped)
    else
      yield* putLane(sql, {
        ...laneFor(webhookId, yield* placeNow(sql, event)),
        eventId: event.eventId,
        attempts,
        nextAt,
        batchUpto: attempts < TOGETHER ? batchUpto : null
      })
  }
})

/**
 * What may be written down of a delivery by now: nothing of an endpoint that was deleted meanwhile, or of events that are not in the log
 * any more (`noteMissed` tells of those that were kept too long); and not what the server said to something that was removed, which it
 * may repeat. What comes after a removed event in its lane waits all the same.
 */
const stillKnown = Effect.fnUntraced(function* (
  webhookId: string,
  { attempts, stopped }: Delivered
): Effect.fn.Return<Delivered, SqlError.SqlError, SqlClient.SqlClient> {
  const sql = yield* SqlClient.SqlClient
  const [webhook] = yield* sql<{ answersKeptFrom: number }>`SELECT answers_kept_from FROM webhooks
    WHERE webhook_id = ${webhookId}`
  if (webhook === undefined) return { attempts: [], stopped: [] }
  const events = [...attempts.flatMap(one => one.events), ...stopped.map(({ event }) => event)]
  const isThere = yield* stillInLog(sql, events)
  const isAllKept = events.every(isThere) && attempts.every(({ at }) => at >= webhook.answersKeptFrom)
  if (isAllKept) return { attempts, stopped }
  const waiting = yield* Effect.filter(stopped, ({ event }) =>
    isThere(event) ? Effect.succeed(true) : hasLater(sql, event)
  )
  return {
    attempts: attempts
      .map(one => ({ ...one, answer: withoutText(one.answer), events: one.events.filter(isThere) }))
      .filter(one => one.events.length > 0),
    stopped: waiting.map(one =>
      isThere(one.event)
        ? { ...one, answer: one.answer && withoutText(one.answer) }
        : { event: one.event, attempts: 0, answer: undefined }
    )
  }
})

const withoutText = (answer: Answer): Answer => ({ ...answer, answer: null })

const record = Effect.fnUntraced(function* (endpoint: Version, { attempts, stopped }: Delivered) {
  const { webhookId } = endpoint
  const sql = yield* SqlClient.SqlClient
  const bulk = yield* SqlBulk
  const known = yield* KnownEndpoints
  yield* recordAttempts(bulk, webhookId, attempts)
  if (known.countAttempts(webhookId, attempts.length)) yield* removeAttempts(sql, webhookId)
  if (stopped.length > 0) known.forget(webhookId)
  if (stopped.some(({ answer }) => answer?.status === GONE)) yield* disable(endpoint, IS_GONE)
})

/** Puts the event into its lane; one that was tried often enough becomes a dead letter, and its lane goes on. */
const wait = Effect.fnUntraced(function* (
  webhookId: string,
  { answer, attempts, event }: Stopped,
  readWith?: number
) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const { eventId } = event
  const lane = { ...laneFor(webhookId, yield* placeNow(sql, event)), batchUpto: null }
  const nextAt = attempts === 0 ? now + UNTRIED_MS : nextTry(attempts, now, answer?.retryAfter)
  if (nextAt === undefined) yield* giveUp(webhookId, event, attempts, answer, now)
  yield* putLane(
    sql,
    nextAt === undefined
      ? { ...lane, eventId: eventId + 1, attempts: 0, nextAt: now }
      : { ...lane, eventId, attempts, nextAt },
    readWith
  )
})

/** Of an endpoint, so many are kept: one that takes nothing has one for each event. */
const MOST_DEAD_LETTERS = 10_000

const removeDeadLetters = (sql: SqlClient.SqlClient, webhookId: string) =>
  sql`DELETE FROM webhook_dead_letters WHERE webhook_id = ${webhookId} AND dead_letter_id <=
    (SELECT dead_letter_id FROM webhook_dead_letters WHERE webhook_id = ${webhookId}
      ORDER BY dead_letter_id DESC LIMIT 1 OFFSET ${MOST_DEAD_LETTERS})`

const giveUp = Effect.fnUntraced(function* (
  webhookId: string,
  { accountId, eventId, kind }: FeedEvent,
  attempts: number,
  answer: Answer | undefined,
  now: number
) {
  const sql = yield* SqlClient.SqlClient
  const incidents = yield* Incidents
  yield* sql`INSERT INTO webhook_dead_letters (webhook_id, account_id, event_id, type, attempts, status, reason, answer, at)
    VALUES (${webhookId}, ${accountId}, ${eventId}, ${kind}, ${attempts}, ${answer?.status ?? null}, ${answer?.reason ?? null},
      ${answer?.answer ?? null}, ${now})
    ON CONFLICT (webhook_id, event_id) DO UPDATE SET attempts = excluded.attempts, status = excluded.status,
      reason = excluded.reason, answer = excluded.answer, at = excluded.at`
  yield* removeDeadLetters(sql, webhookId)
  yield* incidents.report({
    accountId: null,
    kind: 'webhook.deadLetter',
    severity: 'warning',
    subject: webhookId,
    happened: 'An endpoint did not take an event in two and a half days',
    did: 'Keeps which events these are, and delivers the later ones',
    advice: `Look at GET /v1/webhooks/${webhookId}/dead-letters, mend the endpoint, and deliver them with POST …/dead-letters/replay`
  })
})

/** Why nothing is delivered any more, as the webhook shows it and the incident tells it. */
interface Ending {
  readonly reason: string
  readonly happened: string
}

const IS_GONE: Ending = {
  reason: 'Its server answered that it is gone (410)',
  happened: 'The server of an endpoint answered that it is gone (410)'
}

export const KEY_ENDED: Ending = {
  reason:
    'The key by which its URL was set has expired, was removed, or may not manage this webhook any more',
  happened: 'The key by which the URL of a webhook was set has ended, or may not manage the webhook any more'
}

export const THREADS_GONE: Ending = {
  reason:
    'The conversations that it was for were erased. Name others with threadIds, or [] for all, and set it to active',
  happened: 'The conversations that a webhook was for were erased'
}

/** Ends deliveries to an endpoint as it was read; one that was changed since is another one, of which this may not be so. */
export const disable = Effect.fnUntraced(function* (
  { updatedAt, webhookId }: Version,
  { happened, reason }: Ending
) {
  const sql = yield* SqlClient.SqlClient
  const incidents = yield* Incidents
  const disabled = yield* sql`UPDATE webhooks SET state = 'disabled', reason = ${reason}
    WHERE webhook_id = ${webhookId} AND updated_at = ${updatedAt} RETURNING 1 AS one`
  if (disabled.length === 0) return
  yield* incidents.report({
    accountId: null,
    kind: 'webhook.disabled',
    severity: 'warning',
    subject: webhookId,
    happened,
    did: 'Delivers nothing to it any more; what waits is kept as long as events are',
    advice: `Delete the webhook, or activate it with PATCH /v1/webhooks/${webhookId} {"state": "active"}`
  })
})
