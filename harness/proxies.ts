// Proxies on this machine: an HTTP proxy (CONNECT), plain or through TLS, and a SOCKS5 proxy. They note what passes through them,
// ask for credentials, and refuse when told to.
import { createServer as createHttpServer, type IncomingMessage, type Server as HttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'

export interface ProxyCredentials {
  readonly username: string
  readonly password: string
}

interface ProxyOptions {
  readonly credentials?: ProxyCredentials
  /** The address behind a name that only the proxy knows; other names are as they are. */
  readonly addresses?: Readonly<Record<string, string>>
}

/** A proxy while it runs. */
export class TestProxy {
  /** The host and port of every connection that was asked for and made. */
  readonly tunnels: Array<string> = []
  /** Requests with wrong credentials, or without. */
  denied = 0
  /** As long as it is set, every connection is refused, as one that the target does not accept. */
  refuses = false
  readonly port: number
  private readonly protocol: string
  private readonly credentials: ProxyCredentials | undefined
  private readonly addresses: Readonly<Record<string, string>>
  private readonly server: Server | HttpServer
  private readonly sockets = new Set<Duplex>()

  constructor(protocol: string, server: Server | HttpServer, options: ProxyOptions) {
    this.protocol = protocol
    this.server = server
    this.credentials = options.credentials
    this.addresses = options.addresses ?? {}
    this.port = (server.address() as AddressInfo).port
  }

  /** With its credentials, or with others. */
  url(credentials = this.credentials): string {
    const { password = '', username = '' } = credentials ?? {}
    const login = credentials === undefined ? '' : `${username}:${encodeURIComponent(password)}@`
    return `${this.protocol}://${login}127.0.0.1:${this.port}`
  }

  accepts(given: ProxyCredentials | undefined): boolean {
    const { credentials } = this
    const accepted =
      credentials === undefined ||
      (given?.username === credentials.username && given.password === credentials.password)
    if (!accepted) this.denied += 1
    return accepted
  }

  /** Connects with the target; calls back once, with the connection or without one. */
  open(host: string, port: number, done: (target: Socket | undefined) => void): void {
    if (this.refuses) {
      done(undefined)
      return
    }
    const target = connect(port, this.addresses[host] ?? host)
    const failed = (): void => done(undefined)
    target.once('error', failed)
    target.once('connect', () => {
      target.off('error', failed)
      this.tunnels.push(`${host}:${port}`)
      done(target)
    })
  }

  /** Passes bytes both ways until either side ends. */
  join(client: Duplex, target: Socket): void {
    for (const [from, to] of [
      [client, target],
      [target, client]
    ] as const) {
      this.hold(from)
      from.on('error', () => to.destroy())
      from.on('close', () => to.destroy())
      from.pipe(to)
    }
  }

  hold(socket: Duplex): void {
    this.sockets.add(socket)
    socket.on('close', () => this.sockets.delete(socket))
    socket.on('error', () => socket.destroy())
  }

  /** Ends the connections that pass through it. */
  drop(): void {
    for (const socket of this.sockets) socket.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.drop()
    await new Promise<void>(resolve => this.server.close(() => resolve()))
  }
}

const listening = async <S extends Server | HttpServer>(server: S): Promise<S> => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return server
}

const basicCredentials = ({ headers }: IncomingMessage): ProxyCredentials | undefined => {
  const encoded = /^Basic (.+)$/.exec(headers['proxy-authorization'] ?? '')?.[1]
  const text = Buffer.from(encoded ?? '', 'base64').toString()
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) }
}

