// Delivers what is new in the log, and stretches of it once more. How far the endpoint has got is written after the deliveries: what was
// delivered before a crash is delivered again, with the same webhook-id. Which events a batch has is written before it is sent.
import { Clock, Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import type { FeedEvent } from '../../domain/feed.ts'
import { isWanted, type WebhookBatch } from '../../domain/webhook.ts'
import { EventLog } from '../events/event-log.ts'
import type { Pass } from '../process/worker.ts'
import { deliverAll, type Documented } from './delivery.ts'
import type { Progress } from './known-endpoints.ts'
import { laneFor, laneOf, lanesOf, placeNow, restartLane, stillInLog } from './lanes.ts'
import { fittingBatch } from './outgoing.ts'
import { type LogPage, pageAfter } from './recent-events.ts'
import { nextReplay, type Replay, replayed } from './replays.ts'
import { settle, settleBatch } from './settling.ts'
import { IDLE, inTurn, MORE, oneByOne, together, type Working } from './working.ts'

/** Events that are delivered in a pass, and may come again after a crash. */
const MOST_DELIVERED = 100
/** Events that are looked at in a pass. */
const READ = 1000
/** After so many events that an endpoint does not want, it is written down that it has passed them. */
const PASSED = 1000

export const workOnLog = Effect.fnUntraced(function* (working: Working) {
  const { endpoint, isQuiet } = working
  const sql = yield* SqlClient.SqlClient
  const replay = isQuiet ? undefined : yield* nextReplay(sql, endpoint.webhookId)
  if (replay !== undefined) yield* workOnReplay(working, replay)
  const pass =
    endpoint.batch === null ? yield* workOneByOne(working) : yield* workInBatches(working, endpoint.batch)
  return replay === undefined ? pass : MORE
})

const NOTHING: ReadonlySet<string> = new Set()

/** The lanes that wait. */
const waitingOf = Effect.fnUntraced(function* ({ endpoint: { webhookId }, isQuiet }: Working) {
  if (isQuiet) return NOTHING
  const lanes = yield* lanesOf(yield* SqlClient.SqlClient, webhookId)
  return new Set(lanes.map(({ threadId }) => threadId))
})

/** Where the endpoint is: events that it does not want are not written down one by one. */
const placeOf = ({ endpoint, progress }: Working): number => Math.max(endpoint.place, progress.seen)

const writePlace = Effect.fnUntraced(function* (
  { endpoint: { webhookId }, progress }: Working,
  place: number
) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE webhooks SET place = CASE WHEN place < ${place} THEN ${place} ELSE place END,
    batch_upto = NULL WHERE webhook_id = ${webhookId}`
  // Of a transaction that is undone nothing may be left: what it has put into lanes would be passed by.
  yield* sql.afterCommit(
    Effect.sync(() => {
      progress.seen = place
      progress.written = place
    })
  )
})

/** The endpoint wants none of what it has looked at, up to this event. */
const passBy = Effect.fnUntraced(function* (working: Working, upTo: number) {
  const { progress } = working
  progress.seen = upTo
  if (upTo - progress.written > PASSED) yield* writePlace(working, upTo)
})

/** Of an endpoint that is behind, no more is looked at than what it probably takes. */
const limitOf = ({ share }: Progress, most: number): number =>
  Math.min(READ, Math.ceil((1.25 * most) / Math.max(share, most / READ)))

/** What comes next of the log, and what the endpoint wants of it; it takes `most` at a time. */
const read = Effect.fnUntraced(function* (working: Working, most: number) {
  const { progress, recent, wants } = working
  const place = { after: placeOf(working), limit: limitOf(progress, most) }
  const page = yield* pageAfter(yield* EventLog, recent, place)
  const wanted = page.events.filter(wants)
  if (page.events.length > 0) progress.share = wanted.length / page.events.length
  return { page, wanted }
})

/** Of what was read, so much that no more than `most` are wanted of it. */
const cut = (
  { events, isEnd, upTo }: LogPage,
  wanted: ReadonlyArray<FeedEvent>,
  most: number
): LogPage & { readonly wanted: ReadonlyArray<FeedEvent> } => {
  if (wanted.length <= most) return { events, isEnd, upTo, wanted }
  const taken = wanted.slice(0, most)
  return { events, isEnd: false, upTo: taken.at(-1)?.eventId ?? upTo, wanted: taken }
}

const workOneByOne = Effect.fnUntraced(function* (working: Working) {
  const sql = yield* SqlClient.SqlClient
  const found = yield* read(working, MOST_DELIVERED)
  const { isEnd, upTo, wanted } = cut(found.page, found.wanted, MOST_DELIVERED)
  if (wanted.length === 0) yield* passBy(working, upTo)
  else {
    const waiting = yield* waitingOf(working)
    const going = wanted.filter(event => !waiting.has(laneOf(event)))
    const delivered = yield* deliverAll(working, yield* oneByOne(working, going))
    yield* sql.withTransaction(Effect.andThen(settle(working.endpoint, delivered), writePlace(working, upTo)))
  }
  return isEnd ? IDLE : MORE
})

const pauseUntil = (nextAt: number): Pass => ({ nextAt })

/** When a batch that is not full is sent, milliseconds since 1970. */
const dueAt = (first: FeedEvent, { maxWaitMs }: WebhookBatch, now: number): number =>
  Math.min(first.at, now) + maxWaitMs

const workInBatches = Effect.fnUntraced(function* (working: Working, batch: WebhookBatch) {
  const { batchUpto, webhookId } = working.endpoint
  if (batchUpto !== null) return yield* workOnSameBatch(working, batchUpto)
  const { page, wanted: all } = yield* read(working, batch.maxEvents)
  const waiting = yield* waitingOf(working)
  const wanted = waiting.size === 0 ? all : all.filter(event => !waiting.has(laneOf(event)))
  const [first] = wanted
  if (first === undefined) {
    // What waits in lanes is read up to the place.
    yield* all.length === 0 ? passBy(working, page.upTo) : writePlace(working, page.upTo)
    return page.isEnd ? IDLE : MORE
  }
  const now = yield* Clock.currentTimeMillis
  const nextAt = dueAt(first, batch, now)
  if (page.isEnd && wanted.length < batch.maxEvents && nextAt > now) return pauseUntil(nextAt)
  const next = yield* inTurn(wanted.slice(0, batch.maxEvents))
  const events = fittingBatch(next, batch.maxEvents, ({ document }) => document)
  const isAll = events.length === wanted.length
  const upTo = isAll ? page.upTo : (events.at(-1)?.event.eventId ?? page.upTo)
  yield* (yield* SqlClient.SqlClient)`UPDATE webhooks SET batch_upto = ${upTo} WHERE webhook_id = ${webhookId}`
  yield* deliverBatch(working, events, upTo)
  return isAll && page.isEnd ? IDLE : MORE
})

/** The batch that was on its way when the server ended. */
const workOnSameBatch = Effect.fnUntraced(function* (working: Working, batchUpto: number) {
  const events = yield* eventsUntil(working.endpoint.place, batchUpto)
  const waiting = yield* waitingOf(working)
  const wanted = events.filter(event => working.wants(event) && !waiting.has(laneOf(event)))
  yield* deliverBatch(working, yield* inTurn(wanted), batchUpto)
  return MORE
})

const deliverBatch = Effect.fnUntraced(function* (
  working: Working,
  events: ReadonlyArray<Documented>,
  upTo: number
) {
  const sql = yield* SqlClient.SqlClient
  const delivered = yield* together(working, events)
  yield* sql.withTransaction(
    Effect.andThen(settleBatch(working.endpoint, delivered, upTo), writePlace(working, upTo))
  )
})

/** All events after one and up to another. */
export const eventsUntil = Effect.fnUntraced(function* (after: number, upTo: number) {
  const log = yield* EventLog
  const all: Array<FeedEvent> = []
  let place = after
  while (true) {
    const events = yield* log.list({ after: place, upTo, limit: READ })
    all.push(...events)
    place = events.at(-1)?.eventId ?? place
    if (events.length < READ) return all
  }
})

/** Delivers a stretch of the log once more. */
const workOnReplay = Effect.fnUntraced(function* (working: Working, replay: Replay) {
  const { batch, webhookId } = working.endpoint
  const log = yield* EventLog
  const sql = yield* SqlClient.SqlClient
  const events = yield* log.list({ after: replay.place, upTo: replay.untilEvent, limit: READ })
  const isReplayed = (event: FeedEvent) => working.wants(event) && isWanted(replay.types, event.kind)
  const page = { events, upTo: events.at(-1)?.eventId ?? replay.untilEvent, isEnd: events.length < READ }
  const { isEnd, upTo, wanted } = cut(page, events.filter(isReplayed), batch?.maxEvents ?? MOST_DELIVERED)
  const waiting = yield* waitingOf(working)
  const going = wanted.filter(event => !waiting.has(laneOf(event)))
  const delivered = yield* batch === null
    ? Effect.flatMap(oneByOne(working, going), singles => deliverAll(working, singles))
    : Effect.flatMap(inTurn(going), events => together(working, events))
  const now = yield* Clock.currentTimeMillis
  yield* sql.withTransaction(
    Effect.gen(function* () {
      yield* batch === null
        ? settle(working.endpoint, delivered)
        : settleBatch(working.endpoint, delivered, upTo)
      const held = wanted.filter(event => waiting.has(laneOf(event)))
      const left = held.filter(yield* stillInLog(sql, held))
      const firsts = new Map(left.toReversed().map(event => [laneOf(event), event]))
      for (const event of firsts.values()) {
        const lane = laneFor(webhookId, yield* placeNow(sql, event))
        yield* restartLane(sql, { ...lane, eventId: event.eventId, nextAt: now })
      }
      yield* replayed(sql, replay, isEnd ? undefined : upTo)
    })
  )
})
