// Sending over HTTP: the request is checked, composed and put in the outbox.
import { Effect } from 'effect'
import type { HttpServerRequest } from 'effect/http'
import type { AccountView } from '../../../services/accounts.ts'
import type { DatabaseError } from '../../../services/database/error.ts'
import type { makeComposer, RequestRefused } from '../../../services/outbox/composer.ts'
import { type IdempotencyConflict, Outbox } from '../../../services/outbox/outbox.ts'
import type { SendRequest } from '../../../services/outbox/request.ts'
import { findAccount } from '../../lookup.ts'
import { badField, KeyReused, storeFailed, WrongState } from '../../problems.ts'
import type { SendForm } from './send-form.ts'

const LONGEST_KEY = 200

/** The idempotency key, from the body or from the header `Idempotency-Key`. Two that differ are an error. */
const keyOf = Effect.fnUntraced(function* (
  inBody: string | undefined,
  { headers }: HttpServerRequest.HttpServerRequest
) {
  const header = headers['idempotency-key']
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

/** Failures of the outbox as problems. */
const withProblems = <A, R>(
  work: Effect.Effect<A, IdempotencyConflict | RequestRefused | DatabaseError, R>
) =>
  Effect.catchTags(work, {
    ...storeFailed,
    IdempotencyConflict: () =>
      Effect.fail(
        new KeyReused({ detail: 'Use a new idempotencyKey for a new message; a key is kept for 24 hours' })
      ),
    RequestRefused: ({ field, reason }) => Effect.fail(badField('payload', field, reason))
  })

const checkLinked = ({ record, state }: AccountView): Effect.Effect<void, WrongState> =>
  record.jid === null || state === 'loggedOut'
    ? Effect.fail(
        new WrongState({
          state,
          detail: 'The account is not linked to a phone, so nothing can be sent. Start with pair'
        })
      )
    : Effect.void

export const send = Effect.fnUntraced(function* (
  composer: Effect.Success<typeof makeComposer>,
  accountId: string,
  payload: SendRequest | SendForm,
  request: HttpServerRequest.HttpServerRequest
) {
  const outbox = yield* Outbox
  const account = yield* findAccount(accountId)
  const idempotencyKey = yield* keyOf(payload.idempotencyKey, request)
  const queued = { status: 'queued' as const }
  // Before anything is downloaded or checked: a repeated request gets its first response, whatever has changed since.
  const { attachment, fingerprint } = yield* withProblems(composer.identify(payload))
  const earlier = yield* withProblems(outbox.accepted({ accountId, idempotencyKey, fingerprint }))
  if (earlier !== undefined) return { ...earlier, ...queued }
  // Invalid input is reported first, but no file is downloaded for an account that cannot send.
  if ('media' in payload && payload.media !== undefined) yield* checkLinked(account)
  const composed = yield* withProblems(composer.compose(accountId, payload, attachment))
  yield* checkLinked(account)
  const accepted = yield* withProblems(outbox.accept({ ...composed, idempotencyKey, fingerprint }))
  return { ...accepted, ...queued }
})
