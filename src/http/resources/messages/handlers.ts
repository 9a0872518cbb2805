// Messages over HTTP: pages of a thread, one message, sending.
import { Clock, Effect } from 'effect'
import { HttpApiBuilder } from 'effect/http-api'
import { decodeMessagePlace } from '../../../domain/page.ts'
import { MessageStore } from '../../../services/conversations/message-store.ts'
import { ReceiptStore } from '../../../services/conversations/receipt-store.ts'
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

export const messagesLayer = HttpApiBuilder.group(Api, 'messages', handlers =>
  handlers.handleAll({
    send: ({ headers, params, payload, query }) => send(params.accountId, { headers, payload, query }),
    list: ({ params, query }) => list(params.threadId, query),
    pins: ({ params }) => pins(params.threadId),
    get: ({ params }) => get(params.threadId, params.messageId)
  })
)
