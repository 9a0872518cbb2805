// Messages over HTTP, paged by stable cursors in both directions.
import { Effect } from 'effect'
import { HttpApiBuilder } from 'effect/http-api'
import type { Message } from '../domain/message.ts'
import { type Cursor, decodeCursor, encodeCursor } from '../domain/page.ts'
import { Store } from '../services/store/store.ts'
import { Api } from './api.ts'
import { badField, NotFound, StoreUnavailable } from './problems.ts'

const PAGE = 50

const cursorOf = (message: Message): string => encodeCursor({ time: message.tsClient, id: message.messageId })

const parse = (name: 'before' | 'after', text: string | undefined) => {
  const cursor = text === undefined ? undefined : decodeCursor(text)
  return text !== undefined && cursor === undefined
    ? Effect.fail(badField('query', name, 'Expected an olderCursor or newerCursor of an earlier answer'))
    : Effect.succeed<Cursor | undefined>(cursor)
}

export const threadsLayer = HttpApiBuilder.group(
  Api,
  'threads',
  Effect.fn(function* (handlers) {
    const store = yield* Store
    return handlers.handleAll({
      messages: Effect.fn(function* ({ params, query }) {
        const before = yield* parse('before', query.before)
        const after = yield* parse('after', query.after)
        if (before !== undefined && after !== undefined) {
          return yield* badField('query', 'after', 'Give either before or after, not both')
        }
        const unavailable = Effect.mapError(() => new StoreUnavailable({}))
        const thread = yield* store.readThread(params.threadId).pipe(unavailable)
        if (thread === undefined)
          return yield* new NotFound({ detail: `There is no thread ${params.threadId}` })
        const limit = query.limit ?? PAGE
        const found = yield* store
          .listMessages(thread.threadId, { limit: limit + 1, before, after })
          .pipe(unavailable)
        // One more than asked for tells whether there is another page; going up, the extra one is the newest.
        const messages = after === undefined ? found.slice(0, limit) : found.slice(-limit)
        const [newest, oldest] = [messages.at(0), messages.at(-1)]
        const hasOlder = after !== undefined || found.length > limit
        return {
          messages,
          olderCursor: hasOlder && oldest !== undefined ? cursorOf(oldest) : null,
          newerCursor: newest === undefined ? (query.after ?? null) : cursorOf(newest)
        }
      })
    })
  })
)
