// One TCP port for everything a client needs: WebSocket and media over HTTP, plain or through TLS. The first byte a client
// sends shows which of the two it uses.
import {
  createServer as createHttpServer,
  type RequestListener,
  type Server as HttpServer,
  STATUS_CODES
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import type { TlsIdentity } from './tls-certificate.ts'

const TLS_HANDSHAKE = 0x16
const MESSAGE_LIMIT = 0xffffff + 64
const FIRST_BYTE_DEADLINE_MS = 20_000

export interface OpenPort {
  readonly port: number
  close(): Promise<void>
}

export const openPort = async (options: {
  host: string
  port: number
  tls: TlsIdentity
  onRequest: RequestListener
  /** The HTTP status with which a WebSocket is refused; `undefined` accepts it. */
  refusedUpgrade: () => number | undefined
  onSocket: (socket: WebSocket) => void
}): Promise<OpenPort> => {
  const sockets = new Set<Socket>()
  const webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: MESSAGE_LIMIT,
    perMessageDeflate: false
  })
  const upgradeAt = (server: HttpServer): void => {
    server.on('upgrade', (request, socket, head) => {
      const status = options.refusedUpgrade()
      if (status !== undefined) {
        socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nconnection: close\r\n\r\n`)
        return
      }
      webSockets.handleUpgrade(request, socket, head, webSocket => options.onSocket(webSocket))
    })
    server.on('clientError', (_error, socket) => socket.destroy())
  }
  const plain = createHttpServer(options.onRequest)
  const secure = createHttpsServer(
    { key: options.tls.key, cert: options.tls.certificate + options.tls.caCertificate },
    options.onRequest
  )
  upgradeAt(plain)
  upgradeAt(secure)
  secure.on('tlsClientError', (_error, socket) => socket.destroy())
  const listener = createServer(socket => {
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.setTimeout(FIRST_BYTE_DEADLINE_MS, () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.once('data', first => {
      socket.setTimeout(0)
      socket.removeAllListeners('timeout')
      socket.pause()
      socket.unshift(first)
      const server = first[0] === TLS_HANDSHAKE ? secure : plain
      server.emit('connection', socket)
      process.nextTick(() => socket.resume())
    })
  })
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject)
    listener.listen(options.port, options.host, () => {
      listener.removeListener('error', reject)
      resolve()
    })
  })
  const { port } = listener.address() as AddressInfo
  return {
    port,
    close: async () => {
      for (const socket of webSockets.clients) socket.terminate()
      for (const socket of sockets) socket.destroy()
      plain.closeAllConnections()
      secure.closeAllConnections()
      await new Promise<void>(resolve => listener.close(() => resolve()))
    }
  }
}
