// Requests that break HTTP itself: lines, headers, lengths, several requests in one, upgrades, paths that lead elsewhere.
import { pick, type Random } from '../chaos/random.ts'
import type { AttackRequest, Target } from './target.ts'

type Maker = (
  random: Random,
  key: string
) => { readonly text: string; readonly slow?: boolean; readonly half?: boolean }

const get = (path: string, ...headers: ReadonlyArray<string>): string =>
  `GET ${path} HTTP/1.1\r\n${['Host: localhost', 'Connection: close', ...headers].join('\r\n')}\r\n\r\n`

const PATHS = [
  '//',
  '/..',
  '/../../../../etc/passwd',
  '/%2e%2e/%2e%2e/etc/passwd',
  '/v1/../../.env',
  '/v1/accounts/..%2f..%2fvault.key',
  '/v1/accounts/%00',
  '/v1/accounts/%',
  '/v1/accounts/%ff%fe',
  '/v1//accounts',
  '/v1/accounts/',
  '/V1/ACCOUNTS',
  '/v1/accounts;a=b',
  '/v1/accounts?%',
  '/v1/accounts?limit=1&limit=2',
  '/docs/../metrics',
  '/inspect/../../src/main.ts',
  '/inspect/stream?ticket=x',
  '/link/x',
  '/link/%2e%2e/state',
  '/link/__proto__/state',
  '/openapi.json?x',
  '/favicon.ico',
  '/build/main.js',
  '/node_modules/effect/package.json',
  'http://example.com/v1/accounts',
  'http://[::1/v1/accounts',
  '*',
  `/${'a/'.repeat(3000)}`,
  `/v1/accounts/${'%41'.repeat(2000)}`,
  `/health?${'a=b&'.repeat(3000)}`
]

const MAKERS: ReadonlyArray<Maker> = [
  (random, key) => ({ text: get(pick(random, PATHS), `Authorization: Bearer ${key}`) }),
  random => ({ text: get(pick(random, PATHS)) }),
  random => ({
    text: pick(random, [
      '\r\n\r\n\r\n',
      'GET\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      'GET / HTTP/1.1\r\nHost x\r\n\r\n',
      'GET / HTTP/1.1\r\n: x\r\n\r\n',
      'GET / HTTP/1.1\nHost: localhost\n\n',
      'GET /\u0000 HTTP/1.1\r\nHost: localhost\r\n\r\n',
      'G\u0001T / HTTP/1.1\r\nHost: localhost\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      'CONNECT example.com:443 HTTP/1.1\r\nHost: localhost\r\n\r\n',
      'GET / HTTP/1.1\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
      '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003'
    ])
  }),
  // Far too much before the body.
  random => ({
    text: `GET /health HTTP/1.1\r\nHost: localhost\r\n${pick(random, [`X: ${'x'.repeat(100_000)}\r\n`, 'X: y\r\n'.repeat(3000)])}\r\n`
  }),
  // Two lengths, of which one may hide a second request.
  (random, key) => ({
    text: pick(random, [
      `POST /v1/accounts HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer wrong\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${get('/metrics')}`,
      `POST /v1/accounts HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 60\r\n\r\nabcde${get('/v1/accounts')}`,
      `POST /v1/accounts HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${get('/v1/accounts')}`,
      `POST /v1/accounts HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n${get('/v1/store')}`,
      `POST /v1/accounts HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${key}\r\nContent-Length: +5\r\n\r\nabcde`,
      `GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 40\r\n\r\n${get('/v1/accounts')}`,
      `GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n${get('/metrics')}`
    ])
  }),
  // Chunks that are none.
  (random, key) => ({
    text: `POST /v1/accounts HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${pick(random, ['ffffffffffffffff\r\nx', '-1\r\n\r\n', '5;ext="\r\nabcde\r\n0\r\n\r\n', '3\r\n{"a\r\n0\r\nTrailer: x\r\n\r\n', '\r\n\r\n'])}`,
    half: random() < 0.3
  }),
  (random, key) => ({
    text: get(
      pick(random, ['/', '/health', '/v1/accounts', '/v1/events', '/inspect/stream', '/docs']),
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${pick(random, ['dGhlIHNhbXBsZSBub25jZQ==', 'short', ''])}`,
      `Authorization: Bearer ${random() < 0.5 ? key : 'wrong'}`
    )
  }),
  // Byte after byte, and perhaps never to the end.
  random => ({ text: get('/health').slice(0, random() < 0.5 ? undefined : 40), slow: true }),
  (random, key) => ({
    text: `POST /v1/accounts HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"name":"`,
    half: random() < 0.5
  })
]

const BYTES_AT_ONCE = 8

const inPieces = (bytes: Buffer): ReadonlyArray<Buffer> =>
  Array.from({ length: Math.ceil(bytes.length / BYTES_AT_ONCE) }, (_, n) =>
    bytes.subarray(n * BYTES_AT_ONCE, (n + 1) * BYTES_AT_ONCE)
  )

export const brokenHttp = (target: Target, random: Random, patienceMs: number): AttackRequest => {
  const { half = false, slow = false, text } = pick(random, MAKERS)(random, target.credentials.admin ?? '')
  const bytes = Buffer.from(text, 'latin1')
  return {
    what: `broken: ${JSON.stringify(text.slice(0, 300))}`,
    operation: undefined,
    // Some carry the key; none is checked for what it may see.
    credential: text.includes(target.credentials.admin ?? '\u0000') ? 'admin' : 'none',
    isAnswered: false,
    parts: slow ? inPieces(bytes) : [bytes],
    ...(slow ? { pauseMs: 20 } : {}),
    closesItsSide: half,
    hangsUp: random() < 0.1,
    patienceMs
  }
}
