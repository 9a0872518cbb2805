// ID tokens are checked as Google says: by its keys, for this project, in their time. The keys come over TLS from a local
// server in Google's place.
import { createSign, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { Agent, createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:tls'
import { Effect, Layer, Logger } from 'effect'
import { deleteApp, initializeApp } from 'firebase-admin/app'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FirebaseApp } from '../../../src/services/firebase/app.ts'
import { IdTokens } from '../../../src/services/firebase/id-tokens.ts'
import { makeTlsIdentity } from '../../../simulator/wire/tls-certificate.ts'

const PROJECT = 'shop-project'
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const forger = generateKeyPairSync('rsa', { modulusLength: 2048 })

let google: Server
let isAway = false
let app: ReturnType<typeof initializeApp>

beforeAll(async () => {
  const identity = makeTlsIdentity()
  google = createServer({ key: identity.key, cert: identity.certificate }, (_, response) => {
    response.setHeader('content-type', 'application/json')
    response.setHeader('cache-control', 'public, max-age=0')
    response.end(JSON.stringify({ key1: publicKey.export({ type: 'spki', format: 'pem' }) }))
  })
  google.listen(0, '127.0.0.1')
  await once(google, 'listening')
  const { port } = google.address() as AddressInfo
  const agent = new Agent({ keepAlive: false })
  agent.createConnection = () =>
    connect({ host: '127.0.0.1', port: isAway ? 9 : port, rejectUnauthorized: false })
  app = initializeApp({ projectId: PROJECT, httpAgent: agent }, 'id-tokens')
})
afterAll(async () => {
  await deleteApp(app)
  google.close()
})

const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

const token = (claims: object = {}, { key = privateKey, kid = 'key1', alg = 'RS256' } = {}) => {
  const now = Math.floor(Date.now() / 1000)
  const head = base64({ alg, kid, typ: 'JWT' })
  const body = base64({
    iss: `https://securetoken.google.com/${PROJECT}`,
    aud: PROJECT,
    sub: 'user-1',
    iat: now - 10,
    auth_time: now - 10,
    exp: now + 3600,
    backscroll: { role: 'agent', accounts: ['acc-1'] },
    ...claims
  })
  const signature =
    alg === 'none' ? '' : createSign('RSA-SHA256').update(`${head}.${body}`).sign(key).toString('base64url')
  return `${head}.${body}.${signature}`
}

const verify = (given: string) =>
  Effect.runPromise(
    IdTokens.use(tokens => Effect.result(tokens.verify(given))).pipe(
      Effect.provide(
        Layer.mergeAll(IdTokens.layer.pipe(Layer.provide(Layer.succeed(FirebaseApp, app))), Logger.layer([]))
      )
    )
  )

const refused = (reason: RegExp) => ({ _tag: 'Failure', failure: { reason: expect.stringMatching(reason) } })

test('a token of this project grants what its claim says', async () => {
  expect(await verify(token())).toMatchObject({
    _tag: 'Success',
    success: { grant: { role: 'agent', accounts: ['acc-1'] } }
  })
  expect(await verify(token({ backscroll: { role: 'admin' } }))).toMatchObject({
    success: { grant: { role: 'admin', accounts: [] } }
  })
})

test.each([
  [
    'of another project',
    token({ aud: 'other', iss: 'https://securetoken.google.com/other' }),
    /not one of this/
  ],
  ['that has expired', token({ exp: Math.floor(Date.now() / 1000) - 3600 }), /expired/],
  ['signed by somebody else', token({}, { key: forger.privateKey }), /not one of this/],
  ['with a key that Google does not have', token({}, { kid: 'key9' }), /./],
  ['without a signature', token({}, { alg: 'none' }), /not one of this/],
  ['that is none', 'a.b.c', /not one of this/],
  ['without a claim', token({ backscroll: undefined }), /no claim backscroll/],
  ['with an unknown role', token({ backscroll: { role: 'owner', accounts: [] } }), /no claim backscroll/],
  ['with accounts that are no list', token({ backscroll: { role: 'agent', accounts: 'acc-1' } }), /no claim/]
])('a token %s is refused', async (_, given, reason) => {
  expect(await verify(given)).toMatchObject(refused(reason))
})

test('when Google cannot be reached, that is said and nobody is let in', async () => {
  isAway = true
  expect(await verify(token())).toMatchObject(refused(/cannot be checked at present/))
  isAway = false
  expect(await verify(token())).toMatchObject({ _tag: 'Success' })
})
