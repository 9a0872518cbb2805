// What can go wrong with a request, as RFC 9457 problems: each says what is wrong and what to do about it.
import { Effect, Schema } from 'effect'
import { HttpServerResponse } from 'effect/http'
import { HttpApiError } from 'effect/http-api'
import type { DatabaseError } from '../services/database/error.ts'
import { knownTroubleOf, troubleOf } from '../services/incidents/storage-trouble.ts'

const type = (name: string) => `urn:backscroll:problem:${name}`

export class Unauthorized extends HttpApiError.Problem<Unauthorized>()('Unauthorized', {
  type: type('unauthorized'),
  status: 401,
  title: 'Authentication is required'
}) {}

/** The caller is known but lacks the access that this requires. */
export class Forbidden extends HttpApiError.Problem<Forbidden>()('Forbidden', {
  type: type('forbidden'),
  status: 403,
  title: 'Access denied'
}) {}

export class NotFound extends HttpApiError.Problem<NotFound>()('NotFound', {
  type: type('not-found'),
  status: 404,
  title: 'Not found'
}) {}

/** The account cannot do this in its current state. */
export class WrongState extends HttpApiError.Problem<WrongState>()(
  'WrongState',
  { type: type('wrong-state'), status: 409, title: 'Not possible in the current state of the account' },
  { state: Schema.String }
) {}

/** WhatsApp did not link the account in this way; the detail says what to do. */
export class PairingRefused extends HttpApiError.Problem<PairingRefused>()(
  'PairingRefused',
  { type: type('pairing-refused'), status: 409, title: 'WhatsApp did not link the account' },
  { kind: Schema.String }
) {}

/** The outbox entry is being sent or has ended. */
export class NotWaiting extends HttpApiError.Problem<NotWaiting>()(
  'NotWaiting',
  { type: type('not-waiting'), status: 409, title: 'The outbox entry is no longer queued' },
  { entryStatus: Schema.String }
) {}

export class KeyReused extends HttpApiError.Problem<KeyReused>()('KeyReused', {
  type: type('idempotency-key-reused'),
  status: 409,
  title: 'This idempotency key was used for another message'
}) {}

/** A field is wrong in a way that its schema does not express. Same shape as a schema error. */
export class BadField extends HttpApiError.Problem<BadField>()(
  'BadField',
  { type: type('bad-field'), status: 400, title: 'Bad Request' },
  { errors: Schema.Array(HttpApiError.ProblemIssue) }
) {}

export class StoreUnavailable extends HttpApiError.Problem<StoreUnavailable>()('StoreUnavailable', {
  type: type('store-unavailable'),
  status: 503,
  title: 'The database is unavailable'
}) {}

/** WhatsApp was asked and did not answer. */
export class WhatsAppSilent extends HttpApiError.Problem<WhatsAppSilent>()('WhatsAppSilent', {
  type: type('whatsapp-silent'),
  status: 503,
  title: 'WhatsApp does not answer; try again later'
}) {}

/** The settings of this server exclude the file. */
export class MediaNotTaken extends HttpApiError.Problem<MediaNotTaken>()('MediaNotTaken', {
  type: type('media-not-taken'),
  status: 422,
  title: 'This server does not download the file'
}) {}

export class MediaGoneForGood extends HttpApiError.Problem<MediaGoneForGood>()('MediaGoneForGood', {
  type: type('media-gone'),
  status: 410,
  title: 'The file no longer exists'
}) {}

/** The file was requested; the request is stored and continues in the background. */
export class MediaOnItsWay extends HttpApiError.Problem<MediaOnItsWay>()('MediaOnItsWay', {
  type: type('media-on-its-way'),
  status: 503,
  title: 'The file is not available yet; try again later'
}) {}

export class MediaBroken extends HttpApiError.Problem<MediaBroken>()('MediaBroken', {
  type: type('media-unavailable'),
  status: 502,
  title: 'The file could not be fetched from WhatsApp'
}) {}

export class InspectorIsOff extends HttpApiError.Problem<InspectorIsOff>()('InspectorIsOff', {
  type: type('inspector-off'),
  status: 409,
  title: 'The inspector is switched off'
}) {}

/** A session of another server that cannot be taken over; `reason` says why, `missing` names what it lacks. */
export class SessionUnusable extends HttpApiError.Problem<SessionUnusable>()(
  'SessionUnusable',
  { type: type('session-unusable'), status: 422, title: 'This session cannot be taken over' },
  { reason: Schema.String, missing: Schema.Array(Schema.String) }
) {}

/** A session that is in use, here or elsewhere; `accountId` is the account of this server, where there is one. */
export class SessionInUse extends HttpApiError.Problem<SessionInUse>()(
  'SessionInUse',
  { type: type('session-in-use'), status: 409, title: 'This session is used already' },
  { reason: Schema.String, accountId: Schema.NullOr(Schema.String) }
) {}

/** A problem of a route outside the contract, in the same shape. */
export const plainProblem = (
  status: number,
  title: string,
  detail: string,
  headers: Readonly<Record<string, string>> = {}
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.jsonUnsafe(
    { type: 'about:blank', status, title, detail },
    { status, contentType: 'application/problem+json', headers }
  )

export const badField = (slot: 'params' | 'query' | 'payload', field: string, message: string): BadField =>
  new BadField({ detail: `${field}: ${message}`, errors: [{ path: [slot, field], message }] })

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
    : HttpServerResponse.jsonUnsafe(
        {
          type: type('store-unavailable'),
          status: 503,
          title: 'The database is unavailable',
          detail: storageDetail(error)
        },
        { status: 503, contentType: 'application/problem+json' }
      )

/** The same, for work that can fail in no other way. */
export const orDatabaseUnavailable = <A, R>(
  work: Effect.Effect<A, DatabaseError, R>
): Effect.Effect<A, StoreUnavailable, R> => Effect.catchTags(work, databaseFailed)
