// The HTTP contract of exports.
import { Schema } from 'effect'
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from 'effect/http-api'
import { reads } from '../../auth/access.ts'
import { Authorization } from '../../auth/authorization.ts'
import { accountPath, threadPath } from '../../fields.ts'
import { timeFields } from '../../message-filter.ts'
import { operation } from '../../operation.ts'
import { BadField, NotFound, StoreUnavailable } from '../../problems.ts'

const jsonLines = Schema.String.pipe(HttpApiSchema.asText({ contentType: 'application/x-ndjson' }))

const FORMAT =
  'JSON Lines, one object per line: {"kind":"thread","thread":{…}} before the messages of a thread, {"kind":"message","message":{…,"receipts":[…]}} oldest first, and at the end {"kind":"end","threads":n,"messages":n}. Without that last line the export is incomplete. It contains every message that was stored when it began exactly once; queued messages come last in their thread.'

export type ExportQuery = Schema.Struct.Type<typeof timeFields>

export class ExportGroup extends HttpApiGroup.make('export')
  .add(
    HttpApiEndpoint.get('thread', '/threads/:threadId/export', {
      params: threadPath,
      query: timeFields,
      success: jsonLines,
      error: [NotFound, BadField, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: reads('thread'),
        operationId: 'reading.exportThread',
        summary: 'Export a thread',
        description: FORMAT
      })
    ),
    HttpApiEndpoint.get('account', '/accounts/:accountId/export', {
      params: accountPath,
      query: timeFields,
      success: jsonLines,
      error: [NotFound, BadField, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: reads('path'),
        operationId: 'reading.exportAccount',
        summary: 'Export an account',
        description: `All threads. ${FORMAT}`
      })
    )
  )
  .middleware(Authorization)
  .prefix('/v1') {}
