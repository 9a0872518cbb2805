// The HTTP contract of the event stream. The WebSocket, which OpenAPI cannot describe, takes the same query.
import { Schema } from 'effect'
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from 'effect/http-api'
import { isEventPattern } from '../../../domain/event-pattern.ts'
import { reads } from '../../auth/access.ts'
import { Authorization } from '../../auth/authorization.ts'
import { AccountId, ThreadId, wholeInQuery } from '../../fields.ts'
import { operation } from '../../operation.ts'
import { NotFound, StoreUnavailable } from '../../problems.ts'

const MOST_NAMED = 100

/** One or several, separated by commas. */
const listOf = (what: string, isOne: (text: string) => boolean) =>
  Schema.String.check(
    Schema.makeFilter(
      text => {
        const parts = text.split(',')
        return parts.length <= MOST_NAMED && parts.every(part => part !== '' && isOne(part))
      },
      { message: `Expected ${what}, at most ${MOST_NAMED}, separated by commas` }
    )
  )

const isAccountId = Schema.is(AccountId)
const isThreadId = Schema.is(ThreadId)

export const streamQuery = {
  after: Schema.optionalKey(wholeInQuery(0, Number.MAX_SAFE_INTEGER)),
  accountId: Schema.optionalKey(listOf('ids of accounts', isAccountId)),
  types: Schema.optionalKey(listOf('types of events, such as message.stored or message.*', isEventPattern)),
  threadId: Schema.optionalKey(listOf('ids of threads', isThreadId))
}
export type EventStreamQuery = Schema.Struct.Type<typeof streamQuery>

export class EventsGroup extends HttpApiGroup.make('events')
  .add(
    HttpApiEndpoint.get('stream', '/events', {
      query: streamQuery,
      success: Schema.String.pipe(HttpApiSchema.asText({ contentType: 'text/event-stream' })),
      error: [NotFound, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: reads('query'),
        operationId: 'feed.events',
        summary: 'Stream events',
        description:
          'Server-sent events, each a CloudEvent (schema `Event`). Each event is written in the transaction that makes the change. `after`, or the header Last-Event-ID, resumes where a client stopped (events are kept for EVENTS_KEEP); without either, the stream starts now. Events without an id cannot be resumed. `accountId`, `types` and `threadId` (each one or several, separated by commas) say which events. The WebSocket /v1/events/socket sends the same. docs/events.md lists all types; /events/schemas has their JSON Schemas.'
      })
    )
  )
  .middleware(Authorization)
  .prefix('/v1') {}
