// What can go wrong with a request, as RFC 9457 problems: each says what is wrong and what to do about it. `code` is the last
// part of `type`, for programs.
import { Effect, Schema } from 'effect'
import { HttpServerResponse } from 'effect/http'
import { HttpApiError } from 'effect/http-api'
import { OutboxEntry } from '../domain/outbox.ts'
import { Whole } from '../domain/whole.ts'
import type { DatabaseError } from '../services/database/error.ts'
import { knownTroubleOf, troubleOf } from '../services/incidents/storage-trouble.ts'
import { type ProblemCode, PROBLEMS, problemType } from './problem-codes.ts'

export const PROBLEM_JSON = 'application/problem+json'

/** What a problem is and has by its code, with the fields that it has of its own. */
const withCode = <const Code extends ProblemCode, const Fields extends Schema.Struct.Fields>(
  code: Code,
  fields: Fields
) =>
  [
    { type: problemType(code), ...PROBLEMS[code] },
    { code: Schema.tag(code), ...fields }
  ] as const

export class Unauthorized extends HttpApiError.Problem<Unauthorized>()(
  'Unauthorized',
  ...withCode('unauthorized', {})
) {}

/** The caller is known but lacks the access that this requires. */
export class Forbidden extends HttpApiError.Problem<Forbidden>()('Forbidden', ...withCode('forbidden', {})) {}

export class NotFound extends HttpApiError.Problem<NotFound>()('NotFound', ...withCode('not-found', {})) {}

/** An account has nothing of the person who was asked for: everything was looked through. */
export class PersonUnknown extends HttpApiError.Problem<PersonUnknown>()(
  'PersonUnknown',
  ...withCode('person-unknown', {})
) {}

/** The account cannot do this in its current state. */
export class WrongState extends HttpApiError.Problem<WrongState>()(
  'WrongState',
  ...withCode('wrong-state', {
    state: Schema.String
  })
) {}

/** WhatsApp did not link the account in this way; the detail says what to do. */
export class PairingRefused extends HttpApiError.Problem<PairingRefused>()(
  'PairingRefused',
  ...withCode('pairing-refused', {
    kind: Schema.String
  })
) {}

/** The outbox entry is being sent or has ended. */
export class NotWaiting extends HttpApiError.Problem<NotWaiting>()(
  'NotWaiting',
  ...withCode('not-waiting', {
    entryStatus: Schema.String
  })
) {}

/** A client waited for the outcome, and the message was not sent and will not be; `entry` says why. */
export class NotSent extends HttpApiError.Problem<NotSent>()(
  'NotSent',
  ...withCode('not-sent', { entry: OutboxEntry })
) {}

export class KeyReused extends HttpApiError.Problem<KeyReused>()(
  'KeyReused',
  ...withCode('idempotency-key-reused', {})
) {}

/** A key has made the requests that it may make in a minute; the header Retry-After says when it may make more. */
export class RateLimited extends HttpApiError.Problem<RateLimited>()(
  'RateLimited',
  ...withCode('rate-limited', {})
) {}

/** This server keeps no more keys. */
export class TooManyKeys extends HttpApiError.Problem<TooManyKeys>()(
  'TooManyKeys',
  ...withCode('too-many-keys', {})
) {}

/** What is wrong with one part of a request. */
const FieldError = Schema.Struct({
  path: Schema.Array(Schema.Union([Schema.String, Whole])).annotate({
    description:
      'Where: the part of the request (`params`, `query`, `payload` or `headers`), then the names of fields, and places in lists, counted from 0: ["payload", "album", 1, "url"]',
    examples: [['payload', 'album', 1, 'url']]
  }),
  message: Schema.String
}).annotate({ identifier: 'FieldError' })
export type FieldError = typeof FieldError.Type

/** The request is not as the contract says. `errors` has each wrong field, `detail` the first few. */
export class BadField extends HttpApiError.Problem<BadField>()(
  'BadField',
  ...withCode('bad-field', {
    errors: Schema.Array(FieldError)
  })
) {}

export class StoreUnavailable extends HttpApiError.Problem<StoreUnavailable>()(
  'StoreUnavailable',
  ...withCode('store-unavailable', {})
) {}

