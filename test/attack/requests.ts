// The requests of an attack: number `n` of a seed is always the same one. Most are about an endpoint of the OpenAPI document, with some things
// wrong in them; the others break HTTP itself.
import { pick, type Random } from '../chaos/random.ts'
import { brokenHttp } from './broken-http.ts'
import {
  type AttackRequest,
  type Credential,
  CREDENTIALS,
  type Operation,
  type Target,
  type Words
} from './target.ts'
import { fitting, mutated, NASTY_TEXTS, type Vocabulary } from './values.ts'

/** However busy the machine is. */
const LONG_PATIENCE_MS = 60_000
/** For answers that have no end, and for requests that are never complete. */
const SHORT_PATIENCE_MS = 700

export const attackRequest = (target: Target, random: Random): AttackRequest =>
  random() < 0.22 ? brokenHttp(target, random, SHORT_PATIENCE_MS) : aboutEndpoint(target, random)

const credentialFor = (random: Random): Credential => {
  const chance = random()
  if (chance < 0.6) return 'admin'
  return pick(random, CREDENTIALS.slice(1))
}

const aboutEndpoint = (target: Target, random: Random): AttackRequest => {
  const operation = pick(random, target.operations)
  const credential = credentialFor(random)
  const words = target.wordsFor({ ...operation, credential })
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => parameter(words, random, name))
  const query = operation.query
    .filter(() => random() < 0.4)
    .map(name => `${name}=${parameter(words, random, name)}`)
  const url = path + (query.length === 0 ? '' : `?${query.join('&')}`)
  const method =
    random() < 0.06 ? pick(random, ['PUT', 'OPTIONS', 'HEAD', 'TRACE', 'PROPFIND', 'get']) : operation.method
  const body = bodyOf({ schemas: target.schemas, words }, random, operation)
  const headers = [
    'Host: 127.0.0.1',
    'Connection: close',
    ...authorization(target, random, credential),
    ...body.headers,
    ...(random() < 0.2 ? [pick(random, ODD_HEADERS)] : [])
  ]
  const head = `${method} ${url} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`
  const isEndless = /events$|\/export$/.test(operation.path)
  const isOther = method !== operation.method
  return {
    what: `${method} ${url.slice(0, 300)} as ${credential}`,
    operation: isOther ? undefined : operation,
    credential,
    isAnswered: body.isComplete && !isEndless,
    parts: [Buffer.from(head, 'latin1'), body.bytes],
    hangsUp: random() < 0.03,
    patienceMs: body.isComplete && !isEndless ? LONG_PATIENCE_MS : SHORT_PATIENCE_MS
  }
}

