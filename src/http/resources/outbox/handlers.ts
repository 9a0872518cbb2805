// The outbox over HTTP: list, look up, cancel.
import { Effect } from 'effect'
import { HttpApiBuilder } from 'effect/http-api'
import { decodePlace } from '../../../domain/page.ts'
import { Outbox } from '../../../services/outbox/outbox.ts'
import { Api } from '../../api.ts'
import { findAccount } from '../../lookup.ts'
import { decodeCursorField, pageOf } from '../../paging.ts'
import { NotFound, NotWaiting, orDatabaseUnavailable, databaseFailed } from '../../problems.ts'
import type { OutboxListQuery } from './contract.ts'

const PAGE = 50

const noEntry = (entryId: string) => new NotFound({ detail: `There is no outbox entry ${entryId}` })

const list = Effect.fnUntraced(function* (accountId: string, query: OutboxListQuery) {
  const outbox = yield* Outbox
  yield* findAccount(accountId)
  const before = yield* decodeCursorField('cursor', query.cursor, decodePlace)
  const limit = query.limit ?? PAGE
  const found = yield* orDatabaseUnavailable(
    outbox.list({ accountId, status: query.status, limit: limit + 1, before })
  )
  const page = pageOf(found, limit, last => ({ time: last.createdAt, id: last.entryId }))
  return { entries: page.items, nextCursor: page.nextCursor }
})

const get = Effect.fnUntraced(function* (accountId: string, entryId: string) {
  const outbox = yield* Outbox
  const entry = yield* orDatabaseUnavailable(outbox.read(accountId, entryId))
  return entry ?? (yield* noEntry(entryId))
})

const cancel = (accountId: string, entryId: string) =>
  Outbox.use(outbox => outbox.cancel(accountId, entryId)).pipe(
    Effect.catchTags({
      ...databaseFailed,
      NotCancellable: ({ status }) =>
        Effect.fail(
          status === null
            ? noEntry(entryId)
            : new NotWaiting({ entryStatus: status, detail: `The entry is ${status}` })
        )
    })
  )

export const outboxLayer = HttpApiBuilder.group(Api, 'outbox', handlers =>
  handlers.handleAll({
    list: ({ params, query }) => list(params.accountId, query),
    entry: ({ params }) => get(params.accountId, params.entryId),
    cancel: ({ params }) => cancel(params.accountId, params.entryId)
  })
)
