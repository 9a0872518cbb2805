// The inspector: the switch, the page, and the stream of what the actors do.
import { readFileSync } from 'node:fs'
import type { Socket as NetSocket } from 'node:net'
import { join } from 'node:path'
import { NodeHttpServerRequest } from '@effect/platform-node'
import { Array, Clock, Effect, Layer, Stream } from 'effect'
import { HttpRouter, type HttpServerRequest, HttpServerResponse } from 'effect/http'
import { HttpApiBuilder } from 'effect/http-api'
import { Socket } from 'effect/socket'
import { Accounts } from '../../../services/accounts.ts'
import { Inspection } from '../../../services/telemetry/inspection.ts'
import { Stopping } from '../../../services/process/stopping.ts'
import { Api } from '../../api.ts'
import { type ApiKey, isKey } from '../../auth/authorization.ts'
import { makeTickets, type Tickets } from './tickets.ts'
import { InspectorIsOff, plainProblem } from '../../problems.ts'

const HOW_TO_SWITCH =
  'Switch it on with PUT /v1/inspector {"on": true}, or start the server with INSPECT=true'

const groupLayer = (tickets: Tickets) =>
  HttpApiBuilder.group(
    Api,
    'inspector',
    Effect.fn(function* (handlers) {
      const inspection = yield* Inspection
      const state = Effect.all({ on: inspection.isOn, viewers: inspection.viewers })
      return handlers.handleAll({
        inspector: () => state,
        turnInspector: ({ payload: { on } }) => Effect.andThen(inspection.turn(on), state),
        inspectorTicket: Effect.fn(function* () {
          if (!(yield* inspection.isOn)) return yield* new InspectorIsOff({ detail: HOW_TO_SWITCH })
          return tickets.issue(yield* Clock.currentTimeMillis)
        })
      })
    })
  )

/** Bytes that may wait in a viewer's connection before the next are taken from its queue. */
const MOST_UNSENT = 256 * 1024

/** Until the connection has taken what was written. `ws` hands everything on at once, whatever waits already. */
const drained = (connection: NetSocket) =>
  Effect.callback<void>(resume => {
    if (connection.destroyed || connection.writableLength <= MOST_UNSENT) return resume(Effect.void)
    const done = (): void => resume(Effect.void)
    connection.once('drain', done)
    connection.once('close', done)
    return Effect.sync(() => {
      connection.off('drain', done)
      connection.off('close', done)
    })
  })

const SERVER_STOPS = new Socket.CloseEvent(1001, 'The server stops')
const KEEP_ALIVE_MS = 30_000
const FAREWELL_MS = 2000
const SWITCHED_OFF = new Socket.CloseEvent(4000, 'The inspector was switched off')
const TOO_MANY = 4001

const streamLayer = (tickets: Tickets, key: ApiKey) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const inspection = yield* Inspection
      const accounts = yield* Accounts
      const stopping = yield* Stopping

      const serve = Effect.fnUntraced(function* (
        request: HttpServerRequest.HttpServerRequest,
        accountId: string | undefined
      ) {
        const connection = NodeHttpServerRequest.toIncomingMessage(request).socket
        // Who vanishes without a word is found out some time.
        connection.setKeepAlive(true, KEEP_ALIVE_MS)
        const socket = yield* request.upgrade
        const { pull } = yield* socket.reader
        const { write, writeAll } = yield* socket.writer
        const tell = inspection.watch(accountId).pipe(
          Stream.runForEach(batch =>
            Array.isReadonlyArrayNonEmpty(batch)
              ? Effect.andThen(writeAll(batch), drained(connection))
              : Effect.void
          ),
          Effect.andThen(Effect.map(inspection.isOn, isOn => (isOn ? SERVER_STOPS : SWITCHED_OFF))),
          Effect.catchTags({
            InspectorOff: () => Effect.succeed(SWITCHED_OFF),
            TooManyViewers: ({ most }) =>
              Effect.succeed(new Socket.CloseEvent(TOO_MANY, `At most ${most} may watch at once`))
          })
        )
        // Also of a viewer that does not read, and so holds up what is told to it.
        const sentAway = [
          Effect.as(inspection.off, SWITCHED_OFF),
          Effect.as(stopping.requested, SERVER_STOPS)
        ]
        // What a viewer says is read and not listened to.
        const last = yield* Effect.raceAllFirst([...sentAway, tell, Effect.forever(pull)])
        yield* write(last)
        // Who does not answer a farewell must not hold up the end of the server.
        setTimeout(() => connection.destroy(), FAREWELL_MS).unref()
      }, Effect.scoped)

      return HttpRouter.add('GET', '/inspect/stream', request =>
        Effect.gen(function* () {
          const query = new URL(request.url, 'http://localhost').searchParams
          const now = yield* Clock.currentTimeMillis
          const bearer = /^Bearer (\S+)$/.exec(request.headers['authorization'] ?? '')?.[1]
          if (
            !tickets.redeem(query.get('ticket') ?? '', now) &&
            !(bearer !== undefined && isKey(key, bearer))
          )
            return plainProblem(
              401,
              'A ticket or a bearer key is needed',
              'POST /v1/inspector/tickets gives a ticket for one connection, which has to be opened within half a minute'
            )
          if (!(yield* inspection.isOn))
            return plainProblem(409, 'The inspector is switched off', HOW_TO_SWITCH)
          const accountId = query.get('accountId') ?? undefined
          if (accountId !== undefined && (yield* Effect.option(accounts.state(accountId)))._tag === 'None')
            return plainProblem(404, 'There is no such account', 'GET /v1/accounts lists them')
          if ((request.headers['upgrade'] ?? '').toLowerCase() !== 'websocket')
            return plainProblem(
              426,
              'This is a WebSocket',
              'Connect with a WebSocket client; GET /inspect is the page'
            )
          // A viewer may leave at any moment.
          yield* Effect.ignore(serve(request, accountId))
          return HttpServerResponse.empty()
        })
      )
    })
  )

const PAGE = join(import.meta.dirname, 'page')
const asset = (name: string): string => readFileSync(join(PAGE, name), 'utf8')

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')

/** The page holds no data and no secret: it asks for the key. */
const pageLayer = (ui: URL | '') => {
  const headers = {
    'content-security-policy': [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      "img-src 'self' data:",
      `frame-src ${ui === '' ? "'none'" : ui.origin}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'"
    ].join('; '),
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-cache'
  }
  const file = (path: `/${string}`, contentType: string, body: string) =>
    HttpRouter.add('GET', path, HttpServerResponse.text(body, { contentType, headers }))
  return Layer.mergeAll(
    file('/inspect', 'text/html; charset=utf-8', asset('page.html').replace('{{ui}}', escaped(String(ui)))),
    file('/inspect/page.css', 'text/css; charset=utf-8', asset('page.css')),
    ...['page.js', 'model.js', 'chart.js', 'rows.js'].map(name =>
      file(`/inspect/${name}`, 'text/javascript; charset=utf-8', asset(name))
    )
  )
}

export const inspectorLayers = (options: {
  readonly key: ApiKey
  /** The Stately inspector, shown beside the page's own drawing; `''` for none. */
  readonly ui: URL | ''
}) => {
  const tickets = makeTickets()
  return {
    group: groupLayer(tickets),
    routes: Layer.mergeAll(streamLayer(tickets, options.key), pageLayer(options.ui))
  }
}
