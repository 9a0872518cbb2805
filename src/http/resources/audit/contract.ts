// The HTTP contract of the audit log.
import { Schema } from 'effect'
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from 'effect/http-api'
import { AuditEntry } from '../../../domain/audit.ts'
import { administers } from '../../auth/access.ts'
import { Authorization } from '../../auth/authorization.ts'
import { AccountId, CursorText, limit } from '../../fields.ts'
import { timeFields } from '../../message-filter.ts'
import { operation } from '../../operation.ts'
import { BadField, StoreUnavailable } from '../../problems.ts'

const text = Schema.String.check(Schema.isMaxLength(128))

const filter = {
  accountId: Schema.optionalKey(AccountId),
  /** The id of a key, or of a user in Firebase. */
  callerId: Schema.optionalKey(text),
  /** An `operationId` of the OpenAPI document, such as `accounts.restart`. */
  operation: Schema.optionalKey(text),
  since: timeFields.since.annotate({
    description: 'At this time or later: milliseconds since 1970, or ISO 8601 (UTC when it has no time zone)'
  }),
  until: timeFields.until.annotate({ description: 'Before this time; same format as `since`' })
}
export type AuditFilter = Schema.Struct.Type<typeof filter>

const listQuery = { ...filter, limit: limit(500), cursor: Schema.optionalKey(CursorText) }
export type AuditListQuery = Schema.Struct.Type<typeof listQuery>

export class AuditGroup extends HttpApiGroup.make('audit')
  .add(
    HttpApiEndpoint.get('list', '/', {
      query: listQuery,
      success: Schema.Struct({
        entries: Schema.Array(AuditEntry),
        nextCursor: Schema.NullOr(Schema.String)
      }).annotate({ identifier: 'AuditPage' }),
      error: [BadField, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: administers,
        summary: 'List changes made through the API',
        description:
          'Newest first: who changed what, from where, and the status of the answer. Kept for AUDIT_KEEP. Requests that were refused for lack of access are not in it.'
      })
    ),
    HttpApiEndpoint.get('export', '/export', {
      query: filter,
      success: Schema.String.pipe(HttpApiSchema.asText({ contentType: 'application/x-ndjson' })),
      error: [BadField, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: administers,
        summary: 'Export the audit log',
        description:
          'JSON Lines, oldest first: {"kind":"entry","entry":{…}} for each change, and at the end {"kind":"end","entries":n}. Without that last line the export is incomplete.'
      })
    )
  )
  .middleware(Authorization)
  .prefix('/v1/audit') {}
