// One delivery: a POST that is answered in time, to an address that may be reached from here. Redirects are not followed.
import http from 'node:http'
import https from 'node:https'
import { Effect } from 'effect'
import { RequestFilteringHttpAgent, RequestFilteringHttpsAgent } from 'request-filtering-agent'
import { beginningOf } from '../../domain/lengths.ts'
import { PRIVATE } from './address.ts'

export interface DeliveryRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
  readonly allowPrivateAddresses: boolean
}

/** What a server made of a delivery. */
export interface Answer {
  /** `null` when it did not answer. */
  readonly status: number | null
  /** What went wrong, in our words; `null` when it was taken. */
  readonly reason: string | null
  /** How the body of an answer that refuses begins. The other server decides what it holds: it is shown to whoever manages the webhook only. */
  readonly answer: string | null
  /** For how long it wants to be left alone, milliseconds. */
  readonly retryAfter: number | undefined
}

const TIMEOUT_MS = 15_000
const LONGEST_EXCERPT = 300

/** A number of seconds, or a date. */
const retryAfterOf = (header: string | undefined): number | undefined => {
  if (header === undefined) return undefined
  const milliseconds = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Number.isFinite(milliseconds) && milliseconds > 0 ? milliseconds : undefined
}

const wordsOf = (cause: unknown): string => {
  if (!(cause instanceof Error)) return 'It could not be reached'
  if (cause.message.includes('is private IP address')) return PRIVATE
  if (cause.name === 'AbortError' || cause.name === 'TimeoutError')
    return `No answer within ${TIMEOUT_MS / 1000} seconds`
  return 'code' in cause && typeof cause.code === 'string'
    ? `It could not be reached (${cause.code})`
    : 'It could not be reached'
}

/** The beginning of the body; the rest is not read. */
const beginningOfBody = async (response: http.IncomingMessage): Promise<string> => {
  let text = ''
  response.setEncoding('utf8')
  for await (const part of response) {
    text += String(part)
    if (text.length >= LONGEST_EXCERPT) break
  }
  return beginningOf(text, LONGEST_EXCERPT)
}

/** Connections are kept: an event costs no handshake. An agent checks each address that it connects to. */
const agentsOf = (allowPrivateIPAddress: boolean) => {
  const options = { keepAlive: true, maxFreeSockets: 8, allowPrivateIPAddress, allowMetaIPAddress: false }
  return { http: new RequestFilteringHttpAgent(options), https: new RequestFilteringHttpsAgent(options) }
}
const AGENTS = { anywhere: agentsOf(true), outside: agentsOf(false) }

/** The server has closed a kept connection at the moment in which it was used again. */
const wasClosedBefore = (request: http.ClientRequest, error: Error): boolean =>
  request.reusedSocket && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')

const post = (
  given: DeliveryRequest,
  signal: AbortSignal,
  mayRepeat = true
): Promise<http.IncomingMessage> => {
  const { allowPrivateAddresses, body, headers, url } = given
  const target = new URL(url)
  const agents = allowPrivateAddresses ? AGENTS.anywhere : AGENTS.outside
  const isSecure = target.protocol === 'https:'
  const options = { agent: isSecure ? agents.https : agents.http, signal, method: 'POST', headers }
  return new Promise((resolve, reject) => {
    const request = (isSecure ? https : http).request(target, options, resolve)
    request.on('error', error => {
      if (mayRepeat && !signal.aborted && wasClosedBefore(request, error))
        post(given, signal, false).then(resolve, reject)
      else reject(error)
    })
    request.end(body)
  })
}

/** Of an answer that nobody reads, so much is taken to keep the connection. */
const LONGEST_UNREAD = 64 * 1024

const skipBody = (response: http.IncomingMessage): void => {
  let bytes = 0
  response.on('error', () => undefined)
  response.on('data', (part: Buffer) => {
    bytes += part.length
    if (bytes > LONGEST_UNREAD) response.destroy()
  })
}

const reasonOf = (status: number): string =>
  status >= 300 && status < 400
    ? 'Redirects are not followed'
    : `The server answered ${[status, http.STATUS_CODES[status] ?? ''].join(' ').trim()}`

const send = async (request: DeliveryRequest, signal: AbortSignal): Promise<Answer> => {
  const response = await post(request, signal)
  const status = response.statusCode ?? 0
  if (status >= 200 && status < 300) {
    skipBody(response)
    return { status, reason: null, answer: null, retryAfter: undefined }
  }
  try {
    return {
      status,
      reason: reasonOf(status),
      answer: (await beginningOfBody(response).catch(() => '')) || null,
      retryAfter: retryAfterOf(response.headers['retry-after'])
    }
  } finally {
    response.destroy()
  }
}

/** Never fails: what went wrong is the answer. */
export const deliver = (request: DeliveryRequest): Effect.Effect<Answer> =>
  Effect.tryPromise(signal => send(request, AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]))).pipe(
    Effect.catch(({ cause }) =>
      Effect.succeed({ status: null, reason: wordsOf(cause), answer: null, retryAfter: undefined })
    )
  )
