// Firebase ID tokens at the HTTP API's door, beside the API key.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Api } from '../../harness/api.ts'
import { PROJECT } from '../../harness/firestore.ts'
import { runToExit } from '../../harness/server-process.ts'
import { authEmulator } from './auth-emulator.ts'
import { type InProcessStage, Stage } from './stage.ts'

// An emulator's tokens have no signature; what signatures are worth is tried in test/services/firebase.
let stage: InProcessStage | undefined
let emulator: Awaited<ReturnType<typeof authEmulator>>
beforeAll(async () => {
  emulator = await authEmulator('user-1')
  stage = await Stage.setInProcess({
    FIREBASE_AUTH: 'true',
    FIREBASE_PROJECT_ID: PROJECT,
    FIREBASE_AUTH_EMULATOR_HOST: emulator.host
  })
})
afterAll(async () => {
  await stage?.[Symbol.asyncDispose]()
  emulator.stop()
})
const shared = () => stage!

const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

const as = (backscroll: unknown, claims: object = {}) => {
  const now = Math.floor(Date.now() / 1000)
  const head = base64({ alg: 'none', typ: 'JWT' })
  const body = base64({
    iss: `https://securetoken.google.com/${PROJECT}`,
    aud: PROJECT,
    sub: 'user-1',
    iat: now,
    auth_time: now,
    exp: now + 3600,
    backscroll,
    ...claims
  })
  return new Api(shared().server.url, `${head}.${body}.`)
}

test('a user sees and does what their claim grants, and is told what is missing otherwise', async () => {
  const ours = await shared().linked({ history: { chats: 2, messages: 10 } })
  const theirs = await shared().api.createAccount('Not granted')
  const viewer = as({ role: 'viewer', accounts: [ours.accountId] })
  const agent = as({ role: 'agent', accounts: [ours.accountId] })

  const listed = await viewer.request<{ accounts: ReadonlyArray<{ accountId: string }> }>(
    'GET',
    '/v1/accounts'
  )
  expect(listed).toMatchObject({ status: 200 })
  expect(listed.body.accounts.map(({ accountId }) => accountId)).toEqual([ours.accountId])
  expect((await viewer.threads(ours.accountId)).length).toBe(2)
  const message = { to: ours.phone.contacts[0]!.phoneNumber, text: 'By a user' }
  expect(await viewer.request('POST', `/v1/accounts/${ours.accountId}/messages`, message)).toMatchObject({
    status: 403,
    body: { type: 'urn:backscroll:problem:forbidden', detail: 'The role agent is required' }
  })
  const sent = await agent.send(ours.accountId, message.to, message.text)
  await agent.untilEntry(ours.accountId, sent.entryId, 'sent')
  expect(await shared().api.request('GET', '/v1/audit?callerId=user-1')).toMatchObject({
    status: 200,
    body: { entries: [{ caller: { kind: 'user', id: 'user-1' }, operation: 'outbox.send', status: 202 }] }
  })
  for (const user of [viewer, agent]) {
    for (const [method, path] of [
      ['GET', `/v1/accounts/${theirs.accountId}`],
      ['GET', `/v1/accounts/${ours.accountId}/qr`],
      ['POST', `/v1/accounts/${ours.accountId}/disconnect`],
      ['DELETE', `/v1/accounts/${ours.accountId}`],
      ['GET', '/metrics'],
      ['GET', '/v1/events']
    ] as const) {
      expect(await user.request(method, path)).toMatchObject({ status: 403 })
    }
  }
  expect(await as({ role: 'admin' }).request('GET', '/metrics')).toMatchObject({ status: 200 })
})

test('a token that grants nothing, or is not for this project, opens nothing', async () => {
  for (const user of [
    as(undefined),
    as({ role: 'agent', accounts: 'all' }),
    as({ role: 'admin' }, { aud: 'other' }),
    as({ role: 'admin' }, { exp: 1 })
  ]) {
    expect(await user.request('GET', '/v1/accounts')).toMatchObject({ status: 401 })
  }
})

test('the API key goes on opening everything', async () => {
  expect(await shared().api.request('GET', '/v1/accounts')).toMatchObject({ status: 200 })
})

test('without a project the server does not start with FIREBASE_AUTH', async () => {
  const { code, output } = await runToExit({ FIREBASE_AUTH: 'true', DATA_DIR: '/nonexistent' })
  expect(code).toBe(1)
  expect(output).toContain('FIREBASE_PROJECT_ID')
})
