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
import { elapsedMillis } from '../process/steady-clock.ts'
import type { Pass } from '../process/worker.ts'
import { Seal } from '../vault/seal.ts'
import { deliverTogether, type Documented, type Health } from './delivery.ts'
import type { Endpoint } from './endpoints.ts'
import { KnownEndpoints, type Progress } from './known-endpoints.ts'
import { requestsFor } from './material.ts'
import type { RecentEvents } from '../events/recent.ts'
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
const documented = Effect.fnUntraced(function* (events: ReadonlyArray<FeedEvent>) {
  if (events.length === 0) return []
  const data = yield* EventData
  const documents = yield* data.of(events)
  return events.flatMap((event, place): ReadonlyArray<Documented> => {
    const document = documents[place]
    return document === undefined ? [] : [{ event, document }]
  })
})

/** A power cut after a delivery must not give its number to another event, nor make another batch of those that are delivered again. */
const untilOnDisk = Effect.flatMap(Durability, untilDurable)

const requestsNow = Effect.fnUntraced(function* (endpoint: Endpoint, events: ReadonlyArray<FeedEvent>) {
  const all = yield* documented(events)
  const requests = yield* requestsFor(
    endpoint,
    all.map(({ document, event }) => [event, document] as const)
  )
  return new Map(all.map(({ event }, place) => [event, requests[place] ?? []]))
})

const ONE = { requests: 1, events: 1 }

/** A server that takes its time is told what is so by then. */
const FRESH_MS = 2000

/** The events with their requests, for an endpoint that gets each by itself. */
export const oneByOne = Effect.fnUntraced(function* (
  { endpoint }: Pick<Working, 'endpoint'>,
  events: ReadonlyArray<FeedEvent>
) {
  const turns = yield* Turns
  if (events.length > 0) yield* turns.take(ONE)
  const made = yield* requestsNow(endpoint, events)
  const at = yield* elapsedMillis
  yield* untilOnDisk
  const requestsOf = Effect.fnUntraced(function* (event: FeedEvent, place: number) {
    if (place > 0) yield* turns.spend(ONE)
    const isFresh = (yield* elapsedMillis) - at < FRESH_MS
    const requests = isFresh ? made : yield* requestsNow(endpoint, [event])
    return requests.get(event) ?? []
  })
  return events.map((event, place) => ({ event, requests: requestsOf(event, place) }))
})

/** The events with what they are about, for one request: in its turn, so that what is made for it is as new as it can be. */
export const inTurn = Effect.fnUntraced(function* (events: ReadonlyArray<FeedEvent>) {
  if (events.length > 0) yield* (yield* Turns).take({ requests: 1, events: events.length })
  return yield* documented(events)
})

/** The events in one request. */
export const together = (working: Working, events: ReadonlyArray<Documented>, attemptsBefore?: number) =>
  Effect.andThen(untilOnDisk, deliverTogether(working, events, attemptsBefore))
