// Delivers what waits in lanes: each by itself, or those of a batch that was refused together.
import { Clock, Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { EventLog } from '../events/event-log.ts'
import { deliverInOrder, isFailing } from './delivery.ts'
import {
  deleteLane,
  dueLanes,
  type Lane,
  laneOf,
  lanesOfBatch,
  OF_SERVER,
  putLane,
  stretchOf
} from './lanes.ts'
import { eventsUntil } from './log-work.ts'
import { settle, settleBatch } from './settling.ts'
import { inTurn, oneByOne, together, type Working } from './working.ts'

const LANES = 8

/** The lanes that are due; of an endpoint that takes nothing, one is tried. */
export const workOnLanes = Effect.fnUntraced(function* (working: Working) {
  const { batch, webhookId } = working.endpoint
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const due = yield* dueLanes(sql, { webhookId, now, limit: isFailing(working.health) ? 1 : LANES })
  const isAlone = ({ batchUpto }: Lane) => batchUpto === null || batch === null
  const batches = new Set(due.flatMap(lane => (isAlone(lane) ? [] : (lane.batchUpto ?? []))))
  for (const batchUpto of batches) yield* workOnBatch(working, batchUpto)
  yield* Effect.forEach(due.filter(isAlone), lane => workOnLane(working, lane), {
    concurrency: LANES,
    discard: true
  })
})

const workOnLane = Effect.fnUntraced(function* (working: Working, lane: Lane) {
  const { endpoint, wants } = working
  const log = yield* EventLog
  const sql = yield* SqlClient.SqlClient
  const { events, isEnd, upTo } = yield* stretchOf(log, lane, endpoint.place)
  const wanted = events.filter(wants)
  const isSame = wanted[0]?.eventId === lane.eventId
  const delivered = yield* deliverInOrder(
    working,
    yield* oneByOne(working, wanted),
    isSame ? lane.attempts : 0
  )
  const now = yield* Clock.currentTimeMillis
  yield* sql.withTransaction(
    Effect.gen(function* () {
      yield* settle(endpoint, delivered, lane)
      if (delivered.stopped.length > 0) return
      if (isEnd) yield* deleteLane(sql, lane)
      else {
        const next = { ...lane, eventId: upTo + 1, attempts: 0, nextAt: now, batchUpto: null }
        yield* putLane(sql, next, lane.eventId)
      }
    })
  )
})

/** The same events as before, in one request. */
const workOnBatch = Effect.fnUntraced(function* (working: Working, batchUpto: number) {
  const { endpoint, wants } = working
  const { webhookId } = endpoint
  const sql = yield* SqlClient.SqlClient
  const lanes = yield* lanesOfBatch(sql, webhookId, batchUpto)
  const [first] = lanes
  if (first === undefined) return
  const firstOf = new Map(lanes.map(({ eventId, threadId }) => [threadId, eventId]))
  const events = yield* eventsUntil(first.eventId - 1, batchUpto)
  const wanted = events.filter(
    event => event.eventId >= (firstOf.get(laneOf(event)) ?? Infinity) && wants(event)
  )
  const attempts = Math.max(...lanes.map(lane => lane.attempts))
  const delivered = yield* together(working, yield* inTurn(wanted), attempts)
  yield* sql.withTransaction(
    Effect.andThen(release(webhookId, batchUpto, endpoint.place), settleBatch(endpoint, delivered, batchUpto))
  )
})

/**
 * The batch was taken: a conversation of which nothing came later waits no longer. The lane of an account, or of the server, is read on
 * by `workOnLane`, which removes it at its end.
 */
const release = Effect.fnUntraced(function* (webhookId: string, batchUpto: number, place: number) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  yield* sql`DELETE FROM webhook_lanes WHERE webhook_id = ${webhookId} AND batch_upto = ${batchUpto}
    AND thread_id NOT IN (account_id, ${OF_SERVER}) AND NOT EXISTS (SELECT 1 FROM events WHERE events.thread_id = webhook_lanes.thread_id
      AND events.event_id > ${batchUpto} AND events.event_id <= ${place})`
  yield* sql`UPDATE webhook_lanes SET event_id = ${batchUpto + 1}, attempts = 0, next_at = ${now}, batch_upto = NULL
    WHERE webhook_id = ${webhookId} AND batch_upto = ${batchUpto}`
})
