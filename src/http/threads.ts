// Threads and messages over HTTP, paged by stable cursors in both directions; reading and typing are told to WhatsApp.
import { Effect } from 'effect'
import { HttpApiBuilder } from 'effect/http-api'
import { decodeMessagePlace, encodeCursor } from '../domain/page.ts'
import { Accounts } from '../services/accounts.ts'
import { Outbox } from '../services/outbox/outbox.ts'
import { Store } from '../services/conversations/store.ts'
import { WhatsApp } from '../services/whatsapp/whatsapp.ts'
import { Api } from './api.ts'
import { cursorIn, messageFilter } from './fields.ts'
import { badField, NotFound, StoreUnavailable, WrongState } from './problems.ts'

const PAGE = 50

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
        const thread = yield* find(params.threadId)
        yield* outbox.markRead(thread).pipe(unavailable)
        return yield* find(thread.threadId)
      }),
      typing: Effect.fn(function* ({ params, payload }) {
        const { accountId, clientJid } = yield* find(params.threadId)
        yield* whatsapp
          .type(accountId, clientJid, payload.state)
          .pipe(Effect.catch(() => notOnline(accountId)))
      }),
      messages: Effect.fn(function* ({ params, query }) {
        const before = yield* cursorIn('before', query.before, decodeMessagePlace)
        const after = yield* cursorIn('after', query.after, decodeMessagePlace)
        if (before !== undefined && after !== undefined) {
          return yield* badField('query', 'after', 'Give either before or after, not both')
        }
        const filter = yield* messageFilter(query)
        const { threadId } = yield* find(params.threadId)
        const { messages, newer, older } = yield* store
          .listMessages(threadId, { ...filter, limit: query.limit ?? PAGE, before, after })
          .pipe(unavailable)
        return {
          messages,
          olderCursor: older && encodeCursor(older),
          newerCursor: newer && encodeCursor(newer)
        }
      })
    })
  })
)
