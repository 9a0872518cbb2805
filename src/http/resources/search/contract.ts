// The HTTP contract of search.
import { Schema } from 'effect'
import { HttpApiEndpoint, HttpApiGroup } from 'effect/http-api'
import { Hit } from '../../../domain/reading.ts'
import { LONGEST_QUERY } from '../../../domain/search-query.ts'
import { reads } from '../../auth/access.ts'
import { Authorization } from '../../auth/authorization.ts'
import { accountPath, CursorText, limit, ThreadId } from '../../fields.ts'
import { messageFilterFields } from '../../message-filter.ts'
import { operation } from '../../operation.ts'
import { BadField, NotFound, StoreUnavailable } from '../../problems.ts'

const searchQuery = {
  q: Schema.String.check(
    Schema.isMinLength(1, { message: 'Expected a search text' }),
    Schema.isMaxLength(LONGEST_QUERY, { message: `Expected at most ${LONGEST_QUERY} characters` })
  ),
  threadId: Schema.optionalKey(ThreadId),
  ...messageFilterFields,
  order: Schema.optionalKey(Schema.Literals(['newest', 'relevance'])),
  limit: limit(100),
  cursor: Schema.optionalKey(CursorText)
}
export type MessageSearchQuery = Schema.Struct.Type<typeof searchQuery>

export class SearchGroup extends HttpApiGroup.make('search')
  .add(
    HttpApiEndpoint.get('search', '/accounts/:accountId/search', {
      params: accountPath,
      query: searchQuery,
      success: Schema.Struct({ hits: Schema.Array(Hit), nextCursor: Schema.NullOr(Schema.String) }).annotate({
        identifier: 'SearchPage'
      }),
      error: [NotFound, BadField, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: reads('path'),
        operationId: 'reading.search',
        summary: 'Search messages',
        description:
          'Finds messages that contain all words (the last one as a prefix) and all "phrases", and none of the -excluded words. Case and diacritics are ignored; Chinese, Japanese, Korean, Thai and similar scripts match by substring. Newest first, or by relevance. A page may be short before the end: at the end, `nextCursor` is null.'
      })
    )
  )
  .middleware(Authorization)
  .prefix('/v1') {}
