// WebChannel, the way from browsers to Firestore: messages to the server in POSTs, messages from it in the answer to a GET
// that stays open. One channel a stream.
import { randomBytes } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Metadata, status } from '@grpc/grpc-js'
import { jsonOf, listenRequestIn, writeRequestIn } from './json.ts'
import { Refusal } from './protocol.ts'

/** One stream of a browser, with the face of a gRPC stream. */
class Channel extends EventEmitter {
  readonly metadata = new Metadata()
  readonly sid = randomBytes(8).toString('hex')
  /** Sent and not confirmed yet, by number. */
  private readonly kept: Array<readonly [number, unknown]> = []
  private last = 0
  private back: ServerResponse | undefined

  constructor(authorization: string | undefined) {
    super()
    if (authorization !== undefined) this.metadata.set('authorization', authorization)
    this.on('error', error => {
      const refusal = error instanceof Refusal ? error : new Refusal(status.INTERNAL, String(error))
      const name = Object.entries(status).find(([, code]) => code === refusal.code)?.[0]
      this.push([{ error: { code: refusal.code, status: name, message: refusal.details } }])
    })
  }

  get lastNumber(): number {
    return this.last
  }

  get isOpen(): boolean {
    return this.back !== undefined
  }

  write(message: object): boolean {
    return this.push([jsonOf(message)])
  }

  end(): void {
    this.back?.end()
    this.back = undefined
  }

  destroy(): void {
    this.end()
    this.emit('cancelled')
  }

  private push(data: unknown): boolean {
    const numbered = [(this.last += 1), data] as const
    this.kept.push(numbered)
    if (this.back !== undefined) this.back.write(framed([numbered]))
    return true
  }

  /** The browser waits for messages, and has those up to a number. */
  open(response: ServerResponse, confirmed: number): void {
    this.back?.end()
    this.back = response
    while (this.kept[0] !== undefined && this.kept[0][0] <= confirmed) this.kept.shift()
    if (this.kept.length > 0) response.write(framed(this.kept))
    response.on('close', () => {
      if (this.back === response) this.back = undefined
    })
  }
}

const framed = (messages: unknown): string => {
  const body = JSON.stringify(messages)
  return `${body.length}\n${body}`
}

export interface WebStreams {
  readonly listen: (channel: Channel) => void
  readonly write: (channel: Channel) => void
}

/** Browsers send credentials, so that the page's origin has to be named. */
const headersFor = (request: IncomingMessage) => ({
  'access-control-allow-origin': request.headers.origin ?? '*',
  'access-control-allow-credentials': 'true',
  'access-control-allow-headers': request.headers['access-control-request-headers'] ?? 'content-type',
  'access-control-allow-methods': 'GET, POST, OPTIONS',
  'access-control-expose-headers': 'x-http-session-id',
  'cache-control': 'no-store',
  'content-type': 'text/plain'
})

/** Headers that a browser has put into the address, so as not to ask first. */
const headersIn = (query: URLSearchParams): ReadonlyMap<string, string> =>
  new Map(
    (query.get('$httpHeaders') ?? '').split('\r\n').map(line => {
      const at = line.indexOf(':')
      return [line.slice(0, at).toLowerCase(), line.slice(at + 1)]
    })
  )

export class WebChannelServer {
  private readonly server: Server
  private readonly channels = new Map<string, Channel>()
  private readonly streams: WebStreams

  private constructor(streams: WebStreams) {
    this.streams = streams
    this.server = createServer((request, response) => {
      this.serve(request, response).catch((error: unknown) =>
        response.writeHead(500, headersFor(request)).end(String(error))
      )
    })
  }

  static async start(streams: WebStreams): Promise<WebChannelServer> {
    const started = new WebChannelServer(streams)
    started.server.listen(0, '127.0.0.1')
    await once(started.server, 'listening')
    return started
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  stop(): void {
    for (const channel of this.channels.values()) channel.destroy()
    this.server.closeAllConnections()
    this.server.close()
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const headers = headersFor(request)
    const url = new URL(request.url ?? '', 'http://local')
    const query = url.searchParams
    const rpc = /\/google\.firestore\.v1\.Firestore\/(Listen|Write)\/channel$/.exec(url.pathname)?.[1]
    if (request.method === 'OPTIONS') return void response.writeHead(204, headers).end()
    if (rpc === undefined)
      return void response.writeHead(501, headers).end('The local Firestore does not do this over HTTP')
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += String(chunk)
    const known = this.channels.get(query.get('SID') ?? '')
    if (query.get('TYPE') === 'terminate') {
      known?.destroy()
      this.channels.delete(known?.sid ?? '')
      return void response.writeHead(200, headers).end()
    }
    if (request.method === 'GET') {
      if (known === undefined) return void response.writeHead(400, headers).end('Unknown SID')
      response.writeHead(200, headers)
      known.open(response, Number(query.get('AID') ?? 0))
      return
    }
    const form = new URLSearchParams(body)
    const channel = known ?? this.begin(rpc, headersIn(query).get('authorization') ?? headersOf(form))
    for (let n = 0; n < Number(form.get('count') ?? 0); n += 1) {
      const message: unknown = JSON.parse(form.get(`req${n}___data__`) ?? '{}')
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      const given = message as Record<string, unknown>
      channel.emit('data', rpc === 'Listen' ? listenRequestIn(given) : writeRequestIn(given))
    }
    response.writeHead(200, { ...headers, 'x-http-session-id': 'local' })
    response.end(
      known === undefined
        ? framed([[0, ['c', channel.sid, '', 8, 14, 30_000]]])
        : framed([channel.isOpen ? 1 : 0, channel.lastNumber, 0])
    )
  }

  private begin(rpc: string, authorization: string | undefined): Channel {
    const channel = new Channel(authorization)
    this.channels.set(channel.sid, channel)
    if (rpc === 'Listen') this.streams.listen(channel)
    else this.streams.write(channel)
    return channel
  }
}

const headersOf = (form: URLSearchParams): string | undefined =>
  headersIn(new URLSearchParams({ $httpHeaders: form.get('headers') ?? '' })).get('authorization')
