// Delivers a batch of events: conversations beside each other, the events of each one after the other. What is not taken is put into the
// lane of its conversation.
import { Clock, Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { CloudEvent } from '../../domain/cloud-event.ts'
import type { FeedEvent } from '../../domain/feed.ts'
import type { Endpoint } from './endpoints.ts'
import { laneOf } from './lanes.ts'
import { type Answer, deliver } from './request.ts'
import { signatureHeaders } from './signature.ts'

/** Deliveries to one endpoint at a time. */
const MOST_AT_ONCE = 8
/** After so many failures in a row, nothing else is tried in this pass. */
const MOST_FAILURES = 3

export interface Attempt {
  readonly event: Pick<FeedEvent, 'eventId' | 'accountId' | 'kind'>
  readonly attempt: number
  readonly answer: Answer
  readonly milliseconds: number
  readonly at: number
}

export const isTaken = ({ status }: Answer): boolean => status !== null && status >= 200 && status < 300

/** How an endpoint does: failures since its last success. */
export interface Health {
  failures: number
}

export const isFailing = ({ failures }: Health): boolean => failures >= MOST_FAILURES

interface Sending {
  readonly endpoint: Endpoint
  readonly health: Health
  readonly allowPrivateAddresses: boolean
}

const USER_AGENT = 'Backscroll-Webhooks'

/** The same for each delivery of an event to an endpoint. */
const messageIdOf = ({ webhookId }: Endpoint, { id }: Pick<CloudEvent, 'id'>): string => `${webhookId}_${id}`

const secretsOf = (
  { previousSecret, previousSecretUntil, secret }: Endpoint,
  now: number
): ReadonlyArray<string> =>
  previousSecret !== undefined && (previousSecretUntil ?? 0) > now ? [secret, previousSecret] : [secret]

export const send = Effect.fnUntraced(function* (
  { allowPrivateAddresses, endpoint }: Omit<Sending, 'health'>,
  event: CloudEvent
) {
  const now = yield* Clock.currentTimeMillis
  const body = JSON.stringify(event)
  const signed = { body, messageId: messageIdOf(endpoint, event), timestamp: Math.floor(now / 1000) }
  return yield* deliver({
    url: endpoint.url,
    body,
    allowPrivateAddresses,
    headers: {
      ...endpoint.headers,
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'content-length': String(Buffer.byteLength(body)),
      'user-agent': USER_AGENT,
      ...signatureHeaders(secretsOf(endpoint, now), signed)
    }
  })
})

/** What became of the events of a conversation, in their order. */
export interface Delivered {
  readonly attempts: ReadonlyArray<Attempt>
  /** The first event that was not taken, with what the server said; without, when it was not tried any more. */
  readonly stopped: { readonly event: FeedEvent; readonly answer: Answer | undefined } | undefined
}

/** `attemptsBefore`: how often the first of them was tried already, if it waits in a lane: then it is tried in any case. */
export const deliverInOrder = Effect.fnUntraced(function* (
  sending: Sending,
  events: ReadonlyArray<readonly [FeedEvent, CloudEvent]>,
  attemptsBefore?: number
): Effect.fn.Return<Delivered> {
  const { health } = sending
  const attempts: Array<Attempt> = []
  for (const [place, [event, document]] of events.entries()) {
    if (isFailing(health) && (place > 0 || attemptsBefore === undefined))
      return { attempts, stopped: { event, answer: undefined } }
    const at = yield* Clock.currentTimeMillis
    const begun = performance.now()
    const answer = yield* send(sending, document)
    const attempt = place === 0 ? (attemptsBefore ?? 0) + 1 : 1
    attempts.push({ event, attempt, answer, at, milliseconds: Math.round(performance.now() - begun) })
    health.failures = isTaken(answer) ? 0 : health.failures + 1
    if (!isTaken(answer)) return { attempts, stopped: { event, answer } }
  }
  return { attempts, stopped: undefined }
})

/** Each conversation's events, beside each other. */
export const deliverAll = (sending: Sending, events: ReadonlyArray<readonly [FeedEvent, CloudEvent]>) =>
  Effect.forEach(
    Map.groupBy(events, ([event]) => laneOf(event)).values(),
    ofThread => deliverInOrder(sending, ofThread),
    { concurrency: MOST_AT_ONCE }
  )

/** Of an endpoint, so many are kept. */
const KEPT = 1000

/** Attempts as applications see them. */
export const recordAttempts = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  webhookId: string,
  attempts: ReadonlyArray<Attempt>
) {
  for (const { answer, at, attempt, event, milliseconds } of attempts)
    yield* sql`INSERT INTO webhook_deliveries (webhook_id, account_id, event_id, type, attempt, outcome, status, reason, milliseconds, at)
      VALUES (${webhookId}, ${event.accountId}, ${event.eventId}, ${event.kind}, ${attempt}, ${isTaken(answer) ? 'delivered' : 'failed'},
        ${answer.status}, ${answer.reason}, ${milliseconds}, ${at})`
  if (attempts.length === 0) return
  yield* sql`DELETE FROM webhook_deliveries WHERE webhook_id = ${webhookId} AND delivery_id <=
    (SELECT delivery_id FROM webhook_deliveries WHERE webhook_id = ${webhookId} ORDER BY delivery_id DESC LIMIT 1 OFFSET ${KEPT})`
})
