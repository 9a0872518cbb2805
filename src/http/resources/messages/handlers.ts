// Messages over HTTP: pages of a thread, one message, sending.
import { Clock, Effect } from 'effect'
import { HttpApiBuilder } from 'effect/http-api'
import { decodeMessagePlace } from '../../../domain/page.ts'
import type { Accounts } from '../../../services/accounts.ts'
import { MessageStore } from '../../../services/conversations/message-store.ts'
import { ReceiptStore } from '../../../services/conversations/receipt-store.ts'
import type { ThreadStore } from '../../../services/conversations/thread-store.ts'
import type { Outbox } from '../../../services/outbox/outbox.ts'
import type { Stopping } from '../../../services/process/stopping.ts'
import { Api } from '../../api.ts'
import { findThread } from '../../lookup.ts'
import { messageFilter } from '../../message-filter.ts'
import { decodeDirection, encodeDirection } from '../../paging.ts'
import { NotFound, orDatabaseUnavailable } from '../../problems.ts'
import type { MessageListQuery } from './contract.ts'
import { send } from './send.ts'

const PAGE = 50

const list = Effect.fnUntraced(function* (requested: string, query: MessageListQuery) {
  const messages = yield* MessageStore
  const direction = yield* decodeDirection(query, decodeMessagePlace)
  const filter = yield* messageFilter(query)
  const { threadId } = yield* findThread(requested)
  const page = yield* orDatabaseUnavailable(
    messages.list(threadId, { ...filter, ...direction, limit: query.limit ?? PAGE })
  )
  return { messages: page.messages, ...encodeDirection(page) }
})

const get = Effect.fnUntraced(function* (threadId: string, messageId: string) {
  const messages = yield* MessageStore
  const receipts = yield* ReceiptStore
  const message = yield* orDatabaseUnavailable(messages.read(threadId, messageId))
  if (message === undefined) {
    return yield* new NotFound({ detail: `There is no message ${messageId} in this thread` })
  }
  return { ...message, receipts: yield* orDatabaseUnavailable(receipts.list(threadId, messageId)) }
})

const pins = Effect.fnUntraced(function* (requested: string) {
  const messages = yield* MessageStore
  const { threadId } = yield* findThread(requested)
  return { pins: yield* orDatabaseUnavailable(messages.pins(threadId, yield* Clock.currentTimeMillis)) }
})

export const messagesLayer = HttpApiBuilder.group(
  Api,
  'messages',
  Effect.fn(function* (handlers) {
    const services = yield* Effect.context<
      Accounts | MessageStore | Outbox | ReceiptStore | Stopping | ThreadStore
    >()
    const provide = Effect.provideContext(services)
    return handlers.handleAll({
      send: ({ headers, params, payload, query }) =>
        provide(send(params.accountId, { headers, payload, query })),
      list: ({ params, query }) => provide(list(params.threadId, query)),
      pins: ({ params }) => provide(pins(params.threadId)),
      get: ({ params }) => provide(get(params.threadId, params.messageId))
    })
  })
)
