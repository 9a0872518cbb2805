// One pass of an endpoint's worker: the lanes that are due, what is to be replayed, and what is new in the log. How far the endpoint has
// got is written after the deliveries: what was delivered before a crash is delivered again, with the same webhook-id.
import { Clock, type Context, Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { isWanted } from '../../domain/webhook.ts'
import type { FeedEvent } from '../../domain/feed.ts'
import { EventData } from '../feed/event-data.ts'
import { Durability, untilDurable } from '../database/durability.ts'
import { EventLog } from '../events/event-log.ts'
import { Incidents } from '../incidents/incidents.ts'
import type { Pass } from '../process/worker.ts'
import { Seal } from '../vault/seal.ts'
import {
  type Delivered,
  deliverAll,
  deliverInOrder,
  type Health,
  isFailing,
  recordAttempts
} from './delivery.ts'
import { type Endpoint, readEndpoint } from './endpoints.ts'
import {
  deleteLane,
  dueLanes,
  type Lane,
  laneFor,
  laneOf,
  lanesOf,
  nextTry,
  putLane,
  restartLane
} from './lanes.ts'
import { nextReplay, type Replay, replayed } from './replays.ts'
import type { Answer } from './request.ts'

/** Events that are read at a time, and may come again after a crash. */
const BATCH = 100
const LANES = 8
/** Gone: nothing is to be sent there any more. */
const GONE = 410

/** What a pass is given. */
export const NEEDED = [Durability, EventData, EventLog, Incidents, Seal, SqlClient.SqlClient] as const
export type Needed = Context.Service.Identifier<(typeof NEEDED)[number]>

interface Options {
  readonly health: Health
  readonly allowPrivateAddresses: boolean
}

interface Working extends Options {
  readonly endpoint: Endpoint
}

export const runOnce = Effect.fnUntraced(function* (webhookId: string, options: Options) {
  const sql = yield* SqlClient.SqlClient
  const seal = yield* Seal
  const endpoint = yield* readEndpoint(sql, seal, webhookId)
  if (endpoint?.state !== 'active') return 'idle' satisfies Pass
  const working: Working = { ...options, endpoint }
  const wasFailing = isFailing(options.health)
  const now = yield* Clock.currentTimeMillis
  // Of an endpoint that takes nothing, one lane is tried.
  const due = yield* dueLanes(sql, { webhookId, now, limit: wasFailing ? 1 : LANES })
  yield* Effect.forEach(due, lane => workOnLane(working, lane), { concurrency: LANES, discard: true })
  const didMore = isFailing(options.health) ? false : yield* workOnLog(working)
  const isRecovered = wasFailing && !isFailing(options.health)
  if (didMore || isRecovered) return 'more' satisfies Pass
  const [next] = yield* lanesOf(sql, webhookId)
  return next === undefined ? ('idle' satisfies Pass) : ({ nextAt: next.nextAt } satisfies Pass)
})

/** Whether there may be more. */
const workOnLog = Effect.fnUntraced(function* (working: Working) {
  const { endpoint } = working
  const log = yield* EventLog
  const sql = yield* SqlClient.SqlClient
  const replay = yield* nextReplay(sql, endpoint.webhookId)
  if (replay !== undefined) yield* workOnReplay(working, replay)
  const { accountId, place, webhookId } = endpoint
  const events = yield* log.list({ after: place, accountId: accountId ?? undefined, limit: BATCH })
  const last = events.at(-1)
  if (last === undefined) return replay !== undefined
  const waiting = new Set((yield* lanesOf(sql, webhookId)).map(({ threadId }) => threadId))
  const delivered = yield* deliverEvents(
    working,
    events.filter(event => isWanted(endpoint.types, event.kind) && !waiting.has(laneOf(event)))
  )
  yield* sql.withTransaction(
    Effect.andThen(
      settle(working, delivered),
      sql`UPDATE webhooks SET place = MAX(place, ${last.eventId}) WHERE webhook_id = ${webhookId}`
    )
  )
  return true
})

/** Delivers a stretch of the log once more. */
const workOnReplay = Effect.fnUntraced(function* (working: Working, replay: Replay) {
  const { accountId, types, webhookId } = working.endpoint
  const log = yield* EventLog
  const sql = yield* SqlClient.SqlClient
  const events = yield* log.list({
    after: replay.place,
    upTo: replay.untilEvent,
    accountId: accountId ?? undefined,
    limit: BATCH
  })
  const wanted = events.filter(({ kind }) => isWanted(types, kind) && isWanted(replay.types, kind))
  const waiting = new Set((yield* lanesOf(sql, webhookId)).map(({ threadId }) => threadId))
  const delivered = yield* deliverEvents(
    working,
    wanted.filter(event => !waiting.has(laneOf(event)))
  )
  const now = yield* Clock.currentTimeMillis
  const firstOfWaiting = new Map(
    wanted.toReversed().flatMap(event => (waiting.has(laneOf(event)) ? [[laneOf(event), event]] : []))
  )
  yield* sql.withTransaction(
    Effect.gen(function* () {
      yield* settle(working, delivered)
      for (const event of firstOfWaiting.values())
        yield* restartLane(sql, { ...laneFor(webhookId, event), eventId: event.eventId, nextAt: now })
      yield* replayed(sql, replay, events.length < BATCH ? undefined : events.at(-1)?.eventId)
    })
  )
})

const deliverEvents = (working: Working, events: ReadonlyArray<FeedEvent>) =>
  Effect.flatMap(withData(events), documents => deliverAll(working, documents))

const withData = Effect.fnUntraced(function* (events: ReadonlyArray<FeedEvent>) {
  const data = yield* EventData
  const durability = yield* Durability
  // After a power cut another event could have the same number.
  yield* untilDurable(durability)
  const documents = yield* data.of(events)
  return events.flatMap((event, place) => {
    const document = documents[place]
    return document === undefined ? [] : [[event, document] as const]
  })
})

/** Records what became of conversations that had no lane. */
const settle = Effect.fnUntraced(function* (working: Working, delivered: ReadonlyArray<Delivered>) {
  for (const { attempts, stopped } of delivered) {
    const sql = yield* SqlClient.SqlClient
    yield* recordAttempts(sql, working.endpoint.webhookId, attempts)
    if (stopped !== undefined) yield* wait(working, stopped, stopped.answer === undefined ? 0 : 1)
  }
})

/** Puts the event into its lane; one that was tried often enough becomes a dead letter, and its lane goes on. */
const wait = Effect.fnUntraced(function* (
  { endpoint: { webhookId } }: Working,
  { answer, event }: NonNullable<Delivered['stopped']>,
  attempts: number
) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const { eventId } = event
  const lane = laneFor(webhookId, event)
  if (answer?.status === GONE) yield* disable(webhookId)
  const nextAt = attempts === 0 ? now + UNTRIED_MS : nextTry(attempts, now, answer?.retryAfter)
  if (nextAt === undefined) yield* giveUp(webhookId, event, attempts, answer, now)
  yield* putLane(
    sql,
    nextAt === undefined
      ? { ...lane, eventId: eventId + 1, attempts: 0, nextAt: now }
      : { ...lane, eventId, attempts, nextAt }
  )
})

