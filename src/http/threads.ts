// Threads and messages over HTTP, paged by stable cursors in both directions; reading and typing are told to WhatsApp.
import { Effect } from 'effect'
import { HttpApiBuilder } from 'effect/http-api'
import type { Message } from '../domain/message.ts'
import { type Cursor, decodeCursor, encodeCursor } from '../domain/page.ts'
import { Accounts } from '../services/accounts.ts'
import { Outbox } from '../services/send/outbox.ts'
import { Store } from '../services/store/store.ts'
import { WhatsApp } from '../services/whatsapp/whatsapp.ts'
import { Api } from './api.ts'
import { badField, NotFound, StoreUnavailable, WrongState } from './problems.ts'

const PAGE = 50
/** Read receipts sent at once; with more unread ones, the newest get theirs. */
const MOST_RECEIPTS = 500

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
    const outbox = yield* Outbox
    const whatsapp = yield* WhatsApp
    const accounts = yield* Accounts
    const unavailable = Effect.mapError(() => new StoreUnavailable({}))

    const find = Effect.fnUntraced(function* (threadId: string) {
      const thread = yield* store.readThread(threadId).pipe(unavailable)
      return thread ?? (yield* new NotFound({ detail: `There is no thread ${threadId}` }))
    })

    const notOnline = (accountId: string) =>
      Effect.flatMap(
        accounts.state(accountId).pipe(Effect.mapError(() => new StoreUnavailable({}))),
        ({ state }) =>
          new WrongState({ state, detail: 'Typing can only be shown while the account is online' })
      )

    return handlers.handleAll({
      thread: Effect.fn(function* ({ params }) {
        const thread = yield* find(params.threadId)
        return {
          ...thread,
          pastParticipants: yield* store.pastParticipants(thread.threadId).pipe(unavailable)
        }
      }),
      message: Effect.fn(function* ({ params: { messageId, threadId } }) {
        const message = yield* store.readMessage(threadId, messageId).pipe(unavailable)
        if (message === undefined)
          return yield* new NotFound({ detail: `There is no message ${messageId} there` })
        return { ...message, receipts: yield* store.receipts(threadId, messageId).pipe(unavailable) }
      }),
      read: Effect.fn(function* ({ params }) {
        const { accountId, clientJid, threadId } = yield* find(params.threadId)
        const unread = yield* store.unread(threadId, MOST_RECEIPTS).pipe(unavailable)
        if (unread.length > 0) {
          yield* outbox
            .accept({
              accountId,
              toJid: clientJid,
              content: { kind: 'read', targets: unread },
              fingerprint: ''
            })
            .pipe(unavailable)
        } else {
          yield* store.markRead(accountId, threadId, 'everything').pipe(unavailable)
        }
        return yield* find(threadId)
      }),
      typing: Effect.fn(function* ({ params, payload }) {
        const { accountId, clientJid } = yield* find(params.threadId)
        yield* whatsapp
          .type(accountId, clientJid, payload.state)
          .pipe(Effect.catch(() => notOnline(accountId)))
      }),
      messages: Effect.fn(function* ({ params, query }) {
        const before = yield* parse('before', query.before)
        const after = yield* parse('after', query.after)
        if (before !== undefined && after !== undefined) {
          return yield* badField('query', 'after', 'Give either before or after, not both')
        }
        const thread = yield* find(params.threadId)
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
