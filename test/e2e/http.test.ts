// Every refusal of the HTTP API says what is wrong, and nothing is open without the key.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeCursor } from '../../src/domain/page.ts'
import { badField } from '../../src/http/problems.ts'
import { type InProcessStage, Stage } from './stage.ts'

let stage: InProcessStage
let accountId: string
beforeAll(async () => {
  stage = await Stage.setInProcess()
  accountId = (await stage.api.createAccount('Shop')).accountId
})
afterAll(() => stage[Symbol.asyncDispose]())

describe('without the key', () => {
  test('every path of the contract is refused', async () => {
    const { body } = await stage.api.request<{ paths: Record<string, Record<string, unknown>> }>(
      'GET',
      '/openapi.json'
    )
    const closed = Object.entries(body.paths)
      .filter(([path]) => path.startsWith('/v1/') || path === '/metrics')
      .flatMap(([path, methods]) =>
        Object.keys(methods).map(method => [method.toUpperCase(), path.replaceAll(/\{\w+\}/g, 'x')] as const)
      )
    expect(closed.length).toBeGreaterThan(20)
    for (const [method, path] of closed) {
      for (const headers of [{ authorization: '' }, { authorization: 'Bearer wrong-key-wrong-key' }]) {
        const answer = await stage.api.request(method, path, undefined, headers)
        expect({ method, path, ...answer }).toMatchObject({
          status: 401,
          body: { status: 401, title: expect.any(String) }
        })
      }
    }
  })

  test('health, readiness and the documentation answer', async () => {
    for (const path of ['/health', '/ready', '/docs', '/openapi.json']) {
      expect((await stage.api.request('GET', path, undefined, { authorization: '' })).status).toBe(200)
    }
    // The page is small, and its scripts are kept.
    const page = await (await fetch(`${stage.server.url}/docs`)).text()
    expect(page.length).toBeLessThan(5000)
    const scripts = [...page.matchAll(/src="([^"]+)"/g)].map(([, path = '']) => path)
    expect(scripts).toHaveLength(2)
    for (const path of scripts) {
      const { headers } = await fetch(stage.server.url + path, { headers: { 'accept-encoding': 'gzip' } })
      expect([headers.get('content-encoding'), headers.get('cache-control')]).toEqual([
        'gzip',
        expect.stringContaining('immutable')
      ])
    }
  })
})

describe('bad input names the field', () => {
  const send = (body: unknown) => stage.api.request('POST', `/v1/accounts/${accountId}/messages`, body)
  test.each([
    ['an account without a name', () => stage.api.request('POST', '/v1/accounts', {}), 'name'],
    ['an empty name', () => stage.api.request('POST', '/v1/accounts', { name: '  ' }), 'name'],
    ['a name of the wrong type', () => stage.api.request('POST', '/v1/accounts', { name: 7 }), 'name'],
    [
      'a name that is not what it looks like',
      () => stage.api.request('POST', '/v1/accounts', { name: 'Shop\u202e' }),
      'name'
    ],
    ['an endless name', () => stage.api.request('POST', '/v1/accounts', { name: 'x'.repeat(101) }), 'name'],
    [
      'a cursor of another list',
      () =>
        stage.api.request(
          'GET',
          `/v1/accounts/${accountId}/threads?before=${encodeCursor({ time: 1, id: 'x', row: 1 })}`
        ),
      'before'
    ],
    [
      'a backfill of no thread',
      () => stage.api.request('POST', `/v1/accounts/${accountId}/backfill`, { threads: 0 }),
      'threads'
    ],
    [
      'a time that ends before it begins',
      () => stage.api.request('GET', `/v1/accounts/${accountId}/export?since=2026-02-01&until=2026-01-01`),
      'until'
    ],
    [
      'an unknown pairing method',
      () => stage.api.request('POST', `/v1/accounts/${accountId}/pair`, { method: 'telepathy' }),
      'method'
    ],
    [
      'a code without a phone number',
      () => stage.api.request('POST', `/v1/accounts/${accountId}/pair`, { method: 'code' }),
      'phoneNumber'
    ],
    [
      'a phone number with letters',
      () =>
        stage.api.request('POST', `/v1/accounts/${accountId}/pair`, {
          method: 'code',
          phoneNumber: '+49 abc'
        }),
      'phoneNumber'
    ],
    ['a message without text', () => send({ to: '+491511234567' }), 'text'],
    ['a message without recipient', () => send({ text: 'Hi' }), 'to'],
    ['a recipient that is none', () => send({ to: 'nobody', text: 'Hi' }), 'to'],
    ['an empty text', () => send({ to: '+491511234567', text: '' }), 'text'],
    [
      'a limit of nothing',
      () => stage.api.request('GET', `/v1/accounts/${accountId}/threads?limit=0`),
      'limit'
    ],
    [
      'a limit of words',
      () => stage.api.request('GET', `/v1/accounts/${accountId}/threads?limit=many`),
      'limit'
    ],
    [
      'a search for nothing',
      () => stage.api.request('GET', `/v1/accounts/${accountId}/search?q=%22%22%20-no`),
      'q'
    ],
    [
      'a search for a book',
      () => stage.api.request('GET', `/v1/accounts/${accountId}/search?q=${'x'.repeat(10_000)}`),
      'q'
    ],
    [
      'a time that is none',
      () => stage.api.request('GET', `/v1/accounts/${accountId}/export?since=yesterday`),
      'since'
    ],
    [
      'a sender who is nobody',
      () => stage.api.request('GET', `/v1/accounts/${accountId}/search?q=a&sender=nobody`),
      'sender'
    ],
    [
      'a type that is none',
      () => stage.api.request('GET', `/v1/accounts/${accountId}/search?q=a&type=text,novel`),
      'type'
    ],
    [
      'a made-up cursor',
      () => stage.api.request('GET', `/v1/accounts/${accountId}/threads?cursor=abc`),
      'cursor'
    ]
  ])('%s', async (_, ask, field) => {
    const answer = await ask()
    expect(answer.status).toBe(400)
    expect((answer.body as { detail: string }).detail).toContain(field)
    const { errors } = answer.body as {
      errors: ReadonlyArray<{ path: ReadonlyArray<string>; message: string }>
    }
    expect(errors.some(error => error.path.includes(field) && error.message.length > 0)).toBe(true)
  })

  test('a body that is not JSON is refused', async () => {
    const answer = await stage.api.request('POST', '/v1/accounts', '{"name":')
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ path: ['payload'] }] } })
  })
})

