// One pass of an endpoint's worker: what it missed, the lanes that are due, what is to be replayed, and what is new in the log.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import type { Pass } from '../process/worker.ts'
import { Seal } from '../vault/seal.ts'
import { isFailing } from './delivery.ts'
import { readEndpoint } from './endpoints.ts'
import { lanesOf } from './lanes.ts'
import { workOnLanes } from './lane-work.ts'
import { workOnLog } from './log-work.ts'
import { tellMissed } from './missed.ts'
import { disable, KEY_ENDED } from './settling.ts'
import { grantOf, wantsOf } from './wanted.ts'
import { IDLE, MORE, type PassOptions, type Working } from './working.ts'

export const runOnce = Effect.fnUntraced(function* (webhookId: string, options: PassOptions) {
  const sql = yield* SqlClient.SqlClient
  const seal = yield* Seal
  const endpoint = yield* readEndpoint(sql, seal, webhookId)
  if (endpoint?.state !== 'active') return IDLE
  const grant = yield* grantOf(endpoint)
  if (grant === undefined) {
    yield* disable(webhookId, KEY_ENDED)
    return IDLE
  }
  return yield* work({ ...options, endpoint, wants: wantsOf(endpoint, grant) })
})

const work = Effect.fnUntraced(function* (working: Working) {
  const { endpoint, health } = working
  const sql = yield* SqlClient.SqlClient
  const wasFailing = isFailing(health)
  // Before anything changes which events it has.
  const isBatchUnderway = endpoint.batch !== null && endpoint.batchUpto !== null
  if (isBatchUnderway && !wasFailing) return yield* workOnLog(working)
  const missed = yield* tellMissed(working)
  yield* workOnLanes(working)
  const ofLog = isFailing(health) ? undefined : yield* workOnLog(working)
  const isRecovered = wasFailing && !isFailing(health)
  if (ofLog === 'more' || isRecovered) return MORE
  const [lane] = yield* lanesOf(sql, endpoint.webhookId)
  const batchAt = typeof ofLog === 'object' ? ofLog.nextAt : undefined
  const times = [lane?.nextAt, missed, batchAt].filter(time => time !== undefined)
  return times.length === 0 ? IDLE : ({ nextAt: Math.min(...times) } satisfies Pass)
})
