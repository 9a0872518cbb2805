// Full-text search of an account's messages.
import { Context, Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import type { SearchPage, SearchRequest } from './queries.ts'
import { canonicalThreadId } from './sql/canonical-thread.ts'
import { searchMessages } from './sql/search.ts'

export class MessageSearch extends Context.Service<
  MessageSearch,
  {
    readonly search: (accountId: string, request: SearchRequest) => Effect.Effect<SearchPage, DatabaseError>
  }
>()('backscroll/services/conversations/MessageSearch') {
  static readonly layer: Layer.Layer<MessageSearch, never, SqlClient.SqlClient> = Layer.effect(
    MessageSearch,
    Effect.map(SqlClient.SqlClient, sql => {
      const search = Effect.fnUntraced(function* (
        accountId: string,
        { threadId, ...request }: SearchRequest
      ) {
        if (threadId === undefined) return yield* searchMessages(sql, accountId, request)
        return yield* searchMessages(sql, accountId, {
          ...request,
          threadId: yield* canonicalThreadId(sql, threadId)
        })
      })
      return MessageSearch.of({
        search: (accountId, request) => search(accountId, request).pipe(asDatabaseError('search'))
      })
    })
  )
}
