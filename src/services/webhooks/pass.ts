// One pass of an endpoint's worker: what it missed, the lanes that are due, what is to be replayed, and what is new in the log.
import { Clock, Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { WaitsForDisk } from '../database/durability.ts'
import type { Pass } from '../process/worker.ts'
import { Seal } from '../vault/seal.ts'
import { isFailing } from './delivery.ts'
import { readEndpoint } from './endpoints.ts'
import { KnownEndpoints } from './known-endpoints.ts'
import { lanesOf } from './lanes.ts'
import { workOnLanes } from './lane-work.ts'
import { workOnLog } from './log-work.ts'
import { tellMissed } from './missed.ts'
import { nextReplay } from './replays.ts'
import { disable, KEY_ENDED, THREADS_GONE } from './settling.ts'
import { grantOf, wantsOf } from './wanted.ts'
import { IDLE, MORE, type PassOptions, type Working } from './working.ts'

/** What it writes is not waited for: what the disk has not got when the power is cut is delivered again. */
export const runOnce = (webhookId: string, options: PassOptions) =>
  Effect.provideService(pass(webhookId, options), WaitsForDisk, false)

const pass = Effect.fnUntraced(function* (webhookId: string, options: PassOptions) {
  const known = yield* KnownEndpoints
  const now = yield* Clock.currentTimeMillis
  const isRead = known.reading(webhookId)
  const quiet = known.get(webhookId, now)
  const endpoint = quiet ?? (yield* readActive(webhookId))
  if (endpoint === undefined) return IDLE
  const grant = yield* grantOf(endpoint)
  if (grant === undefined) {
    yield* disable(endpoint, KEY_ENDED)
    known.forget(webhookId)
    return IDLE
  }
  if (endpoint.ofThreads && endpoint.threadIds.length === 0) {
    yield* disable(endpoint, THREADS_GONE)
    return IDLE
  }
  const working: Working = {
    ...options,
    endpoint,
    wants: wantsOf(endpoint, grant),
    progress: known.progressOf(endpoint),
    isQuiet: quiet !== undefined
  }
  if (quiet !== undefined && !isFailing(options.health)) {
    // A batch on its way is noted in the database only.
    const ofLog = yield* Effect.onError(workOnLog(working), () => Effect.sync(() => known.forget(webhookId)))
    // What was not taken waits in lanes now.
    return known.get(webhookId, now) === undefined ? MORE : ofLog
  }
  const { isDone, next } = yield* work(working)
  // Threads that an endpoint is limited to may become others with each event.
  if (isDone && !endpoint.ofThreads) isRead({ endpoint: { ...endpoint, batchUpto: null }, at: now })
  return next
})

const readActive = Effect.fnUntraced(function* (webhookId: string) {
  const endpoint = yield* readEndpoint(yield* SqlClient.SqlClient, yield* Seal, webhookId)
  return endpoint?.state === 'active' ? endpoint : undefined
})

/** `isDone`: nothing is left to be delivered but what is in the log after the endpoint's place. */
const work = Effect.fnUntraced(function* (working: Working) {
  const { endpoint, health } = working
  const sql = yield* SqlClient.SqlClient
  const wasFailing = isFailing(health)
  // Before anything changes which events it has.
  const isBatchUnderway = endpoint.batch !== null && endpoint.batchUpto !== null
  if (isBatchUnderway && !wasFailing) return { next: yield* workOnLog(working), isDone: false }
  const missed = yield* tellMissed(working)
  yield* workOnLanes(working)
  const ofLog = isFailing(health) ? undefined : yield* workOnLog(working)
  const isRecovered = wasFailing && !isFailing(health)
  const [lane] = yield* lanesOf(sql, endpoint.webhookId)
  const replay = yield* nextReplay(sql, endpoint.webhookId)
  const isDone = [lane, missed, replay].every(left => left === undefined) && !isFailing(health)
  if (ofLog === 'more' || isRecovered) return { next: MORE, isDone }
  const batchAt = typeof ofLog === 'object' ? ofLog.nextAt : undefined
  const times = [lane?.nextAt, missed, batchAt].filter(time => time !== undefined)
  const next: Pass = times.length === 0 ? IDLE : { nextAt: Math.min(...times) }
  return { next, isDone }
})
