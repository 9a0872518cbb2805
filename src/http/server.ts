// The HTTP server: contract, documentation, limits. Serves until its scope closes.
import { createServer } from 'node:http'
import { NodeHttpServer } from '@effect/platform-node'
import { ByteSize, Effect, Layer, Option } from 'effect'
import type { HttpServer } from 'effect/http'
import {
  HttpEffect,
  HttpIncomingMessage,
  HttpMiddleware,
  HttpRouter,
  type HttpServerError,
  type HttpServerRequest,
  HttpServerResponse,
  Multipart
} from 'effect/http'
import { HttpApiBuilder, HttpApiScalar } from 'effect/http-api'
import type { Accounts } from '../services/accounts.ts'
import type { IdTokens } from '../services/firebase/id-tokens.ts'
import type { Backfill } from '../services/history/backfill/backfill.ts'
import type { Coverage } from '../services/history/coverage/coverage.ts'
import type { History } from '../services/history/chunks/worker.ts'
import type { DryRun } from '../services/history/dry-run/dry-run.ts'
import type { Incidents } from '../services/incidents/incidents.ts'
import type { Inspection } from '../services/telemetry/inspection.ts'
import type { Gauges } from '../services/telemetry/metrics.ts'
import type { Media } from '../services/media/media.ts'
import type { Stopping } from '../services/process/stopping.ts'
import type { Attachments } from '../services/outbox/attachments.ts'
import type { Outbox } from '../services/outbox/outbox.ts'
import type { StoreState } from '../services/firestore/state.ts'
import { Store } from '../services/conversations/store.ts'
import type { WhatsApp } from '../services/whatsapp/whatsapp.ts'
import { accountsLayer } from './accounts.ts'
import { allowedMethods } from './allowed-methods.ts'
import { Api } from './api.ts'
import { type ApiKey, authorizationLayer } from './auth.ts'
import { feedLayer } from './feed.ts'
import { historyLayer } from './history.ts'
import { inspectorLayers } from './inspector.ts'
import { mediaLayer } from './media.ts'
import { metricsLayer } from './metrics.ts'
import { outboxLayer } from './outbox.ts'
import { plainProblem, StoreUnavailable } from './problems.ts'
import { readingLayer } from './reading.ts'
import { storeLayer } from './store.ts'
import { threadsLayer } from './threads.ts'
import * as Validation from './validation.ts'

/** Longest path segment; the contract limits each by itself. */
const LONGEST_SEGMENT = 1000
/** Largest request body. */
const MAX_BODY = ByteSize.mebibytes(1)

/** How long a client may take to read the rest of its answer once the server stops; one that reads nothing would hold it up for ever. */
const LAST_WORDS_MS = 2000

const systemLayer = HttpApiBuilder.group(
  Api,
  'system',
  Effect.fn(function* (handlers) {
    const store = yield* Store
    return handlers.handleAll({
      health: () => Effect.succeed({ status: 'ok' as const }),
      ready: () =>
        store.listAccounts.pipe(
          Effect.as({ status: 'ready' as const }),
          Effect.mapError(() => new StoreUnavailable({}))
        )
    })
  })
)

const WORDS: Readonly<Record<number, string>> = {
  400: 'The request cannot be read',
  403: 'This is not granted to you',
  404: 'There is nothing at this path; /docs lists what there is',
  405: 'This path does not know that method; the header Allow says which it does',
  413: 'The request body is larger than 1 MiB, or its file larger than MEDIA_MAX_MB allows',
  415: 'Send the body as application/json, or a file as multipart/form-data',
  500: 'Something went wrong inside the server; its log has more'
}

/** Streams that stay open are no commands, and would be traces without an end. */
const isUntraced = (request: HttpServerRequest.HttpServerRequest): boolean =>
  /^\/(v1\/events|inspect|health|ready|metrics)\b/.test(request.url)

