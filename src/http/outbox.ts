// The outbox over HTTP: queue, look up, take back.
import { Effect } from 'effect'
import { HttpServerRequest } from 'effect/http'
import { HttpApiBuilder } from 'effect/http-api'
import { decodePlace, encodeCursor } from '../domain/page.ts'
import { Accounts } from '../services/accounts.ts'
import { Outbox } from '../services/outbox/outbox.ts'
import type { Submission } from '../services/outbox/submit.ts'
import { Api } from './api.ts'
import { findAccount, noAccount } from './find-account.ts'
import { badField, KeyReused, NotFound, NotWaiting, StoreUnavailable, WrongState } from './problems.ts'

const PAGE = 50
const LONGEST_KEY = 200

export const outboxLayer = HttpApiBuilder.group(
  Api,
  'outbox',
  Effect.fn(function* (handlers) {
    const accounts = yield* Accounts
    const outbox = yield* Outbox

    const find = (accountId: string) => findAccount(accounts, accountId)

    const noEntry = (entryId: string) => new NotFound({ detail: `The outbox has no entry ${entryId}` })

    const submit = (submission: Submission) =>
      outbox.submit(submission).pipe(
        Effect.catchTags({
          AccountNotFound: () => Effect.fail(noAccount(submission.accountId)),
          AccountNotLinked: ({ accountId }) =>
            Effect.flatMap(
              find(accountId),
              ({ state }) =>
                new WrongState({
                  state,
                  detail: 'The account is not linked to a phone, so nothing can be sent. Start with pair'
                })
            ),
          IdempotencyConflict: () =>
            Effect.fail(
              new KeyReused({
                detail: 'Use a new idempotencyKey for a new message; the earlier one is kept for 24 hours'
              })
            ),
          RequestRefused: ({ field, reason }) => Effect.fail(badField('payload', field, reason)),
          DatabaseError: () => Effect.fail(new StoreUnavailable({}))
        })
      )

    /** From the body or the header `Idempotency-Key`; two that differ are a mistake. */
    const keyOf = Effect.fnUntraced(function* (
      inBody: string | undefined,
      request: HttpServerRequest.HttpServerRequest
    ) {
      const header = HttpServerRequest.HttpServerRequest.of(request).headers['idempotency-key']
      if (header === undefined) return inBody
      if (header === '' || header.length > LONGEST_KEY || (inBody !== undefined && inBody !== header)) {
        return yield* badField(
          'payload',
          'idempotencyKey',
          `Expected one key of 1 to ${LONGEST_KEY} characters, in the body or in the header`
        )
      }
      return header
    })

    return handlers.handleAll({
      send: Effect.fn(function* ({ params: { accountId }, payload, request }) {
        const idempotencyKey = yield* keyOf(payload.idempotencyKey, request)
        const { entryId, messageId, threadId } = yield* submit({
          accountId,
          request: payload,
          idempotencyKey
        })
        return { entryId, messageId, threadId, status: 'queued' as const }
      }),
      list: Effect.fn(function* ({ params: { accountId }, query }) {
        yield* find(accountId)
        const before = query.cursor === undefined ? undefined : decodePlace(query.cursor)
        if (query.cursor !== undefined && before === undefined) {
          return yield* badField('query', 'cursor', 'Expected a nextCursor of an earlier answer')
        }
        const limit = query.limit ?? PAGE
        const found = yield* outbox
          .list({ accountId, status: query.status, limit: limit + 1, before })
          .pipe(Effect.mapError(() => new StoreUnavailable({})))
        const entries = found.slice(0, limit)
        const last = entries.at(-1)
        const nextCursor =
          found.length > limit && last !== undefined
            ? encodeCursor({ time: last.createdAt, id: last.entryId })
            : null
        return { entries, nextCursor }
      }),
      entry: Effect.fn(function* ({ params: { accountId, entryId } }) {
        const entry = yield* outbox
          .read(accountId, entryId)
          .pipe(Effect.mapError(() => new StoreUnavailable({})))
        return entry ?? (yield* noEntry(entryId))
      }),
      cancel: ({ params: { accountId, entryId } }) =>
        outbox.cancel(accountId, entryId).pipe(
          Effect.catchTags({
            NotCancellable: ({ status }) =>
              Effect.fail(
                status === null
                  ? noEntry(entryId)
                  : new NotWaiting({ entryStatus: status, detail: `It is ${status}` })
              ),
            DatabaseError: () => Effect.fail(new StoreUnavailable({}))
          })
        )
    })
  })
)
