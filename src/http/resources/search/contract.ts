// The HTTP contract of search and export.
import { Schema } from 'effect'
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from 'effect/http-api'
import { Hit } from '../../../domain/reading.ts'
import { LONGEST_QUERY } from '../../../domain/search-query.ts'
import { Authorization } from '../../auth/authorization.ts'
import { AccountId, CursorText, limit, messageFilterFields, ThreadId, timeFields } from '../../fields.ts'
import { BadField, NotFound, StoreUnavailable } from '../../problems.ts'

const jsonLines = Schema.String.pipe(HttpApiSchema.asText({ contentType: 'application/x-ndjson' }))

const LINES =
  'One JSON object a line: {"kind":"thread","thread":{…}} before the messages of a thread, {"kind":"message","message":{…,"receipts":[…]}} oldest first, and at last {"kind":"end","threads":n,"messages":n}: without that line the export is not whole. Holds every message exactly once that was stored when it began; what waits to be sent comes last in its thread.'

export class ReadingGroup extends HttpApiGroup.make('reading')
  .add(
    HttpApiEndpoint.get('search', '/accounts/:accountId/search', {
      params: { accountId: AccountId },
      query: {
        q: Schema.String.check(
          Schema.isMinLength(1, { message: 'Expected something to look for' }),
          Schema.isMaxLength(LONGEST_QUERY, { message: `Expected at most ${LONGEST_QUERY} characters` })
        ),
        threadId: Schema.optionalKey(ThreadId),
        ...messageFilterFields,
        order: Schema.optionalKey(Schema.Literals(['newest', 'relevance'])),
        limit: limit(100),
        cursor: Schema.optionalKey(CursorText)
      },
      success: Schema.Struct({ hits: Schema.Array(Hit), nextCursor: Schema.NullOr(Schema.String) }),
      error: [NotFound, BadField, StoreUnavailable]
    }).annotateMerge(
      OpenApi.annotations({
        summary: 'Messages of an account by their words, newest first or by relevance',
        description:
          'Words must all be there (of the last one its beginning is enough), "phrases" as they stand, -words not. Case and diacritics do not matter; Chinese, Japanese, Korean, Thai and the like are found by any part. `nextCursor` is null at the end; before that a page may be short.'
      })
    ),
    HttpApiEndpoint.get('exportThread', '/threads/:threadId/export', {
      params: { threadId: ThreadId },
      query: timeFields,
      success: jsonLines,
      error: [NotFound, BadField, StoreUnavailable]
    }).annotateMerge(OpenApi.annotations({ summary: 'A whole thread as JSON Lines', description: LINES })),
    HttpApiEndpoint.get('exportAccount', '/accounts/:accountId/export', {
      params: { accountId: AccountId },
      query: timeFields,
      success: jsonLines,
      error: [NotFound, BadField, StoreUnavailable]
    }).annotateMerge(
      OpenApi.annotations({ summary: 'All threads of an account as JSON Lines', description: LINES })
    )
  )
  .middleware(Authorization)
  .prefix('/v1') {}
