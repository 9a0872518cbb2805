// The HTTP contract of the event stream. The WebSocket, which OpenAPI cannot describe, takes the same query.
import { Schema } from 'effect'
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from 'effect/http-api'
import { reads } from '../../auth/access.ts'
import { Authorization } from '../../auth/authorization.ts'
import { STREAMED_TYPES, typeRefusal } from '../../event-types.ts'
import { AccountId, ThreadId, wholeInQuery } from '../../fields.ts'
import { operation } from '../../operation.ts'
import { BadField, NotFound, StoreUnavailable } from '../../problems.ts'

const MOST_NAMED = 100

/** One or several, separated by commas; `refusal` says what is wrong with one of them. */
const listOf = (what: string, refusal: (text: string) => string | undefined) =>
  Schema.String.check(
    Schema.makeFilter(text => {
      const parts = text.split(',')
      return parts.length > MOST_NAMED || parts.includes('')
        ? `Expected ${what}, at most ${MOST_NAMED}, separated by commas`
        : (parts.map(refusal).find(one => one !== undefined) ?? true)
    })
  )

const refusedUnless =
  (isOne: (text: string) => boolean, what: string) =>
  (text: string): string | undefined =>
    isOne(text) ? undefined : `Expected ${what}, separated by commas`

const ACCOUNTS = 'ids of accounts'
const THREADS = 'ids of threads'

export const streamQuery = {
  after: Schema.optionalKey(wholeInQuery(0, Number.MAX_SAFE_INTEGER)),
  accountId: Schema.optionalKey(listOf(ACCOUNTS, refusedUnless(Schema.is(AccountId), ACCOUNTS))),
  types: Schema.optionalKey(
    listOf('types of events, such as message.stored or message.*', type => typeRefusal(type, STREAMED_TYPES))
  ),
  threadId: Schema.optionalKey(listOf(THREADS, refusedUnless(Schema.is(ThreadId), THREADS)))
}
export type EventStreamQuery = Schema.Struct.Type<typeof streamQuery>

/** The name of the header with which a client goes on. */
export const LAST_EVENT_ID = 'last-event-id'

/** What a browser sends when it reconnects; it comes before `after`, which the address still has then. */
export const streamHeaders = { [LAST_EVENT_ID]: Schema.optionalKey(wholeInQuery(0, Number.MAX_SAFE_INTEGER)) }
export type EventStreamHeaders = Schema.Struct.Type<typeof streamHeaders>

export class EventsGroup extends HttpApiGroup.make('events')
  .add(
    HttpApiEndpoint.get('stream', '/events', {
      query: streamQuery,
      headers: streamHeaders,
      success: Schema.String.pipe(HttpApiSchema.asText({ contentType: 'text/event-stream' })),
      error: [BadField, NotFound, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: reads('query'),
        operationId: 'feed.events',
        summary: 'Stream events',
        description:
          'Server-sent events, each a CloudEvent (schema `Event`). Each event is written in the transaction that makes the change. `after`, or the header Last-Event-ID, resumes where a client stopped (events are kept for EVENTS_KEEP); without either, the stream starts now. Events without an id cannot be resumed. `accountId`, `types` and `threadId` (each one or several, separated by commas) say which events; what does not exist is refused, and a thread that became a part of another is followed there. `events.missed` says what is not there: not kept any more, or lost with a database that an older copy has replaced. The WebSocket /v1/events/socket sends the same, and begins with `stream.opened`, whose id is its place. docs/events.md lists all types; /events/schemas has their JSON Schemas.'
      })
    )
  )
  .middleware(Authorization)
  .prefix('/v1') {}
