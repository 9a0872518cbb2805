// The last step of every response: a problem body for errors from outside the contract, and the trace id.
import { Effect, Option } from 'effect'
import { HttpEffect, HttpMiddleware, type HttpServerRequest, HttpServerResponse } from 'effect/http'
import { allowedMethods } from './allowed-methods.ts'
import { plainProblem } from './problems.ts'

const TITLES: Readonly<Record<number, string>> = {
  400: 'The request cannot be read',
  403: 'Access denied',
  404: 'There is no endpoint at this path; /docs lists all endpoints',
  405: 'The path does not support this method; the header Allow lists those it supports',
  413: 'The request body is larger than 1 MiB, or its file larger than MEDIA_MAX_MB allows',
  415: 'Send the body as application/json, or a file as multipart/form-data',
  500: 'Internal error; the log of the server has the details'
}

const isBare = ({ body, headers, status }: HttpServerResponse.HttpServerResponse): boolean =>
  status >= 400 && (body._tag === 'Empty' || (headers['content-type'] ?? '').startsWith('text/plain'))

/** Errors from outside the contract (no such path, body too large, a defect) get a problem as their body. */
const withProblem = (
  { url }: HttpServerRequest.HttpServerRequest,
  response: HttpServerResponse.HttpServerResponse
): HttpServerResponse.HttpServerResponse => {
  if (!isBare(response)) return response
  const methods = response.status === 404 ? allowedMethods(url) : []
  const status = methods.length > 0 ? 405 : response.status
  const title = TITLES[status]
  if (title === undefined) return response
  return plainProblem(status, title, title, methods.length > 0 ? { allow: methods.join(', ') } : {})
}

/** Identifies the trace of a request and its lines in the log. */
const TRACE_ID = 'x-trace-id'

const withTraceId = (response: HttpServerResponse.HttpServerResponse) =>
  Effect.map(Effect.option(Effect.currentSpan), span =>
    Option.isSome(span) ? HttpServerResponse.setHeader(response, TRACE_ID, span.value.traceId) : response
  )

export const finishResponse = HttpMiddleware.make(handler =>
  HttpEffect.withPreResponseHandler(handler, (request, response) =>
    withTraceId(withProblem(request, response))
  )
)
