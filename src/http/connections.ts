// The connections of the HTTP server: how many, how long they may be idle or slow, and the answer to what is no request of
// HTTP and so never comes to a route.
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { type ProblemCode, PROBLEMS } from './problem-codes.ts'
import { PROBLEM_JSON, problemBody } from './problems.ts'

export interface ConnectionLimits {
  /** Connections at a time; the next ones are closed unanswered. */
  readonly most: number
  /** Time for all headers of a request, in milliseconds; those below are the same. */
  readonly headersMs: number
  /** Time for a whole request. */
  readonly requestMs: number
  /** Time that a connection is kept for the next request. */
  readonly idleMs: number
  /** How often the first two are checked. */
  readonly checkEveryMs: number
  /** All headers of a request together, in bytes. */
  readonly headerBytes: number
}

export const CONNECTION_LIMITS: ConnectionLimits = {
  most: 2000,
  headersMs: 20_000,
  // An upload of 2 GB over 10 Mbit/s takes 27 minutes.
  requestMs: 1_800_000,
  // Longer than the 60 seconds for which proxies keep theirs: a proxy that uses one that is just being closed answers 502.
  idleMs: 75_000,
  checkEveryMs: 5000,
  headerBytes: 16_384
}

type Refusal = readonly [code: ProblemCode, detail: string]

const UNREADABLE: Refusal = [
  'unreadable-request',
  'This is no request of HTTP/1.1: a character of the address that is not percent-encoded, two lengths, or a line that is none'
]

/** By the code of Node's error. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: ['headers-too-large', 'Ask with a shorter address, or send fewer or shorter headers'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['body-too-large', 'The extensions of a chunk are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [
    'request-too-slow',
    'There are 20 seconds for the headers, and half an hour for all of it'
  ]
}

const CONNECT: Refusal = ['method-not-allowed', 'This server is no proxy; /docs lists all endpoints']
const EXPECTATION: Refusal = ['expectation-failed', 'Leave out the header Expect']

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Payload Too Large',
  431: 'Request Header Fields Too Large'
}

const bodyOf = (refusal: Refusal): string => JSON.stringify(problemBody(...refusal))

const statusOf = ([code]: Refusal): number => PROBLEMS[code].status

/** Answers on a connection that Node does not read any further. */
const refuseConnection = (socket: Duplex, refusal: Refusal): void => {
  if (!socket.writable) return void socket.destroy()
  const body = bodyOf(refusal)
  socket.end(
    [
      `HTTP/1.1 ${statusOf(refusal)} ${REASONS[statusOf(refusal)] ?? ''}`,
      `content-type: ${PROBLEM_JSON}`,
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
      '',
      body
    ].join('\r\n')
  )
}

const refuseRequest = (response: ServerResponse, refusal: Refusal): void =>
  void response
    .writeHead(statusOf(refusal), { 'content-type': PROBLEM_JSON, connection: 'close' })
    .end(bodyOf(refusal))

const codeOf = (error: Error): string => ('code' in error ? String(error.code) : '')

/** A server that nobody can hold up, and that refuses with a reason. */
export const makeHttpServer = (limits: ConnectionLimits = CONNECTION_LIMITS): Server => {
  const server = createServer({
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.idleMs,
    connectionsCheckingInterval: limits.checkEveryMs,
    maxHeaderSize: limits.headerBytes,
    // Refused with a reason (finish-response.ts).
    requireHostHeader: false
  })
  server.maxConnections = limits.most
  server.on('clientError', (error: Error, socket: Duplex) => {
    // It has gone, or has been answered already.
    if (codeOf(error) === 'ECONNRESET') return void socket.destroy()
    refuseConnection(socket, REFUSALS[codeOf(error)] ?? UNREADABLE)
  })
  server.on('connect', (_, socket: Duplex) => refuseConnection(socket, CONNECT))
  server.on('checkExpectation', (_, response: ServerResponse) => refuseRequest(response, EXPECTATION))
  return server
}
