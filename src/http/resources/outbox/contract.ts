// The HTTP contract of the outbox: what waits to be sent, and what became of it.
import { Schema } from 'effect'
import { HttpApiEndpoint, HttpApiGroup } from 'effect/http-api'
import { OutboxEntry, OutboxStatus } from '../../../domain/outbox.ts'
import { reads, sends } from '../../auth/access.ts'
import { Authorization } from '../../auth/authorization.ts'
import { accountPath, CursorText, Id, limit } from '../../fields.ts'
import { operation } from '../../operation.ts'
import { BadField, NotFound, NotWaiting, StoreUnavailable } from '../../problems.ts'

const entryPath = { ...accountPath, entryId: Id }

const listQuery = {
  limit: limit(200),
  cursor: Schema.optionalKey(CursorText),
  status: Schema.optionalKey(OutboxStatus)
}
export type OutboxListQuery = Schema.Struct.Type<typeof listQuery>

export class OutboxGroup extends HttpApiGroup.make('outbox')
  .add(
    HttpApiEndpoint.get('list', '/:accountId/outbox', {
      params: accountPath,
      query: listQuery,
      success: Schema.Struct({
        entries: Schema.Array(OutboxEntry),
        nextCursor: Schema.NullOr(Schema.String)
      }).annotate({ identifier: 'OutboxPage' }),
      error: [NotFound, BadField, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: reads('path'),
        summary: 'List outbox entries',
        description: 'Newest first. Entries are kept for a week.'
      })
    ),
    HttpApiEndpoint.get('entry', '/:accountId/outbox/:entryId', {
      params: entryPath,
      success: OutboxEntry,
      error: [NotFound, StoreUnavailable]
    }).annotateMerge(operation({ access: reads('path'), summary: 'Get an outbox entry' })),
    HttpApiEndpoint.delete('cancel', '/:accountId/outbox/:entryId', {
      params: entryPath,
      success: OutboxEntry,
      error: [NotFound, NotWaiting, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: sends('path'),
        summary: 'Cancel a queued message',
        description: 'Possible until the entry is being sent.'
      })
    )
  )
  .middleware(Authorization)
  .prefix('/v1/accounts') {}
