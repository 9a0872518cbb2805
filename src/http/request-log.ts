// One line in the log for each request: what was asked, of which account, the answer, and how long it took. No address, query or
// body: an address can hold a phone number.
import { Clock, Effect } from 'effect'
import type { HttpServerRequest, HttpServerResponse } from 'effect/http'
import { routeOf } from './known-paths.ts'

/** Asked every few seconds, or by pages: only at `debug`. */
const QUIET = /^\/(health|ready|metrics|docs|console|favicon\.ico|openapi\.json|inspect|link)?(\/|$)/

const accountIn = (url: string): string => /\bacc-[0-9a-f]+/.exec(url)?.[0] ?? ''

export const logRequest = Effect.fnUntraced(function* (
  { method, url }: HttpServerRequest.HttpServerRequest,
  { headers, status }: HttpServerResponse.HttpServerResponse,
  startedAt: number
) {
  const route = routeOf(url) ?? 'none'
  const log = QUIET.test(route) && status < 500 ? Effect.logDebug : Effect.logInfo
  const accountId = accountIn(url)
  yield* log('Request').pipe(
    Effect.annotateLogs({
      method,
      route,
      status,
      // Of a stream, until it begins; of a WebSocket, until it ends.
      ms: (yield* Clock.currentTimeMillis) - startedAt,
      ...(accountId === '' ? {} : { accountId }),
      ...(headers['x-trace-id'] === undefined ? {} : { traceId: headers['x-trace-id'] })
    })
  )
})
