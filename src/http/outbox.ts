// The outbox over HTTP: queue, look up, take back.
import { Effect } from 'effect'
import { HttpServerRequest } from 'effect/http'
import { HttpApiBuilder } from 'effect/http-api'
import { decodePlace, encodeCursor } from '../domain/page.ts'
import { Accounts } from '../services/accounts.ts'
import { makeComposer, type RequestRefused } from '../services/outbox/composer.ts'
import { type IdempotencyConflict, Outbox } from '../services/outbox/outbox.ts'
import type { DatabaseError } from '../services/database/error.ts'
import { Api } from './api.ts'
import { findAccount } from './find-account.ts'
import { badField, KeyReused, NotFound, NotWaiting, StoreUnavailable, WrongState } from './problems.ts'

const PAGE = 50
const LONGEST_KEY = 200

export const outboxLayer = HttpApiBuilder.group(
  Api,
  'outbox',
  Effect.fn(function* (handlers) {
    const accounts = yield* Accounts
    const outbox = yield* Outbox
    const composer = yield* makeComposer

    const find = (accountId: string) => findAccount(accounts, accountId)

    const noEntry = (entryId: string) => new NotFound({ detail: `The outbox has no entry ${entryId}` })

    const answered = <A>(work: Effect.Effect<A, IdempotencyConflict | RequestRefused | DatabaseError>) =>
      Effect.catchTags(work, {
        IdempotencyConflict: () =>
          Effect.fail(
            new KeyReused({
              detail: 'Use a new idempotencyKey for a new message; the earlier one is kept for 24 hours'
            })
          ),
        RequestRefused: ({ field, reason }) => Effect.fail(badField('payload', field, reason)),
        DatabaseError: () => Effect.fail(new StoreUnavailable({}))
      })

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
        const { record, state } = yield* find(accountId)
        const idempotencyKey = yield* keyOf(payload.idempotencyKey, request)
        const queued = { status: 'queued' as const }
        // Before anything is fetched or judged: what was accepted once is accepted, whatever has changed since.
        const { attachment, fingerprint } = yield* answered(composer.identify(payload))
        const known = yield* answered(outbox.accepted({ accountId, idempotencyKey, fingerprint }))
        if (known !== undefined) return { ...known, ...queued }
        const mustBeLinked =
          record.jid === null || state === 'loggedOut'
            ? Effect.fail(
                new WrongState({
                  state,
                  detail: 'The account is not linked to a phone, so nothing can be sent. Start with pair'
                })
              )
            : Effect.void
        // Bad input is told first, but no file is taken for an account that cannot send.
        if ('media' in payload && payload.media !== undefined) yield* mustBeLinked
        const composed = yield* answered(composer.compose(accountId, payload, attachment))
        yield* mustBeLinked
        const accepted = yield* answered(outbox.accept({ ...composed, idempotencyKey, fingerprint }))
        return { ...accepted, ...queued }
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
