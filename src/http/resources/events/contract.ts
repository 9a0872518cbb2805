// The HTTP contract of the event stream.
import { Schema } from 'effect'
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from 'effect/http-api'
import { reads } from '../../auth/access.ts'
import { Authorization } from '../../auth/authorization.ts'
import { AccountId, wholeInQuery } from '../../fields.ts'
import { operation } from '../../operation.ts'
import { NotFound, StoreUnavailable } from '../../problems.ts'

const streamQuery = {
  after: Schema.optionalKey(wholeInQuery(0, Number.MAX_SAFE_INTEGER)),
  accountId: Schema.optionalKey(AccountId)
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
          'Server-sent events for every change of a message or thread. Each event is written in the transaction that makes the change. `after`, or the header Last-Event-ID, resumes where a client stopped (events are kept for a week); without either, the stream starts now. Three kinds of events have no id and cannot be resumed: `account.progress`, while history arrives (counts, messages per second, an estimate of the rest), `account.state` and `incident`.'
      })
    )
  )
  .middleware(Authorization)
  .prefix('/v1') {}
