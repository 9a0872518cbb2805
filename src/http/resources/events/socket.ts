// The event stream as a WebSocket: each message is one event. It is outside the contract, which cannot describe it, and takes the same
// query and the same keys.
import { Effect, Layer, Schema, Stream } from 'effect'
import { HttpRouter, HttpServerRequest, HttpServerRespondable, HttpServerResponse } from 'effect/http'
import { Socket } from 'effect/socket'
import { textOf } from '../../../services/feed/event-text.ts'
import { Stopping } from '../../../services/process/stopping.ts'
import { refusalOf, reads } from '../../auth/access.ts'
import { Caller } from '../../auth/caller.ts'
import { credentialIn, Identification } from '../../auth/identification.ts'
import { RateLimits } from '../../auth/rate-limit.ts'
import { Forbidden, plainProblem, Unauthorized } from '../../problems.ts'
import { problemOf } from '../../validation.ts'
import { isUpgrade, type Send, SERVER_STOPS, serveWebSocket, UPGRADED } from '../../web-sockets.ts'
import { streamHeaders, streamQuery } from './contract.ts'
import { credentialEnded, subscriptionOf } from './handlers.ts'
import { SOCKET_PATH } from './socket-path.ts'
import { openedEvent, subscribe, type Subscription, type SubscriptionNeeds } from './subscription.ts'

/** Browsers cannot send headers with a WebSocket: the key is named as a protocol, in base64url. */
const KEY_PROTOCOL = 'backscroll.key.'

const CREDENTIAL_ENDED = new Socket.CloseEvent(4003, 'The key has expired or was revoked')
const UNAVAILABLE = new Socket.CloseEvent(1013, 'The database is unavailable; try again')

const keyIn = ({ headers }: HttpServerRequest.HttpServerRequest): string => {
  const named = (headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map(name => name.trim())
    .find(name => name.startsWith(KEY_PROTOCOL))
  return named === undefined ? '' : Buffer.from(named.slice(KEY_PROTOCOL.length), 'base64url').toString()
}

const HOW_AS_PROTOCOL = `Where headers cannot be sent, name a protocol ${KEY_PROTOCOL}<key in base64url>`

const decodeQuery = Schema.decodeUnknownEffect(Schema.Struct(streamQuery), { onExcessProperty: 'error' })
const decodeHeaders = Schema.decodeUnknownEffect(Schema.Struct(streamHeaders))

/** Who asks, and what they ask for; refused as the stream over HTTP refuses it. */
const asked = Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
  const { identify } = yield* Identification
  const limits = yield* RateLimits
  const caller = yield* identify(credentialIn(request) || keyIn(request)).pipe(
    Effect.mapError(({ detail = '' }) => new Unauthorized({ detail: `${detail}. ${HOW_AS_PROTOCOL}` }))
  )
  yield* limits.count(caller)
  const query = yield* HttpServerRequest.ParsedSearchParams
  const refusal = refusalOf(caller.grant, reads('query'), { url: request.url, params: {}, query })
  if (refusal !== undefined) return yield* new Forbidden({ detail: refusal })
  const headers = yield* Effect.mapError(decodeHeaders(request.headers), ({ issue }) =>
    problemOf('headers', issue)
  )
  const wanted = yield* Effect.mapError(decodeQuery(query), ({ issue }) => problemOf('query', issue))
  return { caller, wanted, headers }
})

/** What the request asks for, and whose it is; fails with the problem of a request that is refused. */
const opened = Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
  const { caller, headers, wanted } = yield* asked(request)
  if (!isUpgrade(request)) {
    const detail = 'Connect with a WebSocket client; GET /v1/events streams the same without one'
    return yield* Effect.fail(plainProblem('upgrade-required', detail, { upgrade: 'websocket' }))
  }
  const subscription = yield* Effect.provideService(subscriptionOf(wanted, headers), Caller, caller)
  return { caller, subscription }
})

const writeEvents = (subscription: Subscription, send: Send) =>
  Effect.gen(function* () {
    const events = yield* subscribe(subscription)
    yield* send((yield* openedEvent(subscription)).map(textOf))
    yield* Stream.runForEach(events, batch => send(batch.map(textOf)))
  }).pipe(
    Effect.catchTag('DatabaseError', () => Effect.void),
    Effect.as(UNAVAILABLE),
    Effect.scoped
  )

const open = Effect.fnUntraced(
  function* (request: HttpServerRequest.HttpServerRequest) {
    const stopping = yield* Stopping
    const { caller, subscription } = yield* opened(request)
    const ended = Effect.raceFirst(
      Effect.as(stopping.requested, SERVER_STOPS),
      Effect.as(credentialEnded(caller), CREDENTIAL_ENDED)
    )
    // A client may leave at any moment, which is no error.
    yield* Effect.ignore(serveWebSocket(request, send => writeEvents(subscription, send), ended))
    return UPGRADED
  },
  Effect.catch(refused =>
    HttpServerResponse.isHttpServerResponse(refused)
      ? Effect.succeed(refused)
      : HttpServerRespondable.toResponse(refused)
  )
)

export const socketLayer = Layer.unwrap(
  Effect.map(Effect.context<Identification | RateLimits | Stopping | SubscriptionNeeds>(), services =>
    HttpRouter.add('GET', SOCKET_PATH, request => Effect.provideContext(open(request), services))
  )
)