/** What was not tried any more, because others had failed. */
const UNTRIED_MS = 5000

const workOnLane = Effect.fnUntraced(function* (working: Working, lane: Lane) {
  const { endpoint } = working
  const log = yield* EventLog
  const sql = yield* SqlClient.SqlClient
  const isOfThread = lane.threadId.startsWith(`${lane.accountId}__`)
  const events = yield* log.list({
    after: lane.eventId - 1,
    upTo: endpoint.place,
    ...(isOfThread ? { threadId: lane.threadId } : {}),
    limit: BATCH
  })
  const wanted = events.filter(
    event => laneOf(event) === lane.threadId && isWanted(endpoint.types, event.kind)
  )
  const isSame = wanted[0]?.eventId === lane.eventId
  const { attempts, stopped } = yield* deliverInOrder(
    working,
    yield* withData(wanted),
    isSame ? lane.attempts : 0
  )
  const now = yield* Clock.currentTimeMillis
  const last = events.at(-1)
  yield* sql.withTransaction(
    Effect.gen(function* () {
      yield* recordAttempts(sql, lane.webhookId, attempts)
      const tried = attempts.at(-1)?.attempt ?? 0
      if (stopped !== undefined) yield* wait(working, stopped, stopped.answer === undefined ? 0 : tried)
      else if (last === undefined || events.length < BATCH) yield* deleteLane(sql, lane)
      else yield* putLane(sql, { ...lane, eventId: last.eventId + 1, attempts: 0, nextAt: now })
    })
  )
})

const giveUp = Effect.fnUntraced(function* (
  webhookId: string,
  { accountId, eventId, kind }: FeedEvent,
  attempts: number,
  answer: Answer | undefined,
  now: number
) {
  const sql = yield* SqlClient.SqlClient
  const incidents = yield* Incidents
  yield* sql`INSERT INTO webhook_dead_letters (webhook_id, account_id, event_id, type, attempts, status, reason, at)
    VALUES (${webhookId}, ${accountId}, ${eventId}, ${kind}, ${attempts}, ${answer?.status ?? null}, ${answer?.reason ?? null}, ${now})
    ON CONFLICT (webhook_id, event_id) DO UPDATE SET attempts = excluded.attempts, status = excluded.status,
      reason = excluded.reason, at = excluded.at`
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

const disable = Effect.fnUntraced(function* (webhookId: string) {
  const sql = yield* SqlClient.SqlClient
  const incidents = yield* Incidents
  yield* sql`UPDATE webhooks SET state = 'disabled', reason = ${'Its server answered that it is gone (410)'}
    WHERE webhook_id = ${webhookId}`
  yield* incidents.report({
    accountId: null,
    kind: 'webhook.disabled',
    severity: 'warning',
    subject: webhookId,
    happened: 'The server of an endpoint answered that it is gone (410)',
    did: 'Delivers nothing to it any more; what waits is kept as long as events are',
    advice: `Delete the webhook, or activate it with PATCH /v1/webhooks/${webhookId} {"state": "active"}`
  })
})