export class TooManyWebhooks extends HttpApiError.Problem<TooManyWebhooks>()(
  'TooManyWebhooks',
  ...withCode('too-many-webhooks', {})
) {}

/** WhatsApp was asked and did not answer. */
export class WhatsAppSilent extends HttpApiError.Problem<WhatsAppSilent>()(
  'WhatsAppSilent',
  ...withCode('whatsapp-silent', {})
) {}

/** The settings of this server exclude the file. */
export class MediaNotTaken extends HttpApiError.Problem<MediaNotTaken>()(
  'MediaNotTaken',
  ...withCode('media-not-taken', {})
) {}

export class MediaGoneForGood extends HttpApiError.Problem<MediaGoneForGood>()(
  'MediaGoneForGood',
  ...withCode('media-gone', {})
) {}

/** The file was requested; the request is stored and continues in the background. */
export class MediaOnItsWay extends HttpApiError.Problem<MediaOnItsWay>()(
  'MediaOnItsWay',
  ...withCode('media-on-its-way', {})
) {}

export class MediaBroken extends HttpApiError.Problem<MediaBroken>()(
  'MediaBroken',
  ...withCode('media-unavailable', {})
) {}

export class InspectorIsOff extends HttpApiError.Problem<InspectorIsOff>()(
  'InspectorIsOff',
  ...withCode('inspector-off', {})
) {}

/** A session of another server that cannot be taken over; `reason` says why, `missing` names what it lacks. */
export class SessionUnusable extends HttpApiError.Problem<SessionUnusable>()(
  'SessionUnusable',
  ...withCode('session-unusable', {
    reason: Schema.String,
    missing: Schema.Array(Schema.String)
  })
) {}

/** A session that is in use, here or elsewhere; `accountId` is the account of this server, where there is one. */
export class SessionInUse extends HttpApiError.Problem<SessionInUse>()(
  'SessionInUse',
  ...withCode('session-in-use', {
    reason: Schema.String,
    accountId: Schema.NullOr(Schema.String)
  })
) {}

/** A fault of this server: the cause is logged under the trace id of the response. */
export class InternalFault extends HttpApiError.Problem<InternalFault>()(
  'InternalFault',
  ...withCode('internal', {})
) {}

/** The body of a problem that no route of the contract has. */
export const problemBody = (code: ProblemCode, detail: string) => ({
  type: problemType(code),
  ...PROBLEMS[code],
  code,
  detail
})

/** The same as a response. */
export const plainProblem = (
  code: ProblemCode,
  detail: string,
  headers: Readonly<Record<string, string>> = {}
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.jsonUnsafe(problemBody(code, detail), {
    status: PROBLEMS[code].status,
    contentType: PROBLEM_JSON,
    headers
  })

/** `album.1.url` as the names and places that lead to it. */
const segmentsOf = (field: string): ReadonlyArray<string | number> =>
  field.split('.').map(part => (/^\d+$/.test(part) ? Number(part) : part))

/** `field` is a name, or names and places in lists, joined by dots. */
export const badField = (slot: 'params' | 'query' | 'payload', field: string, message: string): BadField =>
  new BadField({ detail: `${field}: ${message}`, errors: [{ path: [slot, ...segmentsOf(field)], message }] })

/** What is wrong with the storage and what helps, without what was tried. */
const storageDetail = (error: unknown): string => {
  const { advice, reason } = troubleOf(error)
  return `${reason.charAt(0).toUpperCase()}${reason.slice(1)}. ${advice}, then try again; GET /v1/incidents tells more`
}

/** A failed database as a problem, for `Effect.catchTags`. Only the kind of trouble is part of the response. */
export const databaseFailed = {
  DatabaseError: (error: DatabaseError) => Effect.fail(new StoreUnavailable({ detail: storageDetail(error) }))
}

/** An error from outside the contract that is about the disk, such as an upload for which there is no space. */
export const storageProblem = (error: unknown): HttpServerResponse.HttpServerResponse | undefined =>
  knownTroubleOf(error) === undefined ? undefined : plainProblem('store-unavailable', storageDetail(error))

/** The same, for work that can fail in no other way. */
export const orDatabaseUnavailable = <A, R>(
  work: Effect.Effect<A, DatabaseError, R>
): Effect.Effect<A, StoreUnavailable, R> => Effect.catchTags(work, databaseFailed)
