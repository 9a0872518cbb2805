// Search and export over HTTP.
import { Clock, Effect, Stream } from 'effect'
import { HttpServerResponse } from 'effect/http'
import { HttpApiBuilder } from 'effect/http-api'
import { decodeSearchCursor, encodeSearchCursor } from '../../../domain/page.ts'
import { parseSearch } from '../../../domain/search-query.ts'
import { Accounts } from '../../../services/accounts.ts'
import { Stopping } from '../../../services/process/stopping.ts'
import { exportOf } from '../../../services/conversations/export.ts'
import { Store } from '../../../services/conversations/store.ts'
import { Api } from '../../api.ts'
import { cursorIn, messageFilter } from '../../fields.ts'
import { findAccount } from '../../find.ts'
import { badField, NotFound, StoreUnavailable } from '../../problems.ts'

const PAGE = 20

export const readingLayer = HttpApiBuilder.group(
  Api,
  'reading',
  Effect.fn(function* (handlers) {
    const store = yield* Store
    const accounts = yield* Accounts
    const stopping = yield* Stopping
    const unavailable = Effect.mapError(() => new StoreUnavailable({}))

    const findThread = Effect.fnUntraced(function* (threadId: string) {
      const thread = yield* store.readThread(threadId).pipe(unavailable)
      return thread ?? (yield* new NotFound({ detail: `There is no thread ${threadId}` }))
    })

    const download = Effect.fnUntraced(function* (
      name: string,
      threadIds: ReadonlyArray<string>,
      query: { readonly since?: string; readonly until?: string }
    ) {
      const filter = yield* messageFilter(query)
      const day = new Date(yield* Clock.currentTimeMillis).toISOString().slice(0, 10)
      const file = `backscroll-${name.replaceAll(/[^\w.-]+/g, '_').slice(0, 120)}-${day}.jsonl`
      const lines = exportOf(store, threadIds, filter).pipe(
        Stream.map(batch => batch.map(line => `${JSON.stringify(line)}\n`).join('')),
        // An open connection would hold up the end of the server; without its last line the export is seen to be cut off.
        Stream.interruptWhen(stopping.requested),
        Stream.encodeText
      )
      return HttpServerResponse.stream(lines, {
        contentType: 'application/x-ndjson',
        headers: { 'cache-control': 'no-store', 'content-disposition': `attachment; filename="${file}"` }
      })
    })

    return handlers.handleAll({
      search: Effect.fn(function* ({ params, query }) {
        const { limit = PAGE, order = 'newest', q, threadId } = query
        const filter = yield* messageFilter(query)
        const cursor = yield* cursorIn('cursor', query.cursor, decodeSearchCursor)
        if (cursor !== undefined && (cursor.rank !== undefined) !== (order === 'relevance')) {
          return yield* badField('query', 'cursor', 'Expected the cursor of a search in the same order')
        }
        const parsed = parseSearch(q)
        if ('refusal' in parsed) return yield* badField('query', 'q', parsed.refusal)
        yield* findAccount(accounts, params.accountId)
        if (threadId !== undefined) {
          const thread = yield* findThread(threadId)
          if (thread.accountId !== params.accountId) {
            return yield* badField('query', 'threadId', 'Expected a thread of this account')
          }
        }
        const { hits, next } = yield* store
          .search(params.accountId, { ...filter, query: parsed, order, threadId, limit, cursor })
          .pipe(unavailable)
        return { hits, nextCursor: next === null ? null : encodeSearchCursor(next) }
      }),
      exportThread: Effect.fn(function* ({ params, query }) {
        const { clientJid, threadId } = yield* findThread(params.threadId)
        return yield* download(clientJid, [threadId], query)
      }),
      exportAccount: Effect.fn(function* ({ params, query }) {
        yield* findAccount(accounts, params.accountId)
        const threadIds = yield* store.threadIds(params.accountId).pipe(unavailable)
        return yield* download(params.accountId, threadIds, query)
      })
    })
  })
)