/** `tls` makes it an https:// proxy. */
export const openHttpProxy = async (
  options: ProxyOptions & { readonly tls?: { readonly key: string; readonly certificate: string } } = {}
): Promise<TestProxy> => {
  const { tls } = options
  const server = await listening<HttpServer>(
    tls === undefined ? createHttpServer() : createHttpsServer({ key: tls.key, cert: tls.certificate })
  )
  const proxy = new TestProxy(tls === undefined ? 'http' : 'https', server, options)
  server.on('connect', (request: IncomingMessage, client: Duplex) => {
    proxy.hold(client)
    const refuse = (status: string): void =>
      void client.end(
        `HTTP/1.1 ${status}\r\nproxy-authenticate: Basic realm="test"\r\ncontent-length: 0\r\n\r\n`
      )
    if (!proxy.accepts(basicCredentials(request))) return refuse('407 Proxy Authentication Required')
    const { hostname, port } = new URL(`http://${request.url}`)
    return proxy.open(hostname.replaceAll(/[[\]]/g, ''), Number(port || 80), target => {
      if (target === undefined) return refuse('502 Bad Gateway')
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      return proxy.join(client, target)
    })
  })
  return proxy
}

/** Gives each message of a client that speaks first and waits for answers. */
async function* messagesFrom(client: Socket): AsyncGenerator<Buffer, undefined> {
  while (!client.destroyed) {
    const message = await new Promise<Buffer | undefined>(resolve => {
      client.once('data', resolve)
      client.once('close', () => resolve(undefined))
    })
    if (message === undefined) return
    client.pause()
    yield message
    client.resume()
  }
}

const SOCKS = 5
const WITHOUT_LOGIN = 0
const WITH_PASSWORD = 2
const NO_METHOD = 0xff

/** The host and port in a request to connect. */
const targetIn = (request: Buffer): { readonly host: string; readonly port: number } => {
  const type = request[3]
  if (type === 3) {
    const length = request[4] ?? 0
    return { host: request.toString('latin1', 5, 5 + length), port: request.readUInt16BE(5 + length) }
  }
  if (type === 1) return { host: [...request.subarray(4, 8)].join('.'), port: request.readUInt16BE(8) }
  const parts = Array.from({ length: 8 }, (_, n) => request.readUInt16BE(4 + n * 2).toString(16))
  return { host: parts.join(':'), port: request.readUInt16BE(20) }
}

const passwordIn = (request: Buffer): ProxyCredentials => {
  const length = request[1] ?? 0
  const from = 3 + length
  return {
    username: request.toString('utf8', 2, 2 + length),
    password: request.toString('utf8', from, from + (request[from - 1] ?? 0))
  }
}

const answer = (code: number): Buffer => Buffer.from([SOCKS, code, 0, 1, 0, 0, 0, 0, 0, 0])
const REFUSED = 5

/** Greeting, login and request of one client; `false` when it is turned away. */
const serveSocks = async (
  proxy: TestProxy,
  client: Socket,
  credentials: ProxyCredentials | undefined
): Promise<void> => {
  const messages = messagesFrom(client)
  const next = async (): Promise<Buffer> => (await messages.next()).value ?? Buffer.alloc(0)
  const methods = (await next()).subarray(2)
  const method = credentials === undefined ? WITHOUT_LOGIN : WITH_PASSWORD
  if (!methods.includes(method)) {
    proxy.denied += 1
    client.end(Buffer.of(SOCKS, NO_METHOD))
    return
  }
  client.write(Buffer.of(SOCKS, method))
  if (credentials !== undefined) {
    const isAccepted = proxy.accepts(passwordIn(await next()))
    client.write(Buffer.of(1, isAccepted ? 0 : 1))
    if (!isAccepted) {
      client.end()
      return
    }
  }
  const { host, port } = targetIn(await next())
  proxy.open(host, port, target => {
    if (target === undefined) {
      client.end(answer(REFUSED))
      return
    }
    client.write(answer(0))
    proxy.join(client, target)
  })
}

export const openSocks5Proxy = async (options: ProxyOptions = {}): Promise<TestProxy> => {
  const server = await listening(createServer())
  const proxy = new TestProxy('socks5', server, options)
  server.on('connection', (client: Socket) => {
    proxy.hold(client)
    serveSocks(proxy, client, options.credentials).catch(() => client.destroy())
  })
  return proxy
}