test('every wrong field is told in one form: a type, a code, and a path of names and places', async () => {
  const send = (body: unknown) => stage.api.request('POST', `/v1/accounts/${accountId}/messages`, body)
  const to = '+491511234567'
  const picture = { url: 'https://example.com/a.jpg' }
  const asked: ReadonlyArray<readonly [ReturnType<typeof send>, ReadonlyArray<string | number>]> = [
    // Against the schema.
    [send({ to, text: 7 }), ['payload', 'text']],
    [send({ to, text: 'a', sendat: 1 }), ['payload', 'sendat']],
    [send({ to, album: [picture, { url: 7 }] }), ['payload', 'album', 1, 'url']],
    [stage.api.request('GET', `/v1/accounts/${accountId}/threads?limit=0`), ['query', 'limit']],
    // What no schema expresses.
    [send({ to: 'nobody', text: 'a' }), ['payload', 'to']],
    [stage.api.request('POST', '/v1/webhooks', { url: 'http://[::1]:8080/hook' }), ['payload', 'url']],
    [
      stage.api.request('POST', '/v1/keys', {
        name: 'k',
        role: 'viewer',
        accounts: 'all',
        events: ['mesage.*']
      }),
      ['payload', 'events', 0]
    ],
    [
      stage.api.request('POST', `/v1/accounts/${accountId}/contacts/check`, { numbers: [to, 'abc'] }),
      ['payload', 'numbers', 1]
    ],
    [stage.api.request('GET', `/v1/accounts/${accountId}/search?q=a&cursor=abc`), ['query', 'cursor']]
  ]
  for (const [answer, path] of asked) {
    expect(await answer).toMatchObject({
      status: 400,
      body: {
        type: 'urn:backscroll:problem:bad-field',
        code: 'bad-field',
        errors: expect.arrayContaining([{ path, message: expect.any(String) }])
      }
    })
  }
  // As the outbox names what it refuses.
  expect(badField('payload', 'album.1.url', 'Expected a URL').errors[0]?.path).toEqual([
    'payload',
    'album',
    1,
    'url'
  ])
})

