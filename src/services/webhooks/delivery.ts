// Delivers events: conversations beside each other, the events of each one after the other; or several in a batch. What is not taken is
// put into the lane of its conversation.
import { Clock, Effect } from 'effect'
import type { CloudEvent } from '../../domain/cloud-event.ts'
import type { FeedEvent } from '../../domain/feed.ts'
import type { Endpoint } from './endpoints.ts'
import { laneOf } from './lanes.ts'
import { batchOf, type Outgoing } from './outgoing.ts'
import { type Answer, deliver } from './request.ts'
import { signatureHeaders } from './signature.ts'

/** Deliveries to one endpoint at a time. */
const MOST_AT_ONCE = 8
/** After so many failures in a row, nothing else is tried in this pass. */
const MOST_FAILURES = 3

/** An event with what it is about. */
export interface Documented {
  readonly event: FeedEvent
  readonly document: CloudEvent
}

/** One that is delivered by itself. */
export interface Single<E, R> {
  readonly event: FeedEvent
  /** In the format of the endpoint, as it is now: one request, or several, or none. */
  readonly requests: Effect.Effect<ReadonlyArray<Outgoing>, E, R>
}

/** A request, as it is recorded. */
export interface Attempt {
  /** The events that it had, at least one. */
  readonly events: ReadonlyArray<Pick<FeedEvent, 'eventId' | 'accountId' | 'kind'>>
  readonly attempt: number
  readonly answer: Answer
  readonly milliseconds: number
  readonly at: number
}

export const isTaken = ({ status }: Answer): boolean => status !== null && status >= 200 && status < 300

/** How an endpoint does. */
export interface Health {
  /** Since its last success. */
  failures: number
}

export const isFailing = ({ failures }: Health): boolean => failures >= MOST_FAILURES

export interface Sending {
  readonly endpoint: Endpoint
  readonly health: Health
  readonly allowPrivateAddresses: boolean
}

const USER_AGENT = 'Backscroll-Webhooks'

const secretsOf = (
  { previousSecret, previousSecretUntil, secret }: Endpoint,
  now: number
): ReadonlyArray<string> =>
  previousSecret !== undefined && (previousSecretUntil ?? 0) > now ? [secret, previousSecret] : [secret]

export const send = Effect.fnUntraced(function* (
  { allowPrivateAddresses, endpoint }: Omit<Sending, 'health'>,
  { body, contentType, messageId }: Outgoing
) {
  const now = yield* Clock.currentTimeMillis
  const signed = { body, messageId, timestamp: Math.floor(now / 1000) }
  return yield* deliver({
    url: endpoint.url,
    body,
    allowPrivateAddresses,
    headers: {
      'content-type': contentType,
      // Names are sent as one, in whatever case they were given; the type may be another one.
      ...Object.fromEntries(
        Object.entries(endpoint.headers).map(([name, value]) => [name.toLowerCase(), value])
      ),
      'content-length': String(body.length),
      'user-agent': USER_AGENT,
      ...signatureHeaders(secretsOf(endpoint, now), signed)
    }
  })
})

/** Sends, and notes how the endpoint does. */
const attempt = Effect.fnUntraced(function* (
  sending: Sending,
  outgoing: Outgoing,
  events: Attempt['events'],
  number: number
): Effect.fn.Return<Attempt> {
  const { health } = sending
  const at = yield* Clock.currentTimeMillis
  const begun = performance.now()
  const answer = yield* send(sending, outgoing)
  health.failures = isTaken(answer) ? 0 : health.failures + 1
  return { events, attempt: number, answer, at, milliseconds: Math.round(performance.now() - begun) }
})

/** An event that was not taken, after how many attempts, with what the server said; without, when it was not tried any more. */
export interface Stopped {
  readonly event: FeedEvent
  readonly attempts: number
  readonly answer: Answer | undefined
}

/** What became of events. */
export interface Delivered {
  readonly attempts: ReadonlyArray<Attempt>
  /** The first event of each conversation that was not taken. */
  readonly stopped: ReadonlyArray<Stopped>
}

/** `attemptsBefore`: how often the first of them was tried already, if it waits in a lane: then it is tried in any case. */
export const deliverInOrder = Effect.fnUntraced(function* <E, R>(
  sending: Sending,
  events: ReadonlyArray<Single<E, R>>,
  attemptsBefore?: number
): Effect.fn.Return<Delivered, E, R> {
  const attempts: Array<Attempt> = []
  for (const [place, { event, requests }] of events.entries()) {
    if (isFailing(sending.health) && (place > 0 || attemptsBefore === undefined))
      return { attempts, stopped: [{ event, attempts: 0, answer: undefined }] }
    const number = place === 0 ? (attemptsBefore ?? 0) + 1 : 1
    for (const request of yield* requests) {
      const made = yield* attempt(sending, request, [event], number)
      attempts.push(made)
      if (!isTaken(made.answer))
        return { attempts, stopped: [{ event, attempts: number, answer: made.answer }] }
    }
  }
  return { attempts, stopped: [] }
})

/** Each conversation's events, beside each other. */
export const deliverAll = <E, R>(
  sending: Sending,
  events: ReadonlyArray<Single<E, R>>
): Effect.Effect<Delivered, E, R> =>
  Effect.map(
    Effect.forEach(
      Map.groupBy(events, ({ event }) => laneOf(event)).values(),
      ofLane => deliverInOrder(sending, ofLane),
      { concurrency: MOST_AT_ONCE }
    ),
    all => ({
      attempts: all.flatMap(({ attempts }) => attempts),
      stopped: all.flatMap(({ stopped }) => stopped)
    })
  )

/** The events in one request. When it is refused, each of their conversations waits. */
export const deliverTogether = Effect.fnUntraced(function* (
  sending: Sending,
  events: ReadonlyArray<Documented>,
  attemptsBefore = 0
): Effect.fn.Return<Delivered> {
  if (events.length === 0) return { attempts: [], stopped: [] }
  const batch = batchOf(
    sending.endpoint,
    events.map(({ document }) => document)
  )
  const feed = events.map(({ event }) => event)
  const made = yield* attempt(sending, batch, feed, attemptsBefore + 1)
  if (isTaken(made.answer)) return { attempts: [made], stopped: [] }
  const firsts = new Map(feed.toReversed().map(event => [laneOf(event), event]))
  return {
    attempts: [made],
    stopped: [...firsts.values()].map(event => ({
      event,
      attempts: attemptsBefore + 1,
      answer: made.answer
    }))
  }
})