/** A parameter in a URL, mostly of something that exists. */
const parameter = (words: Words, random: Random, name: string): string => {
  const known = words(name, random)
  if (known !== undefined && random() < 0.75) return encodeURIComponent(known)
  const nasty = pick(random, NASTY_TEXTS).slice(0, 3000)
  // What is not well-formed cannot be encoded.
  return random() < 0.8
    ? encodeURIComponent(nasty.toWellFormed())
    : latin(nasty).replaceAll(/[\s/?#]/g, '%2f')
}

const latin = (text: string): string => Buffer.from(text).toString('latin1')

const authorization = (target: Target, random: Random, credential: Credential): ReadonlyArray<string> => {
  const token = target.credentials[credential]
  if (credential === 'none' || token === undefined) return []
  if (credential === 'wrong' && random() < 0.5)
    return [
      `Authorization: ${pick(random, [`Basic ${token}`, `Bearer  ${token}`, 'Bearer', `bearer\t${token}`, 'Bearer null'])}`
    ]
  return [`Authorization: Bearer ${token}`]
}

const ODD_HEADERS = [
  'Range: bytes=0-0',
  'Range: bytes=-99999999999999999999',
  'Range: bytes=5-1,3-2,0-',
  'Range: lines=1',
  'If-None-Match: "x", *',
  'If-Modified-Since: yesterday',
  'Accept: application/x-nothing',
  'Accept-Encoding: br;q=9, *',
  'Content-Encoding: gzip',
  'Expect: 100-continue',
  'Expect: something',
  'X-HTTP-Method-Override: DELETE',
  'X-Forwarded-For: 127.0.0.1',
  'Forwarded: for="_x"',
  'Last-Event-ID: -5',
  'Last-Event-ID: 99999999999999999999',
  'Cookie: a=b; __proto__=c',
  'traceparent: 00-zz-zz-zz',
  'Origin: null',
  'Upgrade: websocket',
  'Upgrade: h2c\r\nHTTP2-Settings: AAAA',
  `X-Long: ${'x'.repeat(8000)}`
]

interface Body {
  readonly headers: ReadonlyArray<string>
  readonly bytes: Uint8Array
  readonly isComplete: boolean
}

const NONE: Body = { headers: [], bytes: new Uint8Array(), isComplete: true }

const sized = (type: string, bytes: Uint8Array): Body => ({
  headers: [`Content-Type: ${type}`, `Content-Length: ${bytes.length}`],
  bytes,
  isComplete: true
})

const bodyOf = (vocabulary: Vocabulary, random: Random, operation: Operation): Body => {
  if (operation.body === undefined && random() < 0.9) return NONE
  const fit = fitting(vocabulary, random, operation.body ?? {})
  const json = Buffer.from(JSON.stringify(random() < 0.3 ? fit : mutated(random, fit)) ?? '')
  const chance = random()
  if (operation.takesForm && chance < 0.3) return form(vocabulary, random)
  if (chance < 0.7) return sized('application/json', json)
  return pick(random, DAMAGES)(json, random)
}

/** What happens to a body on its way. */
const DAMAGES: ReadonlyArray<(json: Buffer, random: Random) => Body> = [
  json => sized('application/json', json.subarray(0, Math.max(0, json.length - 1))),
  json => sized('application/json', Buffer.concat([json, Buffer.from([0xff, 0xfe, 0xc0, 0x80])])),
  (json, random) => {
    const bytes = Buffer.from(json)
    for (let n = 0; n < 4 && bytes.length > 0; n += 1)
      bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256)
    return sized('application/json', bytes)
  },
  json => sized('text/plain', json),
  json => sized('application/json; charset=utf-16', Buffer.from(json.toString(), 'utf16le')),
  json => sized('application/x-www-form-urlencoded', json),
  json => sized('application/zip', Buffer.concat([Buffer.from('PK\u0003\u0004'), json])),
  () => sized('application/json', Buffer.from('['.repeat(50_000))),
  () => sized('application/json', Buffer.alloc(1_200_000, '"')),
  // Less than was promised.
  json => ({
    headers: ['Content-Type: application/json', `Content-Length: ${json.length + 10}`],
    bytes: json,
    isComplete: false
  }),
  json => ({
    headers: ['Content-Type: application/json', 'Transfer-Encoding: chunked'],
    bytes: Buffer.concat([
      Buffer.from(`${json.length.toString(16)}\r\n`),
      json,
      Buffer.from('\r\n0\r\n\r\n')
    ]),
    isComplete: true
  }),
  json => ({
    headers: ['Content-Type: application/json', 'Transfer-Encoding: chunked'],
    bytes: Buffer.concat([Buffer.from('zz\r\n'), json]),
    isComplete: false
  }),
  json => ({
    headers: [
      'Content-Type: application/json',
      'Transfer-Encoding: chunked',
      `Content-Length: ${json.length}`
    ],
    bytes: json,
    isComplete: false
  })
]

/** A form with a file, in which boundaries, names and fields may be wrong. */
const form = ({ words }: Vocabulary, random: Random): Body => {
  const boundary = pick(random, ['x', '----b', 'a'.repeat(200)])
  const fields = ['to', 'caption', 'type', 'viewOnce', 'unknown'].filter(() => random() < 0.5)
  const parts = fields.map(
    name =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${words(name, random) ?? pick(random, NASTY_TEXTS)}\r\n`
  )
  const fileName = pick(random, ['a.png', '../../x', 'x'.repeat(2000), '"\r\nX: y', '\u202Egpj.exe'])
  const file = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${fileName}"\r\nContent-Type: ${pick(random, ['image/png', 'video/mp4', 'audio/ogg', 'x', 'text/html'])}\r\n\r\n${'\u0089PNG garbage '.repeat(20)}\r\n`
  const end = random() < 0.8 ? `--${boundary}--\r\n` : `--${boundary}`
  const type = pick(random, [
    `multipart/form-data; boundary=${boundary}`,
    'multipart/form-data',
    'multipart/form-data; boundary=other'
  ])
  return sized(type, Buffer.from([...parts, ...(random() < 0.9 ? [file] : []), end].join('')))
}
