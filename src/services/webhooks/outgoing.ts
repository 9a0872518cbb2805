// What goes over the wire for events: bodies, and the ids that stay the same for each delivery of them.
import { createHash } from 'node:crypto'
import type { CloudEvent } from '../../domain/cloud-event.ts'
import { MISSED_TYPE, TEST_TYPE } from '../../domain/events/server-events.ts'
import type { Endpoint } from './endpoints.ts'
import type { FormatPayload } from './formats/format.ts'

export interface Outgoing {
  /** The same each time it is delivered. */
  readonly messageId: string
  readonly contentType: string
  readonly body: Uint8Array
}

type Addressee = Pick<Endpoint, 'webhookId' | 'batch'>

const ONE = 'application/cloudevents+json; charset=utf-8'
const JSON_TYPE = 'application/json; charset=utf-8'
const SEVERAL = 'application/cloudevents-batch+json; charset=utf-8'

/** Several endpoints get the same event. */
const bytesOfEvents = new WeakMap<CloudEvent, Buffer>()

const bytesOf = (event: CloudEvent): Buffer => {
  const known = bytesOfEvents.get(event)
  if (known !== undefined) return known
  const bytes = Buffer.from(JSON.stringify(event))
  bytesOfEvents.set(event, bytes)
  return bytes
}

const idOfOne = ({ webhookId }: Addressee, { id }: Pick<CloudEvent, 'id'>): string => `${webhookId}_${id}`

interface Batch {
  readonly events: ReadonlyArray<CloudEvent>
  readonly body: Buffer
  /** Names the events that are in it. */
  readonly digest: string
}

/** Several endpoints get the same batch: the last one that was made with an event as its first. */
const batches = new WeakMap<CloudEvent, Batch>()

const OPEN = Buffer.from('[')
const COMMA = Buffer.from(',')
const CLOSE = Buffer.from(']')

const madeBatch = (events: ReadonlyArray<CloudEvent>): Batch => {
  const parts = events.flatMap((event, place) => [place === 0 ? OPEN : COMMA, bytesOf(event)])
  const ids = createHash('sha256').update(events.map(({ id }) => id).join(' '))
  return {
    events,
    body: Buffer.concat([...(events.length === 0 ? [OPEN] : parts), CLOSE]),
    digest: ids.digest('hex').slice(0, 32)
  }
}

const sharedBatch = (events: ReadonlyArray<CloudEvent>): Batch => {
  const [first] = events
  const known = first === undefined ? undefined : batches.get(first)
  const isSame =
    known?.events.length === events.length && known.events.every((event, place) => event === events[place])
  if (known !== undefined && isSame) return known
  const made = madeBatch(events)
  if (first !== undefined) batches.set(first, made)
  return made
}

/** Events in one request, in CloudEvents' format for batches. A batch with the same events has the same id. */
export const batchOf = (endpoint: Addressee, events: ReadonlyArray<CloudEvent>): Outgoing => {
  const [first] = events
  const { body, digest } = sharedBatch(events)
  return {
    messageId:
      first !== undefined && events.length === 1
        ? idOfOne(endpoint, first)
        : `${endpoint.webhookId}_batch_${digest}`,
    contentType: SEVERAL,
    body
  }
}

/** An event by itself. Who gets batches gets it as a batch of one. */
export const outgoingOf = (endpoint: Addressee, event: CloudEvent): Outgoing =>
  endpoint.batch === null
    ? { messageId: idOfOne(endpoint, event), contentType: ONE, body: bytesOf(event) }
    : batchOf(endpoint, [event])

/** These are not of the log, and are sent whatever is asked for. */
const ALWAYS: ReadonlySet<string> = new Set([TEST_TYPE, MISSED_TYPE])

/** What another format makes of an event: those of its requests that the endpoint asks for. */
export const outgoingsOf = (
  endpoint: Pick<Endpoint, 'webhookId' | 'formatEvents'>,
  { id }: CloudEvent,
  payloads: ReadonlyArray<FormatPayload>
): ReadonlyArray<Outgoing> => {
  const { formatEvents, webhookId } = endpoint
  const isWanted = (event: string) =>
    formatEvents.length === 0 || formatEvents.includes(event) || ALWAYS.has(event)
  return payloads.flatMap(({ body, event }, place) =>
    isWanted(event)
      ? [
          {
            messageId: payloads.length === 1 ? `${webhookId}_${id}` : `${webhookId}_${id}_${place}`,
            contentType: JSON_TYPE,
            body: Buffer.from(JSON.stringify(body))
          }
        ]
      : []
  )
}

/** Bytes of a batch. */
const LARGEST_BATCH = 1024 * 1024

/** As many of the events, from the first on, as go into a batch; at least one. */
export const fittingBatch = <A>(
  events: ReadonlyArray<A>,
  mostEvents: number,
  documentOf: (event: A) => CloudEvent
): ReadonlyArray<A> => {
  let bytes = 0
  const tooLong = events.findIndex((event, place) => {
    bytes += bytesOf(documentOf(event)).length + 1
    return place >= mostEvents || (place > 0 && bytes > LARGEST_BATCH)
  })
  return tooLong < 0 ? events : events.slice(0, tooLong)
}
