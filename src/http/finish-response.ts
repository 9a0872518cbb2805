// Around every request: refuses protocols that are not spoken here and what browsers must not ask, gives errors from outside the contract a problem as their
// body, and every response what browsers have to know, and the trace id.
import * as NodeHttpServerRequest from '@effect/platform-node/NodeHttpServerRequest'
import { Clock, Effect, Option } from 'effect'
import { HttpEffect, HttpMiddleware, HttpServerRequest, HttpServerResponse } from 'effect/http'
import { browserRefusal, type BrowserRules, corsHeaders, preflightAnswer } from './browsers.ts'
import { allowedMethods } from './known-paths.ts'
import { logRequest } from './request-log.ts'
import { withPageHeaders } from './page-headers.ts'
import type { ProblemCode } from './problem-codes.ts'
import { plainProblem } from './problems.ts'
import { SOCKET_PATH } from './resources/events/socket-path.ts'
import { STREAM_PATH } from './resources/inspector/stream-path.ts'

/** What is said about each status that something outside the contract answers with. */
const REFUSALS: Readonly<Record<number, readonly [code: ProblemCode, detail: string]>> = {
  400: ['unreadable-request', 'The request cannot be read'],
  403: ['forbidden', 'Access denied'],
  404: ['no-endpoint', 'There is no endpoint at this path; /docs lists all endpoints'],
  405: ['method-not-allowed', 'The header Allow lists the methods that the path supports'],
  413: ['body-too-large', 'A body has at most 1 MiB, a file at most MEDIA_MAX_MB'],
  415: ['unsupported-media-type', 'Send the body as application/json, or a file as multipart/form-data'],
  500: ['internal', 'The log of the server has the details, under the trace id of this response']
}

const UNREADABLE_PATH = [
  'unreadable-request',
  'The path is not percent-encoded UTF-8, or a part of it is longer than 1000 characters'
] as const

const isBare = ({ body, headers, status }: HttpServerResponse.HttpServerResponse): boolean =>
  status >= 400 && (body._tag === 'Empty' || (headers['content-type'] ?? '').startsWith('text/plain'))

/** Errors from outside the contract (no such path, body too large, a defect) get a problem as their body. */
const withProblem = (
  { method, url }: HttpServerRequest.HttpServerRequest,
  response: HttpServerResponse.HttpServerResponse
): HttpServerResponse.HttpServerResponse => {
  if (!isBare(response)) return response
  const methods = response.status === 404 ? allowedMethods(url) : []
  // The router knows the path and could not take it apart.
  const isUnreadable = methods.includes(method)
  const status = isUnreadable ? 400 : methods.length > 0 ? 405 : response.status
  const refusal = isUnreadable ? UNREADABLE_PATH : REFUSALS[status]
  return refusal === undefined
    ? response
    : plainProblem(...refusal, status === 405 ? { allow: methods.join(', ') } : {})
}

/** Identifies the trace of a request and its lines in the log. */
const TRACE_ID = 'x-trace-id'

const withTraceId = (response: HttpServerResponse.HttpServerResponse) =>
  Effect.map(Effect.option(Effect.currentSpan), span =>
    Option.isSome(span) ? HttpServerResponse.setHeader(response, TRACE_ID, span.value.traceId) : response
  )

/** Whether another protocol is asked for, as Node decides it: such a connection is not kept for further requests. */
const asksForUpgrade = ({ headers }: HttpServerRequest.HttpServerRequest): boolean =>
  headers['upgrade'] !== undefined && /(^|,)\s*upgrade\s*(,|$)/i.test(headers['connection'] ?? '')

/** What is not traced has a trace id as well, by which its lines in the log are found; its span is exported nowhere. */
const identified = <A, E, R>(handler: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Effect.option(Effect.currentSpan), span =>
    Option.isSome(span) ? handler : Effect.withSpan(handler, 'untraced', { kind: 'server', sampled: false })
  )

const refusal = (code: ProblemCode, detail: string) =>
  withTraceId(withPageHeaders(plainProblem(code, detail, { connection: 'close' })))

const WEB_SOCKETS: ReadonlyArray<string> = [STREAM_PATH, SOCKET_PATH]

const NO_SOCKET = refusal(
  'no-socket',
  `Leave out the header Upgrade. The WebSockets of this server are ${WEB_SOCKETS.join(' and ')}`
)

const NO_HOST = refusal('unreadable-request', 'A request of HTTP/1.1 has the header Host, once')

/** What is answered before it comes to a route. */
const answered = (rules: BrowserRules, asked: HttpServerRequest.HttpServerRequest) => {
  if (asksForUpgrade(asked) && !WEB_SOCKETS.includes(asked.url.split('?')[0] ?? '')) return NO_SOCKET
  const { httpVersion } = NodeHttpServerRequest.toIncomingMessage(asked)
  if (asked.headers['host'] === undefined && httpVersion === '1.1') return NO_HOST
  const refused = browserRefusal(rules, asked)
  if (refused !== undefined) return refusal(...refused)
  const preflight = preflightAnswer(rules, asked)
  return preflight && withTraceId(withPageHeaders(preflight))
}

/** As HTTP asks of every 401. It makes no browser ask for a password. */
const withChallenge = (response: HttpServerResponse.HttpServerResponse) =>
  response.status === 401 ? HttpServerResponse.setHeader(response, 'www-authenticate', 'Bearer') : response

/** As it goes out. */
const finished = Effect.fnUntraced(function* (
  rules: BrowserRules,
  asked: HttpServerRequest.HttpServerRequest,
  answer: HttpServerResponse.HttpServerResponse,
  startedAt: number
) {
  const response = yield* withTraceId(
    HttpServerResponse.setHeaders(
      withPageHeaders(withChallenge(withProblem(asked, answer))),
      corsHeaders(rules, asked)
    )
  )
  yield* logRequest(asked, response, startedAt)
  return asksForUpgrade(asked) ? HttpServerResponse.setHeader(response, 'connection', 'close') : response
})

export const finishResponse = (rules: BrowserRules) =>
  HttpMiddleware.make(handler =>
    identified(
      Effect.gen(function* () {
        const asked = yield* HttpServerRequest.HttpServerRequest
        const startedAt = yield* Clock.currentTimeMillis
        const answer = answered(rules, asked)
        if (answer !== undefined)
          return yield* Effect.tap(answer, response => logRequest(asked, response, startedAt))
        return yield* HttpEffect.withPreResponseHandler(handler, (request, response) =>
          finished(rules, request, response, startedAt)
        )
      })
    )
  )