test('every problem of the contract has a type and the same as a code', async () => {
  const { body } = await stage.api.request<{
    components: { schemas: Record<string, { properties?: Record<string, { enum?: ReadonlyArray<string> }> }> }
  }>('GET', '/openapi.json')
  const problems = Object.values(body.components.schemas)
    .map(({ properties }) => properties ?? {})
    .filter(({ type }) => type?.enum?.[0]?.includes('problem') === true || type?.enum?.[0] === 'about:blank')
  expect(problems.length).toBeGreaterThan(15)
  for (const { code, type } of problems)
    expect(type?.enum).toEqual([`urn:backscroll:problem:${code?.enum?.[0]}`])
})

test.each([
  ['GET', '/v1/accounts/acc-none', undefined],
  ['DELETE', '/v1/accounts/acc-none', undefined],
  ['POST', '/v1/accounts/acc-none/pair', { method: 'qr' }],
  ['GET', '/v1/accounts/acc-none/qr', undefined],
  ['POST', '/v1/accounts/acc-none/connect', undefined],
  ['POST', '/v1/accounts/acc-none/disconnect', undefined],
  ['POST', '/v1/accounts/acc-none/logout', undefined],
  ['GET', '/v1/accounts/acc-none/threads', undefined],
  ['GET', '/v1/accounts/acc-none/search?q=a', undefined],
  ['GET', '/v1/accounts/acc-none/export', undefined],
  ['GET', '/v1/threads/acc-none__1@s.whatsapp.net/export', undefined],
  ['POST', '/v1/accounts/acc-none/contacts/check', { numbers: ['+491511234567'] }],
  ['POST', '/v1/accounts/acc-none/messages', { to: '+491511234567', text: 'Hi' }],
  ['GET', '/v1/threads/acc-none__1@s.whatsapp.net/messages', undefined],
  ['GET', '/nowhere', undefined]
])('%s %s answers 404 with words', async (method, path, body) => {
  const answer = await stage.api.request(method, path, body)
  expect(answer).toMatchObject({ status: 404, body: { detail: expect.stringMatching(/There is no/) } })
})

test.each([
  ['connect', undefined],
  ['disconnect', undefined],
  ['logout', undefined],
  ['contacts/check', { numbers: ['+491511234567'] }],
  ['messages', { to: '+491511234567', text: 'Hi' }]
])('%s of an account that is not linked answers 409 naming the state', async (command, body) => {
  const answer = await stage.api.request('POST', `/v1/accounts/${accountId}/${command}`, body)
  expect(answer).toMatchObject({ status: 409, body: { state: 'stopped', detail: expect.any(String) } })
})

test('a QR code that is not offered answers 409 naming the state', async () => {
  for (const suffix of ['', '.png', '.svg']) {
    const answer = await stage.api.request('GET', `/v1/accounts/${accountId}/qr${suffix}`)
    expect(answer).toMatchObject({ status: 409, body: { state: 'stopped' } })
  }
})

