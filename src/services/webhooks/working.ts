// What a pass of an endpoint's worker works with, and how events get what they are about.
import { type Context, Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import type { FeedEvent } from '../../domain/feed.ts'
import { AccessKeys } from '../access/access-keys.ts'
import { EventData } from '../feed/event-data.ts'
import { SqlBulk } from '../database/bulk.ts'
import { Durability, untilDurable } from '../database/durability.ts'
import { EventLog } from '../events/event-log.ts'
import { Incidents } from '../incidents/incidents.ts'
import type { Pass } from '../process/worker.ts'
import { Seal } from '../vault/seal.ts'
import type { Documented, Health } from './delivery.ts'
import type { Endpoint } from './endpoints.ts'
import { KnownEndpoints, type Progress } from './known-endpoints.ts'
import { requestsFor } from './material.ts'
import type { RecentEvents } from './recent-events.ts'
import { Turns } from './turns.ts'
import type { Wants } from './wanted.ts'

export const MORE: Pass = 'more'
export const IDLE: Pass = 'idle'

/** What a pass is given. */
export const NEEDED = [
  AccessKeys,
  Durability,
  EventData,
  EventLog,
  Incidents,
  KnownEndpoints,
  Seal,
  SqlBulk,
  SqlClient.SqlClient,
  Turns
] as const
export type Needed = Context.Service.Identifier<(typeof NEEDED)[number]>

export interface PassOptions {
  readonly health: Health
  readonly allowPrivateAddresses: boolean
  /** What all endpoints read together; without, each reads the log. */
  readonly recent?: RecentEvents | undefined
}

export interface Working extends PassOptions {
  readonly endpoint: Endpoint
  readonly wants: Wants
  readonly progress: Progress
  /** Nothing waits in lanes, and nothing is to be replayed. */
  readonly isQuiet: boolean
}

/** The events with what they are about, as it is now. */
export const withData = Effect.fnUntraced(function* (
  { endpoint }: Pick<Working, 'endpoint'>,
  events: ReadonlyArray<FeedEvent>
) {
  if (events.length === 0) return []
  const data = yield* EventData
  const durability = yield* Durability
  // After a power cut another event could have the same number.
  yield* untilDurable(durability)
  const documents = yield* data.of(events)
  const pairs = events.flatMap((event, place) => {
    const document = documents[place]
    return document === undefined ? [] : [[event, document] as const]
  })
  const requests = yield* requestsFor(endpoint, pairs)
  return pairs.map(([event, document], place): Documented => ({
    event,
    document,
    requests: requests[place] ?? []
  }))
})
