// How the HTTP server stops: nobody may keep it from stopping, whatever they read, write or leave unfinished.
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { Effect, Layer } from 'effect'

/** Time to answer what was asked, and to read the rest of an answer. */
const DRAIN_MS = 1000

const isEventStream = (response: ServerResponse): boolean =>
  String(response.getHeader('content-type')).startsWith('text/event-stream')

/** Follows what is open; `stop` ends what never ends by itself at once, and the rest after `DRAIN_MS`. */
const followConnections = (server: Server): { readonly stop: () => void } => {
  const responses = new Set<ServerResponse>()
  const webSockets = new Set<Duplex>()
  let isStopping = false

  server.prependListener('request', (_: IncomingMessage, response: ServerResponse) => {
    responses.add(response)
    response.once('close', () => responses.delete(response))
    // A client that asks again on a connection it has is told to open none after it.
    if (isStopping) response.setHeader('connection', 'close')
  })
  server.prependListener('upgrade', (_: IncomingMessage, socket: Duplex) => {
    webSockets.add(socket)
    socket.once('close', () => webSockets.delete(socket))
  })
  return {
    stop: () => {
      isStopping = true
      for (const response of responses) {
        if (isEventStream(response)) response.socket?.destroySoon()
        else if (!response.headersSent) response.setHeader('connection', 'close')
      }
      server.closeIdleConnections()
      setTimeout(() => {
        server.closeAllConnections()
        for (const socket of webSockets) socket.destroy()
      }, DRAIN_MS).unref()
    }
  }
}

/** To be provided with what serves: its end comes before the server waits for its connections. */
export const stoppingLayer = (server: Server): Layer.Layer<never> => {
  const { stop } = followConnections(server)
  return Layer.effectDiscard(Effect.addFinalizer(() => Effect.sync(stop)))
}
