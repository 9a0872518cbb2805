// What can go wrong with a request, as RFC 9457 problems: each says what is wrong and what to do about it. `code` is the last
// part of `type`, for programs; a code keeps its meaning.
import { Effect, Schema } from 'effect'
import { HttpServerResponse } from 'effect/http'
import { HttpApiError } from 'effect/http-api'
import { OutboxEntry } from '../domain/outbox.ts'
import type { DatabaseError } from '../services/database/error.ts'
import { knownTroubleOf, troubleOf } from '../services/incidents/storage-trouble.ts'

export const PROBLEM_JSON = 'application/problem+json'

const type = <const Code extends string>(code: Code) => `urn:backscroll:problem:${code}` as const

export class Unauthorized extends HttpApiError.Problem<Unauthorized>()(
  'Unauthorized',
  { type: type('unauthorized'), status: 401, title: 'Authentication is required' },
  { code: Schema.tag('unauthorized') }
) {}

/** The caller is known but lacks the access that this requires. */
export class Forbidden extends HttpApiError.Problem<Forbidden>()(
  'Forbidden',
  { type: type('forbidden'), status: 403, title: 'Access denied' },
  { code: Schema.tag('forbidden') }
) {}

export class NotFound extends HttpApiError.Problem<NotFound>()(
  'NotFound',
  { type: type('not-found'), status: 404, title: 'Not found' },
  { code: Schema.tag('not-found') }
) {}

/** The account cannot do this in its current state. */
export class WrongState extends HttpApiError.Problem<WrongState>()(
  'WrongState',
  { type: type('wrong-state'), status: 409, title: 'Not possible in the current state of the account' },
  { code: Schema.tag('wrong-state'), state: Schema.String }
) {}

/** WhatsApp did not link the account in this way; the detail says what to do. */
export class PairingRefused extends HttpApiError.Problem<PairingRefused>()(
  'PairingRefused',
  { type: type('pairing-refused'), status: 409, title: 'WhatsApp did not link the account' },
  { code: Schema.tag('pairing-refused'), kind: Schema.String }
) {}

/** The outbox entry is being sent or has ended. */
export class NotWaiting extends HttpApiError.Problem<NotWaiting>()(
  'NotWaiting',
  { type: type('not-waiting'), status: 409, title: 'The outbox entry is no longer queued' },
  { code: Schema.tag('not-waiting'), entryStatus: Schema.String }
) {}

/** A client waited for the outcome, and the message was not sent and will not be; `entry` says why. */
export class NotSent extends HttpApiError.Problem<NotSent>()(
  'NotSent',
  { type: type('not-sent'), status: 422, title: 'The message was not sent' },
  { code: Schema.tag('not-sent'), entry: OutboxEntry }
) {}

export class KeyReused extends HttpApiError.Problem<KeyReused>()(
  'KeyReused',
  {
    type: type('idempotency-key-reused'),
    status: 409,
    title: 'This idempotency key was used for another message'
  },
  { code: Schema.tag('idempotency-key-reused') }
) {}

/** This server keeps no more keys. */
export class TooManyKeys extends HttpApiError.Problem<TooManyKeys>()(
  'TooManyKeys',
  { type: type('too-many-keys'), status: 409, title: 'There are too many keys' },
  { code: Schema.tag('too-many-keys') }
) {}

/** What is wrong with one part of a request. */
const FieldError = Schema.Struct({
  path: Schema.Array(Schema.Union([Schema.String, Schema.Finite])).annotate({
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
  { type: type('bad-field'), status: 400, title: 'Bad Request' },
  { code: Schema.tag('bad-field'), errors: Schema.Array(FieldError) }
) {}

export class StoreUnavailable extends HttpApiError.Problem<StoreUnavailable>()(
  'StoreUnavailable',
  { type: type('store-unavailable'), status: 503, title: 'The database is unavailable' },
  { code: Schema.tag('store-unavailable') }
) {}

/** WhatsApp was asked and did not answer. */
export class WhatsAppSilent extends HttpApiError.Problem<WhatsAppSilent>()(
  'WhatsAppSilent',
  { type: type('whatsapp-silent'), status: 503, title: 'WhatsApp does not answer; try again later' },
  { code: Schema.tag('whatsapp-silent') }
) {}

/** The settings of this server exclude the file. */
export class MediaNotTaken extends HttpApiError.Problem<MediaNotTaken>()(
  'MediaNotTaken',
  { type: type('media-not-taken'), status: 422, title: 'This server does not download the file' },
  { code: Schema.tag('media-not-taken') }
) {}

export class MediaGoneForGood extends HttpApiError.Problem<MediaGoneForGood>()(
  'MediaGoneForGood',
  { type: type('media-gone'), status: 410, title: 'The file no longer exists' },
  { code: Schema.tag('media-gone') }
) {}

/** The file was requested; the request is stored and continues in the background. */
export class MediaOnItsWay extends HttpApiError.Problem<MediaOnItsWay>()(
  'MediaOnItsWay',
  { type: type('media-on-its-way'), status: 503, title: 'The file is not available yet; try again later' },
  { code: Schema.tag('media-on-its-way') }
) {}

export class MediaBroken extends HttpApiError.Problem<MediaBroken>()(
  'MediaBroken',
  { type: type('media-unavailable'), status: 502, title: 'The file could not be fetched from WhatsApp' },
  { code: Schema.tag('media-unavailable') }
) {}

export class InspectorIsOff extends HttpApiError.Problem<InspectorIsOff>()(
  'InspectorIsOff',
  { type: type('inspector-off'), status: 409, title: 'The inspector is switched off' },
  { code: Schema.tag('inspector-off') }
) {}

/** A session of another server that cannot be taken over; `reason` says why, `missing` names what it lacks. */
export class SessionUnusable extends HttpApiError.Problem<SessionUnusable>()(
  'SessionUnusable',
  { type: type('session-unusable'), status: 422, title: 'This session cannot be taken over' },
  { code: Schema.tag('session-unusable'), reason: Schema.String, missing: Schema.Array(Schema.String) }
) {}

/** A session that is in use, here or elsewhere; `accountId` is the account of this server, where there is one. */
export class SessionInUse extends HttpApiError.Problem<SessionInUse>()(
  'SessionInUse',
  { type: type('session-in-use'), status: 409, title: 'This session is used already' },
  { code: Schema.tag('session-in-use'), reason: Schema.String, accountId: Schema.NullOr(Schema.String) }
) {}

/** A fault of this server: the cause is logged under the trace id of the response. */
export class InternalFault extends HttpApiError.Problem<InternalFault>()(
  'InternalFault',
  { type: type('internal'), status: 500, title: 'Internal error; the log of the server has the details' },
  { code: Schema.tag('internal') }
) {}

interface PlainProblem {
  readonly code: string
  readonly status: number
  readonly title: string
  readonly detail: string
}

/** The body of a problem that no route of the contract has. */
export const problemBody = (problem: PlainProblem) => ({ type: type(problem.code), ...problem })

/** The same as a response. */
export const plainProblem = (
  problem: PlainProblem,
  headers: Readonly<Record<string, string>> = {}
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.jsonUnsafe(problemBody(problem), {
    status: problem.status,
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
  knownTroubleOf(error) === undefined
    ? undefined
    : plainProblem({
        code: 'store-unavailable',
        status: 503,
        title: 'The database is unavailable',
        detail: storageDetail(error)
      })

/** The same, for work that can fail in no other way. */
export const orDatabaseUnavailable = <A, R>(
  work: Effect.Effect<A, DatabaseError, R>
): Effect.Effect<A, StoreUnavailable, R> => Effect.catchTags(work, databaseFailed)
