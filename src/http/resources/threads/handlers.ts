// Threads over HTTP. Reads come from the store; reading and typing are passed on to WhatsApp.
import { Effect } from 'effect'
import { HttpApiBuilder } from 'effect/http-api'
import { decodePlace } from '../../../domain/page.ts'
import { GroupStore } from '../../../services/conversations/group-store.ts'
import { LabelStore } from '../../../services/conversations/label-store.ts'
import { ThreadStore } from '../../../services/conversations/thread-store.ts'
import { Outbox } from '../../../services/outbox/outbox.ts'
import { WhatsApp } from '../../../services/whatsapp/whatsapp.ts'
import { Api } from '../../api.ts'
import { isYes } from '../../fields.ts'
import { findAccount, findThread } from '../../lookup.ts'
import { decodeCursorField, decodeDirection, encodeDirection } from '../../paging.ts'
import { orDatabaseUnavailable, WrongState } from '../../problems.ts'
import type { ThreadListQuery, TypingState } from './contract.ts'

const PAGE = 50

const list = Effect.fnUntraced(function* (accountId: string, query: ThreadListQuery) {
  const threads = yield* ThreadStore
  yield* findAccount(accountId)
  // `cursor` is another name of `before`: a wrong one is reported under its own name.
  yield* decodeCursorField('cursor', query.cursor, decodePlace)
  const direction = yield* decodeDirection({ ...query, before: query.cursor ?? query.before }, decodePlace)
  const page = yield* orDatabaseUnavailable(
    threads.list(accountId, {
      ...direction,
      limit: query.limit ?? PAGE,
      kind: query.kind,
      text: query.q,
      archived: isYes(query.archived),
      deleted: isYes(query.deleted),
      label: query.label,
      unread: isYes(query.unread)
    })
  )
  const cursors = encodeDirection(page)
  return { threads: page.threads, ...cursors, nextCursor: cursors.olderCursor }
})

const labels = Effect.fnUntraced(function* (accountId: string) {
  yield* findAccount(accountId)
  const store = yield* LabelStore
  return { labels: yield* orDatabaseUnavailable(store.list(accountId)) }
})

const get = Effect.fnUntraced(function* (threadId: string) {
  const groups = yield* GroupStore
  const thread = yield* findThread(threadId)
  const pastParticipants = yield* orDatabaseUnavailable(groups.pastParticipants(thread.threadId))
  return { ...thread, pastParticipants }
})

const markRead = Effect.fnUntraced(function* (requested: string) {
  const outbox = yield* Outbox
  yield* orDatabaseUnavailable(outbox.markRead(yield* findThread(requested)))
  return yield* findThread(requested)
})

const notOnline = (accountId: string) =>
  Effect.flatMap(
    findAccount(accountId),
    ({ state }) => new WrongState({ state, detail: 'Typing can only be shown while the account is online' })
  )

const showTyping = Effect.fnUntraced(function* (threadId: string, state: TypingState) {
  const whatsapp = yield* WhatsApp
  const { accountId, clientJid } = yield* findThread(threadId)
  yield* whatsapp.type(accountId, clientJid, state).pipe(Effect.catch(() => notOnline(accountId)))
})

export const threadsLayer = HttpApiBuilder.group(Api, 'threads', handlers =>
  handlers.handleAll({
    list: ({ params, query }) => list(params.accountId, query),
    labels: ({ params }) => labels(params.accountId),
    thread: ({ params }) => get(params.threadId),
    read: ({ params }) => markRead(params.threadId),
    typing: ({ params, payload }) => showTyping(params.threadId, payload.state)
  })
)