test('a body over 1 MiB answers 413, announced or not', async () => {
  const body = JSON.stringify({ name: 'x'.repeat(1_100_000) })
  expect(await stage.api.request('POST', '/v1/accounts', body)).toMatchObject({
    status: 413,
    body: { status: 413 }
  })
  const streamed = await fetch(`${stage.server.url}/v1/accounts`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stage.server.key}`, 'content-type': 'application/json' },
    body: new Blob([body]).stream(),
    duplex: 'half'
  } as RequestInit)
  expect(streamed.status).toBe(413)
})

test('the QR code comes as JSON with its expiry, as PNG and as SVG', async () => {
  const account = await stage.api.createAccount('To scan')
  await stage.api.pair(account.accountId)
  const { qr, expiresAt } = await stage.api.offer(account.accountId)
  expect(qr!.split(',').length).toBeGreaterThanOrEqual(4)
  expect(expiresAt).toBeGreaterThan(Date.now())
  const read = async (path: string, accept: string) => {
    const response = await fetch(`${stage.server.url}/v1/accounts/${account.accountId}/${path}`, {
      headers: { authorization: `Bearer ${stage.server.key}`, accept }
    })
    const bytes = Buffer.from(await response.arrayBuffer())
    return { type: response.headers.get('content-type'), start: bytes.subarray(0, 4).toString('latin1') }
  }
  for (const png of [await read('qr', 'image/png'), await read('qr.png', '*/*')]) {
    expect(png).toEqual({ type: 'image/png', start: '\x89PNG' })
  }
  for (const svg of [await read('qr', 'image/svg+xml'), await read('qr.svg', '*/*')]) {
    expect(svg).toMatchObject({ type: expect.stringContaining('image/svg+xml'), start: '<svg' })
  }
  const again = await stage.api.request('POST', `/v1/accounts/${account.accountId}/pair`, { method: 'qr' })
  expect(again).toMatchObject({ status: 409, body: { state: 'pairing' } })
})

test.each([
  ['PATCH', '/v1/accounts', 'POST, GET'],
  ['DELETE', '/v1/incidents?limit=1', 'GET'],
  ['POST', '/inspect', 'GET'],
  ['PUT', '/v1/accounts/acc-1/outbox/AB', 'GET, DELETE']
])('%s %s answers 405, and which methods there are', async (method, path, allowed) => {
  const answer = await fetch(`${stage.server.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${stage.server.key}` }
  })
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, allowed])
  expect(await answer.json()).toMatchObject({ status: 405, title: expect.stringContaining('method') })
})

test('the OpenAPI document describes every path', async () => {
  const { body } = await stage.api.request<{ paths: Record<string, unknown> }>('GET', '/openapi.json')
  expect(Object.keys(body.paths).toSorted()).toEqual([
    '/health',
    '/link/{ticket}/abandon',
    '/link/{ticket}/assertion',
    '/link/{ticket}/confirm',
    '/link/{ticket}/pair',
    '/link/{ticket}/state',
    '/metrics',
    '/ready',
    '/v1/accounts',
    '/v1/accounts/import',
    '/v1/accounts/{accountId}',
    '/v1/accounts/{accountId}/backfill',
    '/v1/accounts/{accountId}/backfill/{jobId}',
    '/v1/accounts/{accountId}/connect',
    '/v1/accounts/{accountId}/contacts',
    '/v1/accounts/{accountId}/contacts/check',
    '/v1/accounts/{accountId}/coverage',
    '/v1/accounts/{accountId}/coverage/threads',
    '/v1/accounts/{accountId}/disconnect',
    '/v1/accounts/{accountId}/dry-run',
    '/v1/accounts/{accountId}/erasures',
    '/v1/accounts/{accountId}/erasures/{erasureId}',
    '/v1/accounts/{accountId}/export',
    '/v1/accounts/{accountId}/labels',
    '/v1/accounts/{accountId}/link-tickets',
    '/v1/accounts/{accountId}/logout',
    '/v1/accounts/{accountId}/media',
    '/v1/accounts/{accountId}/messages',
    '/v1/accounts/{accountId}/outbox',
    '/v1/accounts/{accountId}/outbox/{entryId}',
    '/v1/accounts/{accountId}/pair',
    '/v1/accounts/{accountId}/passkey',
    '/v1/accounts/{accountId}/passkey/assertion',
    '/v1/accounts/{accountId}/passkey/confirm',
    '/v1/accounts/{accountId}/person/archive',
    '/v1/accounts/{accountId}/person/export',
    '/v1/accounts/{accountId}/qr',
    '/v1/accounts/{accountId}/qr.png',
    '/v1/accounts/{accountId}/qr.svg',
    '/v1/accounts/{accountId}/restart',
    '/v1/accounts/{accountId}/search',
    '/v1/accounts/{accountId}/threads',
    '/v1/audit',
    '/v1/audit/export',
    '/v1/events',
    '/v1/incidents',
    '/v1/incidents/{incidentId}/acknowledge',
    '/v1/inspector',
    '/v1/inspector/tickets',
    '/v1/keys',
    '/v1/keys/{keyId}',
    '/v1/keys/{keyId}/rotate',
    '/v1/me',
    '/v1/messages/{messageKey}/media',
    '/v1/retention',
    '/v1/retention/dry-run',
    '/v1/settings',
    '/v1/store',
    '/v1/threads/{threadId}',
    '/v1/threads/{threadId}/coverage',
    '/v1/threads/{threadId}/export',
    '/v1/threads/{threadId}/messages',
    '/v1/threads/{threadId}/messages/{messageId}',
    '/v1/threads/{threadId}/pins',
    '/v1/threads/{threadId}/read',
    '/v1/threads/{threadId}/typing',
    '/v1/webhooks',
    '/v1/webhooks/{webhookId}',
    '/v1/webhooks/{webhookId}/dead-letters',
    '/v1/webhooks/{webhookId}/dead-letters/replay',
    '/v1/webhooks/{webhookId}/deliveries',
    '/v1/webhooks/{webhookId}/replay',
    '/v1/webhooks/{webhookId}/secret',
    '/v1/webhooks/{webhookId}/test'
  ])
})
