// What pages in somebody's browser may do here. A page of another site may not change anything, and may read only where CORS_ORIGINS
// names its site; a name of another site that is made to lead here (DNS rebinding) is refused.
import { isIP } from 'node:net'
import { HttpServerResponse } from 'effect/http'
import type { ProblemCode } from './problem-codes.ts'

export interface BrowserRules {
  /** Names by which this server may be asked, beside addresses and `localhost`; `any`: they are not checked. */
  readonly hosts: 'any' | ReadonlySet<string>
  /** Origins whose pages may use the API. */
  readonly origins: 'all' | ReadonlySet<string>
}

/** What is looked at of a request. */
export interface BrowserRequest {
  readonly method: string
  readonly headers: Readonly<Record<string, string | undefined>>
}

type Refusal = readonly [code: ProblemCode, detail: string]

/** What a function made of its last argument: almost all requests name the same host. */
const rememberingLast = (of: (text: string) => string): ((text: string) => string) => {
  let last: { readonly text: string; readonly made: string } | undefined
  return text => {
    if (last?.text !== text) last = { text, made: of(text) }
    return last.made
  }
}

const hostNameOf = rememberingLast(host =>
  (URL.parse(`http://${isIP(host) === 6 ? `[${host}]` : host}`)?.hostname ?? '').replaceAll(
    /^\[|\]$|\.$/g,
    ''
  )
)

const isLocalName = (name: string): boolean => name === 'localhost' || name.endsWith('.localhost')

const isLoopback = (name: string): boolean =>
  isLocalName(name) || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'))

/** Names are checked on a server that only this machine reaches, and wherever some are allowed. */
export const browserRules = ({
  allowedHosts,
  corsOrigins,
  host
}: {
  /** Where the server listens. */
  readonly host: string
  readonly allowedHosts: ReadonlyArray<string>
  readonly corsOrigins: ReadonlyArray<string>
}): BrowserRules => ({
  hosts:
    allowedHosts.length === 0 && !isLoopback(hostNameOf(host))
      ? 'any'
      : new Set([...allowedHosts, host].map(hostNameOf)),
  origins: corsOrigins.includes('*') ? 'all' : new Set(corsOrigins)
})

/** A page that comes from an address, not from a name, cannot be of another site. */
const isKnownHost = (hosts: ReadonlySet<string>, host: string): boolean => {
  const name = hostNameOf(host)
  return isIP(name) !== 0 || isLocalName(name) || (name !== '' && hosts.has(name))
}

const mayRead = ({ origins }: BrowserRules, origin: string): boolean =>
  origins === 'all' || origins.has(origin)

/** Behind a proxy that does TLS, or passes another Host on, the browser says itself whether the page is of this server. */
const isOwnPage = (
  origin: string,
  { host = '', 'sec-fetch-site': site }: BrowserRequest['headers']
): boolean => {
  const page = URL.parse(origin)
  return (
    site === 'same-origin' || (page !== null && URL.parse(`${page.protocol}//${host}`)?.host === page.host)
  )
}

const isSafe = ({ headers, method }: BrowserRequest): boolean =>
  ['GET', 'HEAD', 'OPTIONS'].includes(method) && headers['upgrade'] === undefined

/** Why a browser must not ask this; `undefined` when it may, or is none. */
export const browserRefusal = (rules: BrowserRules, request: BrowserRequest): Refusal | undefined => {
  const { host, origin } = request.headers
  if (rules.hosts !== 'any' && host !== undefined && !isKnownHost(rules.hosts, host))
    return [
      'wrong-host',
      'This server does not answer to the name in the header Host. If it is right, add it to ALLOWED_HOSTS; by an IP address and as localhost it always answers'
    ]
  if (origin === undefined || isSafe(request) || mayRead(rules, origin) || isOwnPage(origin, request.headers))
    return undefined
  return [
    'foreign-origin',
    'A page of another site asks for a change. If it may, add its origin to CORS_ORIGINS; programs leave out the header Origin'
  ]
}

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE'
const REQUEST_HEADERS =
  'Authorization, X-Api-Key, apikey, Content-Type, Idempotency-Key, Last-Event-ID, Range'
const RESPONSE_HEADERS =
  'Content-Disposition, Content-Range, RateLimit, RateLimit-Policy, Retry-After, X-Trace-Id'
const PREFLIGHT_SECONDS = '600'

/** What a browser has to hear to show an answer to a page of this origin; nothing where it may not. */
export const corsHeaders = (
  rules: BrowserRules,
  { headers: { origin } }: BrowserRequest
): Readonly<Record<string, string>> => {
  if (rules.origins === 'all') return { 'access-control-allow-origin': '*', ...EXPOSED }
  if (rules.origins.size === 0) return {}
  return origin !== undefined && rules.origins.has(origin)
    ? { 'access-control-allow-origin': origin, vary: 'Origin', ...EXPOSED }
    : { vary: 'Origin' }
}

const EXPOSED = { 'access-control-expose-headers': RESPONSE_HEADERS }

/** The answer to a browser that asks first whether a page may; `undefined` for any other request. */
export const preflightAnswer = (
  rules: BrowserRules,
  request: BrowserRequest
): HttpServerResponse.HttpServerResponse | undefined => {
  const { 'access-control-request-method': asked, origin } = request.headers
  if (request.method !== 'OPTIONS' || asked === undefined || origin === undefined) return undefined
  if (!mayRead(rules, origin)) return undefined
  return HttpServerResponse.empty({
    status: 204,
    headers: {
      ...corsHeaders(rules, request),
      'access-control-allow-methods': METHODS,
      'access-control-allow-headers': REQUEST_HEADERS,
      'access-control-max-age': PREFLIGHT_SECONDS
    }
  })
}
