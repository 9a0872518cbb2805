// What can go wrong with a request, as RFC 9457 problems: each names what is wrong and what to do about it.
import { Schema } from 'effect'
import { HttpServerResponse } from 'effect/http'
import { HttpApiError } from 'effect/http-api'

const type = (name: string) => `urn:backscroll:problem:${name}`

export class Unauthorized extends HttpApiError.Problem<Unauthorized>()('Unauthorized', {
  type: type('unauthorized'),
  status: 401,
  title: 'A bearer key is needed'
}) {}

/** The caller is known, and this is not for them. */
export class Forbidden extends HttpApiError.Problem<Forbidden>()('Forbidden', {
  type: type('forbidden'),
  status: 403,
  title: 'This is not granted to you'
}) {}

export class NotFound extends HttpApiError.Problem<NotFound>()('NotFound', {
  type: type('not-found'),
  status: 404,
  title: 'There is no such thing here'
}) {}

/** The account cannot serve this in the state it is in. */
export class WrongState extends HttpApiError.Problem<WrongState>()(
  'WrongState',
  { type: type('wrong-state'), status: 409, title: 'The account cannot do this in its present state' },
  { state: Schema.String }
) {}

/** The outbox entry is being sent or has ended. */
export class NotWaiting extends HttpApiError.Problem<NotWaiting>()(
  'NotWaiting',
  { type: type('not-waiting'), status: 409, title: 'This entry of the outbox is not waiting any more' },
  { entryStatus: Schema.String }
) {}

export class KeyReused extends HttpApiError.Problem<KeyReused>()('KeyReused', {
  type: type('idempotency-key-reused'),
  status: 409,
  title: 'This idempotency key was used for another message'
}) {}

/** A field is wrong that the schema alone cannot judge. Same shape as the schema's own refusals. */
export class BadField extends HttpApiError.Problem<BadField>()(
  'BadField',
  { type: type('bad-field'), status: 400, title: 'Bad Request' },
  { errors: Schema.Array(HttpApiError.ProblemIssue) }
) {}

export class StoreUnavailable extends HttpApiError.Problem<StoreUnavailable>()('StoreUnavailable', {
  type: type('store-unavailable'),
  status: 503,
  title: 'The database cannot be reached; try again'
}) {}

/** This server does not download that file. */
export class MediaNotTaken extends HttpApiError.Problem<MediaNotTaken>()('MediaNotTaken', {
  type: type('media-not-taken'),
  status: 422,
  title: 'This file is not downloaded here'
}) {}

export class MediaGoneForGood extends HttpApiError.Problem<MediaGoneForGood>()('MediaGoneForGood', {
  type: type('media-gone'),
  status: 410,
  title: 'The file does not exist any more'
}) {}

/** It was asked for, which is remembered. */
export class MediaOnItsWay extends HttpApiError.Problem<MediaOnItsWay>()('MediaOnItsWay', {
  type: type('media-on-its-way'),
  status: 503,
  title: 'The file is not here yet; ask again'
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

/** A refusal from beside the contract, in the same shape. */
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
