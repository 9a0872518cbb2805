// What goes over the wire for events: bodies, and the ids that stay the same for each delivery of them.
import { createHash } from 'node:crypto'
import { type CloudEvent, MISSED_TYPE, TEST_TYPE } from '../../domain/cloud-event.ts'
import type { Endpoint } from './endpoints.ts'
import type { FormatPayload } from './formats/format.ts'

export interface Outgoing {
  /** The same each time it is delivered. */
  readonly messageId: string
  readonly contentType: string
  readonly body: string
}

type Addressee = Pick<Endpoint, 'webhookId' | 'batch'>

const ONE = 'application/cloudevents+json; charset=utf-8'
const JSON_TYPE = 'application/json; charset=utf-8'
const SEVERAL = 'application/cloudevents-batch+json; charset=utf-8'

/** Several endpoints get the same event. */
const texts = new WeakMap<CloudEvent, string>()

export const textOf = (event: CloudEvent): string => {
  const known = texts.get(event)
  if (known !== undefined) return known
  const text = JSON.stringify(event)
  texts.set(event, text)
  return text
}

const idOfOne = ({ webhookId }: Addressee, { id }: Pick<CloudEvent, 'id'>): string => `${webhookId}_${id}`

/** Names the events that are in it: a batch with the same events is the same. */
const idOfBatch = (endpoint: Addressee, events: ReadonlyArray<CloudEvent>): string => {
  const [first] = events
  if (first !== undefined && events.length === 1) return idOfOne(endpoint, first)
  const ids = createHash('sha256').update(events.map(({ id }) => id).join(' '))
  return `${endpoint.webhookId}_batch_${ids.digest('hex').slice(0, 32)}`
}

/** Events in one request, in CloudEvents' format for batches. */
export const batchOf = (endpoint: Addressee, events: ReadonlyArray<CloudEvent>): Outgoing => ({
  messageId: idOfBatch(endpoint, events),
  contentType: SEVERAL,
  body: `[${events.map(textOf).join(',')}]`
})

/** An event by itself. Who gets batches gets it as a batch of one. */
export const outgoingOf = (endpoint: Addressee, event: CloudEvent): Outgoing =>
  endpoint.batch === null
    ? { messageId: idOfOne(endpoint, event), contentType: ONE, body: textOf(event) }
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
            body: JSON.stringify(body)
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
    bytes += Buffer.byteLength(textOf(documentOf(event))) + 1
    return place >= mostEvents || (place > 0 && bytes > LARGEST_BATCH)
  })
  return tooLong < 0 ? events : events.slice(0, tooLong)
}