/** Refusals that come from below the contract (no such path, body too large, a defect) carry words too. */
const explained = (
  request: HttpServerRequest.HttpServerRequest,
  response: HttpServerResponse.HttpServerResponse
) => {
  const isBare =
    response.status >= 400 &&
    (response.body._tag === 'Empty' || (response.headers['content-type'] ?? '').startsWith('text/plain'))
  const methods = isBare && response.status === 404 ? allowedMethods(request.url) : []
  const status = methods.length > 0 ? 405 : response.status
  const words = WORDS[status]
  return isBare && words !== undefined
    ? plainProblem(status, words, words, methods.length > 0 ? { allow: methods.join(', ') } : {})
    : response
}

/** By this the log's lines about a request are found, and its trace. */
const TRACE_ID = 'x-trace-id'

const finished = (
  request: HttpServerRequest.HttpServerRequest,
  response: HttpServerResponse.HttpServerResponse
) =>
  Effect.map(Effect.option(Effect.currentSpan), span =>
    Option.isSome(span)
      ? HttpServerResponse.setHeader(explained(request, response), TRACE_ID, span.value.traceId)
      : explained(request, response)
  )

const finish = HttpMiddleware.make(request => HttpEffect.withPreResponseHandler(request, finished))

export const layer = (options: {
  readonly host: string
  readonly port: number
  readonly key: ApiKey
  /** Largest uploaded file, in bytes. */
  readonly largestFile: number
  /** Whether history is read without being stored. */
  readonly dryRun: boolean
  /** The Stately inspector that /inspect shows; `''` for none. */
  readonly inspectorUi: URL | ''
}): Layer.Layer<
  HttpServer.HttpServer,
  HttpServerError.ServeError,
  | Accounts
  | Attachments
  | Backfill
  | Coverage
  | Gauges
  | History
  | IdTokens
  | Incidents
  | Inspection
  | Media
  | Outbox
  | DryRun
  | Stopping
  | Store
  | StoreState
  | WhatsApp
> => {
  const inspector = inspectorLayers({ key: options.key, ui: options.inspectorUi })
  const api = HttpApiBuilder.layer(Api, { openapiPath: '/openapi.json' }).pipe(
    Layer.provide([
      systemLayer,
      accountsLayer,
      outboxLayer,
      threadsLayer,
      historyLayer({ dryRun: options.dryRun }),
      mediaLayer,
      feedLayer,
      readingLayer,
      storeLayer,
      metricsLayer,
      inspector.group
    ]),
    Layer.provide([authorizationLayer(options.key), Validation.layer])
  )
  const docs = HttpApiScalar.layer(Api, { path: '/docs' })
  const server = createServer()
  const cutOff = Layer.effectDiscard(
    Effect.addFinalizer(() =>
      Effect.sync(() => void setTimeout(() => server.closeAllConnections(), LAST_WORDS_MS).unref())
    )
  )
  const home = HttpRouter.add('GET', '/', HttpServerResponse.redirect('/docs'))
  return HttpRouter.serve(Layer.mergeAll(api, docs, home, cutOff, inspector.routes), {
    middleware: finish,
    // A message key is a thread id and a message id in one segment.
    routerConfig: { maxParamLength: LONGEST_SEGMENT },
    disableLogger: true,
    disableListenLog: true
  }).pipe(
    Layer.provide([
      Layer.succeed(HttpIncomingMessage.MaxBodySize, MAX_BODY),
      Layer.succeed(HttpMiddleware.TracerDisabledWhen, isUntraced),
      Layer.succeed(Multipart.MaxFileSize, ByteSize.bytes(options.largestFile)),
      Layer.succeed(Multipart.MaxFieldSize, MAX_BODY)
    ]),
    Layer.provideMerge(
      NodeHttpServer.layer(() => server, {
        host: options.host,
        port: options.port,
        websocket: { maxPayload: LONGEST_SEGMENT }
      })
    )
  )
}
