// WebSockets to clients: pinged, never written faster than they read, closed with a reason.
import type { Socket as NetSocket } from 'node:net'
import * as NodeHttpServerRequest from '@effect/platform-node/NodeHttpServerRequest'
import { Array, Effect } from 'effect'
import { type HttpServerRequest, HttpServerResponse } from 'effect/http'
import { Socket } from 'effect/socket'
import { WebSocket } from 'ws'

/** Bytes that may wait in a client's connection before more are written to it. */
const MOST_UNSENT = 256 * 1024
/** Shorter than the minute after which proxies end a quiet connection. */
const PING_MS = 30_000
/** How long a client may take to answer the close frame. */
const CLOSE_TIMEOUT_MS = 2000

export const SERVER_STOPS = new Socket.CloseEvent(1001, 'The server stops')

/** A connection whose client has not answered a ping by the next one is ended. */
const keepPinging = (socket: WebSocket): void => {
  let isAlive = true
  socket.on('pong', () => (isAlive = true))
  const timer = setInterval(() => {
    if (!isAlive) return socket.terminate()
    isAlive = false
    if (socket.readyState === WebSocket.OPEN) socket.ping()
  }, PING_MS).unref()
  socket.on('close', () => clearInterval(timer))
}

/** For the server of WebSockets, which makes one for each client. */
export const PingingWebSocket = new Proxy(WebSocket, {
  construct: (target, given: ConstructorParameters<typeof WebSocket>, newTarget) => {
    const socket = Reflect.construct(target, given, newTarget)
    keepPinging(socket)
    return socket
  }
})

/** Completes when the connection has sent most of what was written. `ws` itself has no backpressure. */
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

export type Send = (batch: ReadonlyArray<string>) => Effect.Effect<void, Socket.SocketError>

/**
 * Serves one client until it leaves, `writing` completes, or `ended` does; either says why. What the client sends is read and ignored.
 */
export const serveWebSocket = Effect.fnUntraced(function* <E, R, R2>(
  request: HttpServerRequest.HttpServerRequest,
  writing: (send: Send) => Effect.Effect<Socket.CloseEvent, E, R>,
  ended: Effect.Effect<Socket.CloseEvent, never, R2>
) {
  const connection = NodeHttpServerRequest.toIncomingMessage(request).socket
  const socket = yield* request.upgrade
  const { pull } = yield* socket.reader
  const { write, writeAll } = yield* socket.writer
  const send: Send = batch =>
    Array.isReadonlyArrayNonEmpty(batch) ? Effect.andThen(writeAll(batch), drained(connection)) : Effect.void
  // Separate from the writing: a client that does not read blocks that.
  const closeEvent = yield* Effect.raceAllFirst([ended, writing(send), Effect.forever(pull)])
  yield* write(closeEvent)
  // A client that does not answer the close frame must not delay the end of the server.
  setTimeout(() => connection.destroy(), CLOSE_TIMEOUT_MS).unref()
}, Effect.scoped)

/** What is answered to a request that became a WebSocket, for the log: it was sent when the WebSocket began. */
export const UPGRADED = HttpServerResponse.empty({ status: 101 })

/** Whether the request is for a WebSocket. */
export const isUpgrade = ({ headers }: HttpServerRequest.HttpServerRequest): boolean =>
  (headers['upgrade'] ?? '').toLowerCase() === 'websocket'
