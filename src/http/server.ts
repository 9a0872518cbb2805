// The HTTP server: contract, documentation, inspector page, limits. Serves until its scope closes.
import * as NodeHttpServer from '@effect/platform-node/NodeHttpServer'
import { ByteSize, Layer } from 'effect'
import {
  HttpIncomingMessage,
  HttpMiddleware,
  HttpRouter,
  type HttpServerRequest,
  Multipart
} from 'effect/http'
import { HttpApiBuilder } from 'effect/http-api'
import type { SettingInForce } from '../domain/setting-in-force.ts'
import { Api } from './api.ts'
import type { ApiKey } from './auth/api-key.ts'
import { Auditing } from './auth/auditing.ts'
import { authorizationLayer } from './auth/authorization.ts'
import { RateLimits } from './auth/rate-limit.ts'
import { Identification } from './auth/identification.ts'
import { browserRules } from './browsers.ts'
import { makeHttpServer } from './connections.ts'
import { docsLayer } from './docs.ts'
import { finishResponse } from './finish-response.ts'
import { accountsLayer } from './resources/accounts/handlers.ts'
import { auditLayer } from './resources/audit/handlers.ts'
import { consoleLayer } from './resources/console/page.ts'
import { contactsLayer } from './resources/contacts/handlers.ts'
import { EVENTS_PROTOCOL } from './resources/events/socket-path.ts'
import { eventsLayer } from './resources/events/handlers.ts'
import { schemasLayer } from './resources/events/schemas.ts'
import { socketLayer } from './resources/events/socket.ts'
import { exportLayer } from './resources/export/handlers.ts'
import { historyLayer } from './resources/history/handlers.ts'
import { incidentsLayer } from './resources/incidents/handlers.ts'
import { inspectorLayer } from './resources/inspector/handlers.ts'
import { pageLayer } from './resources/inspector/page.ts'
import { streamLayer } from './resources/inspector/stream.ts'
import { InspectorTickets } from './resources/inspector/tickets.ts'
import { keysLayer } from './resources/keys/handlers.ts'
import { meLayer } from './resources/me/handlers.ts'
import { mediaLayer } from './resources/media/handlers.ts'
import { messagesLayer } from './resources/messages/handlers.ts'
import { outboxLayer } from './resources/outbox/handlers.ts'
import { linkLayer, linkTicketsLayer } from './resources/link/handlers.ts'
import { linkAuditingLayer } from './resources/link/auditing.ts'
import { linkPageLayer } from './resources/link/page.ts'
import { LinkTickets } from './resources/link/tickets.ts'
import { passkeyLayer } from './resources/passkey/handlers.ts'
import { personalDataLayer } from './resources/personal-data/handlers.ts'
import { retentionLayer } from './resources/retention/handlers.ts'
import { searchLayer } from './resources/search/handlers.ts'
import { settingsLayer } from './resources/settings/handlers.ts'
import { storeLayer } from './resources/store/handlers.ts'
import { metricsLayer, systemLayer } from './resources/system/handlers.ts'
import { threadsLayer } from './resources/threads/handlers.ts'
import { webhooksLayer } from './resources/webhooks/handlers.ts'
import { storageFaultsLayer } from './storage-faults.ts'
import { stoppingLayer } from './stopping.ts'
import * as Validation from './validation.ts'
import { PingingWebSocket } from './web-sockets.ts'

export interface HttpOptions {
  readonly host: string
  readonly port: number
  readonly key: ApiKey
  /** Requests in a minute of keys that have no limit of their own; 0: as many as they like. */
  readonly requestsPerMinute: number
  /** Whether a proxy in front of this server says from where a request comes. */
  readonly trustsProxy: boolean
  /** Names by which the server may be asked. */
  readonly allowedHosts: ReadonlyArray<string>
  /** Origins whose pages may use the API; `*` for all. */
  readonly corsOrigins: ReadonlyArray<string>
  /** Largest uploaded file, in bytes. */
  readonly largestFile: number
  /** Whether history is read without being stored. */
  readonly dryRun: boolean
  /** Whether statuses are posted. */
  readonly postsStatuses: boolean
  /** The Stately inspector that /inspect shows; `''` for none. */
  readonly inspectorUi: URL | ''
  /** The settings in force, without secrets. */
  readonly settings: ReadonlyArray<SettingInForce>
}

/** Longest path segment the router accepts; the contract limits each parameter further. */
const LONGEST_SEGMENT = 1000
/** Largest request body. */
const MAX_BODY = ByteSize.mebibytes(1)

const apiLayer = ({ dryRun, postsStatuses, settings }: HttpOptions) =>
  HttpApiBuilder.layer(Api, { openapiPath: '/openapi.json' }).pipe(
    Layer.provide([
      systemLayer,
      metricsLayer,
      accountsLayer,
      passkeyLayer,
      linkTicketsLayer,
      linkLayer,
      contactsLayer,
      threadsLayer,
      messagesLayer,
      outboxLayer,
      mediaLayer,
      searchLayer,
      exportLayer,
      historyLayer({ dryRun }),
      eventsLayer,
      incidentsLayer,
      webhooksLayer,
      keysLayer,
      auditLayer,
      personalDataLayer,
      retentionLayer,
      storeLayer,
      inspectorLayer,
      meLayer({ postsStatuses }),
      settingsLayer(settings)
    ]),
    Layer.provide([authorizationLayer, linkAuditingLayer, Validation.layer])
  )

/** Everything that is served: the API, its documentation, the inspector's page and stream. */
const routesLayer = (options: HttpOptions) =>
  Layer.mergeAll(
    apiLayer(options),
    docsLayer,
    consoleLayer,
    pageLayer(options.inspectorUi),
    linkPageLayer,
    streamLayer,
    socketLayer,
    schemasLayer,
    storageFaultsLayer
  ).pipe(Layer.provide([Identification.layer(options), RateLimits.layer, Auditing.layer(options)]))

/** Long streams and frequent probes would be traces without an end or without use. */
const isUntraced = ({ url }: HttpServerRequest.HttpServerRequest): boolean =>
  /^\/(v1\/events|inspect|health|ready|metrics|link)\b/.test(url)

const limitsLayer = (largestFile: number) =>
  Layer.mergeAll(
    Layer.succeed(HttpIncomingMessage.MaxBodySize, MAX_BODY),
    Layer.succeed(HttpMiddleware.TracerDisabledWhen, isUntraced),
    Layer.succeed(Multipart.MaxFileSize, ByteSize.bytes(largestFile)),
    Layer.succeed(Multipart.MaxFieldSize, MAX_BODY)
  )

/** A message key is a thread id and a message id in one segment. */
export const routerConfig = { maxParamLength: LONGEST_SEGMENT }

export const layer = (options: HttpOptions) => {
  const server = makeHttpServer()
  const served = HttpRouter.serve(routesLayer(options), {
    middleware: finishResponse(browserRules(options)),
    routerConfig,
    disableLogger: true,
    disableListenLog: true
  }).pipe(
    Layer.provide([limitsLayer(options.largestFile), InspectorTickets.layer, LinkTickets.layer]),
    Layer.provideMerge(
      NodeHttpServer.layer(() => server, {
        host: options.host,
        port: options.port,
        websocket: {
          maxPayload: LONGEST_SEGMENT,
          WebSocket: PingingWebSocket,
          handleProtocols: named => (named.has(EVENTS_PROTOCOL) ? EVENTS_PROTOCOL : false)
        }
      })
    )
  )
  return Layer.provideMerge(stoppingLayer(server), served)
}
