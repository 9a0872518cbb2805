// Sending over HTTP: the request is submitted to the outbox, whose refusals become problems.
import { Effect } from 'effect'
import { HttpServerResponse } from 'effect/http'
import type { Accepted } from '../../../services/outbox/accept.ts'
import { Outbox } from '../../../services/outbox/outbox.ts'
import type { SendRequest, UploadRequest } from '../../../services/outbox/request.ts'
import { auditMade } from '../../auth/auditing.ts'
import { isYes } from '../../fields.ts'
import { accountFailures, findAccount } from '../../lookup.ts'
import { badField, KeyReused, WrongState } from '../../problems.ts'
import { type AcceptedMessage, IDEMPOTENCY_KEY, type SendHeaders } from './contract.ts'
import type { SendForm } from './send-form.ts'
import { checkWait, outcomeWithin, type WaitQuery } from './waiting.ts'

/** The idempotency key, from the body or from the header. Two that differ are an error. */
const keyOf = Effect.fnUntraced(function* (
  inBody: string | undefined,
  { [IDEMPOTENCY_KEY]: inHeader }: SendHeaders
) {
  if (inBody !== undefined && inHeader !== undefined && inBody !== inHeader)
    return yield* badField('payload', 'idempotencyKey', 'Expected one key, in the body or in the header')
  return inHeader ?? inBody
})

const notLinked = (accountId: string) =>
  Effect.flatMap(
    findAccount(accountId),
    ({ state }) =>
      new WrongState({
        state,
        detail: 'The account is not linked to a phone, so nothing can be sent. Start with pair'
      })
  )

const addressesIn = (mentions: string | ReadonlyArray<string>): ReadonlyArray<string> =>
  [mentions]
    .flat()
    .flatMap(text => text.split(','))
    .map(address => address.trim())
    .filter(address => address !== '')

/** What was submitted as JSON or as a form, as the outbox takes it. */
const requestOf = (payload: SendRequest | SendForm): SendRequest | UploadRequest => {
  if (!('file' in payload)) return payload
  const { mentions, viewOnce, ...form } = payload
  return {
    ...form,
    ...(mentions === undefined ? {} : { mentions: addressesIn(mentions) }),
    ...(isYes(viewOnce) === true ? { viewOnce: true } : {})
  }
}

interface Sending {
  readonly payload: SendRequest | SendForm
  readonly query: WaitQuery
  readonly headers: SendHeaders
}

export const send = Effect.fnUntraced(function* (accountId: string, { headers, payload, query }: Sending) {
  const outbox = yield* Outbox
  yield* checkWait(query)
  const idempotencyKey = yield* keyOf(payload.idempotencyKey, headers)
  const submission = { accountId, request: requestOf(payload), idempotencyKey }
  const accepted = yield* outbox.submit(submission).pipe(
    Effect.catchTags({
      ...accountFailures(accountId),
      AccountNotLinked: () => notLinked(accountId),
      IdempotencyConflict: () =>
        Effect.fail(
          new KeyReused({ detail: 'Use a new idempotencyKey for a new message; a key is kept for 24 hours' })
        ),
      RequestRefused: ({ field, reason }) => Effect.fail(badField('payload', field, reason))
    })
  )
  yield* auditMade('entryId', accepted.entryId)
  if (query.wait !== undefined) return yield* outcomeWithin(accountId, accepted, query.wait, query.timeout)
  return acceptedAnswer(accepted)
})

/** What the contract would encode: to try its schemas in turn costs as much as the rest of the answer. */
export const acceptedAnswer = ({
  entryId,
  messageId,
  parts,
  threadId
}: Accepted): HttpServerResponse.HttpServerResponse => {
  const queued: typeof AcceptedMessage.Type = { entryId, messageId, threadId, status: 'queued' }
  return HttpServerResponse.jsonUnsafe(parts.length === 0 ? queued : { ...queued, parts }, { status: 202 })
}
