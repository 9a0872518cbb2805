// Search over HTTP.
import { Effect } from 'effect'
import { HttpApiBuilder } from 'effect/http-api'
import { decodeSearchCursor, encodeSearchCursor } from '../../../domain/page.ts'
import { parseSearch } from '../../../domain/search-query.ts'
import { MessageSearch } from '../../../services/conversations/message-search.ts'
import { Api } from '../../api.ts'
import { findAccount, findThread } from '../../lookup.ts'
import { messageFilter } from '../../message-filter.ts'
import { decodeCursorField } from '../../paging.ts'
import { badField, orDatabaseUnavailable } from '../../problems.ts'
import type { MessageSearchQuery } from './contract.ts'

const PAGE = 20

/** The filter must name a thread of the account that is searched. */
const checkThread = Effect.fnUntraced(function* (accountId: string, threadId: string) {
  const thread = yield* findThread(threadId)
  if (thread.accountId !== accountId) {
    return yield* badField('query', 'threadId', 'Expected a thread of this account')
  }
})

const search = Effect.fnUntraced(function* (accountId: string, query: MessageSearchQuery) {
  const messageSearch = yield* MessageSearch
  const { limit = PAGE, order = 'newest', q, threadId } = query
  const filter = yield* messageFilter(query)
  const cursor = yield* decodeCursorField('cursor', query.cursor, decodeSearchCursor)
  if (cursor !== undefined && (cursor.rank !== undefined) !== (order === 'relevance')) {
    return yield* badField('query', 'cursor', 'Expected the cursor of a search in the same order')
  }
  const parsed = parseSearch(q)
  if ('refusal' in parsed) return yield* badField('query', 'q', parsed.refusal)
  yield* findAccount(accountId)
  if (threadId !== undefined) yield* checkThread(accountId, threadId)
  const { hits, next } = yield* orDatabaseUnavailable(
    messageSearch.search(accountId, { ...filter, query: parsed, order, threadId, limit, cursor })
  )
  return { hits, nextCursor: next === null ? null : encodeSearchCursor(next) }
})

export const searchLayer = HttpApiBuilder.group(Api, 'search', handlers =>
  handlers.handleAll({
    search: ({ params, query }) => search(params.accountId, query)
  })
)
