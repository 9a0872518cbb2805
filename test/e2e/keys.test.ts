// Keys of programs at the HTTP API's door: what they open, for how long, and what is told of them; and what pages in browsers may do.
import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Api } from '../../harness/api.ts'
import { type InProcessStage, Stage } from './stage.ts'

interface Key {
  readonly keyId: string
  readonly key: string
  readonly previousValidUntil: number | null
}

let stage: InProcessStage | undefined
let shop: string
let office: string
beforeAll(async () => {
  stage = await Stage.setInProcess({
    CORS_ORIGINS: 'https://app.example.com',
    ALLOWED_HOSTS: 'proxy.example.com'
  })
  shop = (await admin().createAccount('Shop')).accountId
  office = (await admin().createAccount('Office')).accountId
})
afterAll(() => stage?.[Symbol.asyncDispose]())

const admin = () => stage!.api
const as = (key: string) => new Api(stage!.server.url, key)

const issue = async (decided: object) => {
  const answer = await admin().request<Key>('POST', '/v1/keys', { name: 'n8n', accounts: [shop], ...decided })
  expect(answer).toMatchObject({ status: 201 })
  return answer.body
}

/** A request with headers that no `fetch` lets a program set. */
const asBrowser = (method: string, path: string, headers: Readonly<Record<string, string>>) =>
  new Promise<{ status: number; headers: Readonly<Record<string, unknown>>; text: string }>(
    (resolve, reject) => {
      const sent = httpRequest(`${stage!.server.url}${path}`, { method, headers }, response => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (text += chunk))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text })
        )
      })
      sent.on('error', reject)
      sent.end()
    }
  )

const statusOf = async (api: Api, method: string, path: string, body?: unknown) =>
  (await api.request(method, path, body)).status

/** A key that expires while its event stream is open; a slow machine needs a later end to open it before. */
const expiring = async (ms = 1000): Promise<{ key: string; ended: Promise<string> }> => {
  const { key } = await issue({ role: 'viewer', expiresAt: Date.now() + ms })
  const open = await as(key).fetch(`/v1/events?accountId=${shop}`)
  return open.status === 200 ? { key, ended: open.text() } : expiring(ms * 2)
}

describe('a key', () => {
  test('is shown once, and listed without what would open anything', async () => {
    const response = await admin().fetch('/v1/keys', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: ' CRM ', role: 'agent', accounts: [shop], events: ['message.*'] })
    })
    expect([response.status, response.headers.get('cache-control')]).toEqual([201, 'no-store'])
    const { key, ...shown } = (await response.json()) as Key
    expect(key).toMatch(new RegExp(`^bsk_${shown.keyId}_[\\w-]{43}$`))
    expect(shown).toEqual({
      keyId: expect.any(String),
      name: 'CRM',
      role: 'agent',
      accounts: [shop],
      events: ['message.*'],
      requestsPerMinute: null,
      createdAt: expect.any(Number),
      expiresAt: null,
      lastUsedAt: null,
      rotatedAt: null,
      previousValidUntil: null
    })
    expect(await admin().request('GET', `/v1/keys/${shown.keyId}`)).toEqual({ status: 200, body: shown })
    const listed = await admin().request('GET', '/v1/keys')
    expect(listed.body).toMatchObject({ keys: expect.arrayContaining([shown]) })
    expect(JSON.stringify(listed.body)).not.toContain(key)

    await as(key).request('GET', '/v1/accounts')
    expect(await admin().request('GET', `/v1/keys/${shown.keyId}`)).toMatchObject({
      body: { lastUsedAt: expect.any(Number) }
    })
  })

  test('opens the accounts it names, as far as its role goes', async () => {
    const viewer = as((await issue({ role: 'viewer' })).key)
    const operator = as((await issue({ role: 'operator' })).key)
    for (const api of [viewer, operator]) {
      expect(await api.request('GET', '/v1/accounts')).toMatchObject({
        status: 200,
        body: { accounts: [{ accountId: shop }] }
      })
      expect(await statusOf(api, 'GET', `/v1/accounts/${shop}/threads`)).toBe(200)
      expect(await statusOf(api, 'GET', `/v1/accounts/${office}/threads`)).toBe(403)
      expect(await statusOf(api, 'GET', '/v1/keys')).toBe(403)
      expect(await statusOf(api, 'POST', '/v1/accounts', { name: 'Another' })).toBe(403)
      expect(await statusOf(api, 'DELETE', `/v1/accounts/${shop}`)).toBe(403)
      expect(await statusOf(api, 'GET', '/metrics')).toBe(403)
    }
    expect(await viewer.request('POST', `/v1/accounts/${shop}/restart`)).toMatchObject({
      status: 403,
      body: { code: 'forbidden', detail: 'The role operator is required' }
    })
    expect(await statusOf(operator, 'POST', `/v1/accounts/${shop}/restart`)).toBe(202)
    expect(await statusOf(operator, 'PATCH', `/v1/accounts/${shop}`, { proxy: null })).toBe(200)
  })

  test('of all accounts opens later ones, too, and what is about all of them', async () => {
    const operator = as((await issue({ role: 'operator', accounts: 'all' })).key)
    const created = await operator.createAccount('Later')
    expect(await statusOf(operator, 'GET', `/v1/accounts/${created.accountId}`)).toBe(200)
    expect(await statusOf(operator, 'GET', '/metrics')).toBe(200)
    expect(await statusOf(operator, 'GET', '/v1/incidents')).toBe(200)
    expect(await statusOf(operator, 'DELETE', `/v1/accounts/${created.accountId}`)).toBe(403)
    await admin().request('DELETE', `/v1/accounts/${created.accountId}`)
    const other = as((await issue({ role: 'admin', accounts: 'all' })).key)
    expect(await statusOf(other, 'GET', '/v1/keys')).toBe(200)
  })

  test('is taken from each of three headers', async () => {
    const { headers } = await fetch(`${admin().url}/v1/accounts`)
    expect(headers.get('www-authenticate')).toBe('Bearer')
    const { key } = await issue({ role: 'viewer' })
    for (const [headers, status] of [
      [{ authorization: `Bearer ${key}` }, 200],
      [{ authorization: `bearer ${key}` }, 200],
      [{ authorization: '', 'x-api-key': key }, 200],
      [{ authorization: '', apikey: key }, 200],
      // As a proxy asks for its own password.
      [{ authorization: 'Basic dXNlcjpwYXNz', 'X-Api-Key': key }, 200],
      [{ authorization: '', 'x-api-key': `${key}x` }, 401],
      [{ authorization: 'Bearer wrong', 'x-api-key': key }, 401],
      [{ authorization: '', cookie: `apikey=${key}` }, 401]
    ] as const)
      expect([headers, (await admin().request('GET', '/v1/accounts', undefined, headers)).status]).toEqual([
        headers,
        status
      ])
    expect(await statusOf(new Api(stage!.server.url, ''), 'GET', `/v1/accounts?apikey=${key}`)).toBe(401)
  })

  test('goes on for the overlap when its secret is exchanged, and ends at once without', async () => {
    const first = await issue({ role: 'viewer' })
    const rotate = async (body: object) => {
      const answer = await admin().request<Key>('POST', `/v1/keys/${first.keyId}/rotate`, body)
      expect(answer).toMatchObject({ status: 200, body: { keyId: first.keyId } })
      return answer.body
    }
    const second = await rotate({})
    expect(second.previousValidUntil).toBeGreaterThan(Date.now())
    for (const { key } of [first, second]) expect(await statusOf(as(key), 'GET', '/v1/accounts')).toBe(200)
    const third = await rotate({ overlapSeconds: 0 })
    for (const [{ key }, status] of [
      [first, 401],
      [second, 401],
      [third, 200]
    ] as const)
      expect(await statusOf(as(key), 'GET', '/v1/accounts')).toBe(status)
  })

  test('is refused once it is revoked or expires; streams that it opened end', async () => {
    const { key, keyId } = await issue({ role: 'viewer' })
    const stream = await as(key).fetch(`/v1/events?accountId=${shop}`)
    expect(stream.status).toBe(200)
    const reading = stream.text()
    expect(await statusOf(admin(), 'DELETE', `/v1/keys/${keyId}`)).toBe(204)
    expect(await reading).toContain('retry:')
    expect(await as(key).request('GET', '/v1/accounts')).toMatchObject({
      status: 401,
      body: { code: 'unauthorized', detail: expect.stringMatching(/expired or revoked/) }
    })
    expect(await statusOf(admin(), 'DELETE', `/v1/keys/${keyId}`)).toBe(404)

    const { ended, key: expired } = await expiring()
    await ended
    expect(await statusOf(as(expired), 'GET', '/v1/accounts')).toBe(401)
  })

  test('is changed for the next request on', async () => {
    const { key, keyId } = await issue({ role: 'viewer' })
    const change = (body: object) => admin().request('PATCH', `/v1/keys/${keyId}`, body)
    expect(await change({ accounts: [office], name: 'Renamed' })).toMatchObject({
      status: 200,
      body: { keyId, name: 'Renamed', role: 'viewer', accounts: [office] }
    })
    expect(await statusOf(as(key), 'GET', `/v1/accounts/${shop}`)).toBe(403)
    expect(await statusOf(as(key), 'GET', `/v1/accounts/${office}`)).toBe(200)
    expect(await change({ role: 'admin' })).toMatchObject({ status: 400, body: { code: 'bad-field' } })
  })
})

test('a key with a limit is told what is left, and when it may go on', async () => {
  const { key, keyId } = await issue({ role: 'viewer', requestsPerMinute: 3 })
  const ask = async (path: string) => {
    const { headers, status } = await as(key).fetch(path)
    return {
      status,
      policy: headers.get('ratelimit-policy'),
      left: headers.get('ratelimit'),
      after: headers.get('retry-after')
    }
  }
  const policy = '"key";q=3;w=60'
  const seconds = '[1-9]\\d?'
  for (const [path, status, left] of [
    ['/v1/accounts', 200, 2],
    ['/v1/keys', 403, 1],
    ['/v1/accounts/acc-none', 403, 0]
  ] as const)
    expect(await ask(path)).toEqual({
      status,
      policy,
      left: expect.stringMatching(new RegExp(`^"key";r=${left};t=${seconds}$`)),
      after: null
    })
  expect(await ask('/v1/accounts')).toEqual({
    status: 429,
    policy,
    left: expect.stringMatching(new RegExp(`^"key";r=0;t=${seconds}$`)),
    after: expect.stringMatching(new RegExp(`^${seconds}$`))
  })
  expect(await as(key).request('GET', '/v1/accounts')).toMatchObject({
    status: 429,
    body: { code: 'rate-limited', detail: expect.stringMatching(/3 requests in a minute/) }
  })
  expect(await ask('/v1/events/socket')).toMatchObject({ status: 429, policy })
  // Others go on, and more is allowed at once.
  expect(await statusOf(as((await issue({ role: 'viewer' })).key), 'GET', '/v1/accounts')).toBe(200)
  await admin().request('PATCH', `/v1/keys/${keyId}`, { requestsPerMinute: null })
  expect(await ask('/v1/accounts')).toMatchObject({ status: 200, policy: '"key";q=600;w=60' })
  // The administrator's key has no limit.
  expect((await admin().fetch('/v1/accounts')).headers.get('ratelimit')).toBeNull()
})

test('events come as far as the key may follow them', async () => {
  const { accountId, phone } = await stage!.linked({ history: { chats: 1, messages: 2 } })
  const { key } = await issue({ role: 'viewer', accounts: [accountId], events: ['thread.*'] })
  const limited = await as(key).subscribe(`?accountId=${accountId}&after=0`)
  const whole = await admin().subscribe(`?accountId=${accountId}&after=0`)
  await phone.receive({ from: phone.contacts[0]!, text: 'Hello' })
  await admin().until('the message', async () => whole.seen.find(({ kind }) => kind === 'message.stored'))
  // An event of a thread after that of the message.
  const last = await admin().until('an event of its thread', async () => {
    const stored = whole.seen.findIndex(({ kind }) => kind === 'message.stored')
    return whole.seen.find(({ kind }, index) => index > stored && kind === 'thread.changed')
  })
  await admin().until('the limited subscriber to have it', async () =>
    limited.seen.find(({ eventId }) => eventId === last.eventId)
  )
  expect(new Set(limited.seen.map(({ kind }) => kind))).toEqual(new Set(['thread.changed']))
  for (const stream of [limited, whole]) stream.stop()
})

test('an operator acknowledges incidents of its accounts and no others', async () => {
  const operator = as((await issue({ role: 'operator', accounts: [shop] })).key)
  for (const [accountId, expected] of [
    [office, 404],
    [shop, 200]
  ] as const) {
    // A proxy that nobody answers at.
    await admin().setProxy(accountId, 'http://127.0.0.1:1')
    await admin().pair(accountId)
    const incident = await admin().until('an incident', async () => (await admin().incidents(accountId))[0])
    expect(await statusOf(operator, 'POST', `/v1/incidents/${incident.incidentId}/acknowledge`)).toBe(
      expected
    )
    const [after] = await admin().incidents(accountId)
    expect(after?.acknowledgedAt !== null).toBe(expected === 200)
  }
})

interface Entry {
  readonly auditId: number
  readonly operation: string
  readonly status: number | null
  readonly caller: { readonly kind: string; readonly id: string | null }
}

describe('the audit log', () => {
  const entries = async (query: string) => {
    const answer = await admin().request<{ entries: ReadonlyArray<Entry>; nextCursor: string | null }>(
      'GET',
      `/v1/audit?${query}`
    )
    expect(answer.status).toBe(200)
    return answer.body
  }

  test('has every change with who made it, from where and how it ended; no content, numbers or secrets', async () => {
    const { accountId, phone } = await stage!.linked({ history: { chats: 1, messages: 2 } })
    const { key, keyId } = await issue({ role: 'operator', accounts: [accountId], name: 'Support' })
    const operator = as(key)
    const number = phone.contacts[0]!.phoneNumber
    const [thread] = await operator.threads(accountId)
    const { entryId } = await operator.send(accountId, number, 'Secret words')
    expect(await statusOf(operator, 'POST', `/v1/accounts/${accountId}/messages`, { to: 'nobody' })).toBe(400)
    await operator.request('POST', `/v1/threads/${encodeURIComponent(thread!.threadId)}/read`)
    const job = await operator.backfill(accountId, { threads: 1 })
    // Neither of these is a change.
    await operator.request('POST', `/v1/threads/${encodeURIComponent(thread!.threadId)}/typing`, {
      state: 'typing'
    })
    await operator.request('DELETE', `/v1/accounts/${accountId}`)
    await operator.request('GET', '/v1/accounts')

    const { entries: found } = await entries(`callerId=${keyId}`)
    const from = {
      caller: { kind: 'key', id: keyId, name: 'Support' },
      accountId,
      remoteAddress: '127.0.0.1',
      at: expect.any(Number),
      auditId: expect.any(Number)
    }
    expect(found).toEqual([
      { ...from, operation: 'history.backfill', resources: { jobId: job.jobId }, status: 202 },
      {
        ...from,
        operation: 'threads.read',
        resources: { thread: expect.stringMatching(/^[\w-]{16}$/) },
        status: expect.any(Number)
      },
      { ...from, operation: 'outbox.send', resources: {}, status: 400 },
      { ...from, operation: 'outbox.send', resources: { entryId }, status: 202 }
    ])
    const [created] = (await entries('operation=keys.create&limit=1')).entries
    expect(created).toMatchObject({
      caller: { kind: 'settings', id: null },
      accountId: null,
      resources: { keyId },
      status: 201
    })
    const all = JSON.stringify(await entries('limit=500'))
    for (const secret of ['Secret words', number.replace('+', ''), key, stage!.server.key])
      expect(all).not.toContain(secret)
  })

  test('is read page by page, by account and by time, and exported from the first to the last', async () => {
    const { accountId } = await admin().createAccount('Audited')
    for (const proxy of ['http://127.0.0.1:1', null]) await admin().setProxy(accountId, proxy)
    const first = await entries(`accountId=${accountId}&limit=2`)
    const second = await entries(`accountId=${accountId}&limit=2&cursor=${first.nextCursor}`)
    expect([...first.entries, ...second.entries].map(({ operation }) => operation)).toEqual([
      'accounts.change',
      'accounts.change',
      'accounts.create'
    ])
    expect(second.nextCursor).toBeNull()
    expect(await entries(`accountId=${accountId}&until=2020-01-01`)).toEqual({
      entries: [],
      nextCursor: null
    })
    // What was done to an account outlives it.
    await admin().request('DELETE', `/v1/accounts/${accountId}`)
    const text = await (await admin().fetch(`/v1/audit/export?accountId=${accountId}`)).text()
    const lines = text
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as { kind: string; entry?: Entry; entries?: number })
    expect(lines.map(({ entry }) => entry?.operation)).toEqual([
      'accounts.create',
      'accounts.change',
      'accounts.change',
      'accounts.remove',
      undefined
    ])
    expect(lines.at(-1)).toEqual({ kind: 'end', entries: 4 })
    expect((await admin().request('GET', '/v1/audit?cursor=abc')).status).toBe(400)
  })

  test('tells of what the owner of a phone does with a link, but not the link', async () => {
    const { accountId } = await admin().createAccount('By link')
    const { body } = await admin().request<{ ticket: string; path: string }>(
      'POST',
      `/v1/accounts/${accountId}/link-tickets`
    )
    const owner = new Api(stage!.server.url, '')
    expect(await statusOf(owner, 'POST', `${body.path}/pair`, { method: 'qr' })).toBe(200)
    expect(await statusOf(owner, 'POST', '/link/none/pair', { method: 'qr' })).toBe(404)
    const found = await entries(`accountId=${accountId}`)
    expect(found.entries).toMatchObject([
      { operation: 'link.pair', caller: { kind: 'link', id: null }, resources: {}, status: 200 },
      { operation: 'linkTickets.linkTicket', caller: { kind: 'settings' } },
      { operation: 'accounts.create' }
    ])
    expect(JSON.stringify(found)).not.toContain(body.ticket)
    await admin().command(accountId, 'disconnect')
  })
})

describe('a page in a browser', () => {
  const app = 'https://app.example.com'
  const restart = () => ['POST', `/v1/accounts/${shop}/restart`] as const
  const authorization = () => `Bearer ${stage!.server.key}`

  test('that makes its own name lead here is refused, whatever it asks for', async () => {
    for (const path of ['/health', '/docs', '/v1/accounts', '/link/x'])
      expect(
        await asBrowser('GET', path, { host: 'evil.example', authorization: authorization() })
      ).toMatchObject({
        status: 421,
        text: expect.stringContaining('"code":"wrong-host"')
      })
    for (const host of ['proxy.example.com', 'localhost:1', '127.0.0.1'])
      expect(await asBrowser('GET', '/health', { host })).toMatchObject({ status: 200 })
  })

  test('of another site changes nothing and is shown nothing; one that is allowed does and is', async () => {
    const evil = { origin: 'https://evil.example', authorization: authorization() }
    const refused = await asBrowser(...restart(), evil)
    expect(refused).toMatchObject({ status: 403, text: expect.stringContaining('"code":"foreign-origin"') })
    const read = await asBrowser('GET', '/v1/accounts', evil)
    for (const { headers } of [refused, read])
      expect(headers).not.toHaveProperty('access-control-allow-origin')

    const allowed = { origin: app, authorization: authorization() }
    for (const [answer, status] of [
      [await asBrowser(...restart(), allowed), 202],
      [await asBrowser('GET', '/v1/accounts', allowed), 200],
      // It is told why, too.
      [await asBrowser('GET', '/v1/accounts', { origin: app }), 401],
      [await asBrowser('GET', '/nowhere', allowed), 404]
    ] as const)
      expect(answer).toMatchObject({
        status,
        headers: { 'access-control-allow-origin': app, vary: 'Origin' }
      })
  })

  test('is answered when its browser asks first', async () => {
    const first = {
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization'
    }
    expect(await asBrowser('OPTIONS', '/v1/accounts', { ...first, origin: app })).toMatchObject({
      status: 204,
      headers: { 'access-control-allow-origin': app, 'access-control-max-age': '600' },
      text: ''
    })
    const { headers } = await asBrowser('OPTIONS', '/v1/accounts', { ...first, origin: app })
    // What the typed client sends, and every header of the contract.
    const { paths } = (await admin().request<{ paths: object }>('GET', '/openapi.json')).body
    const named = JSON.stringify(paths).matchAll(/"name":"([^"]+)","in":"header"/g)
    const sent = ['authorization', 'content-type', ...[...named].map(([, name]) => name!)]
    expect(sent).toContain('idempotency-key')
    const allowed = String(headers['access-control-allow-headers']).toLowerCase().split(', ')
    expect(sent.filter(name => !allowed.includes(name.toLowerCase()))).toEqual([])
    const other = await asBrowser('OPTIONS', '/v1/accounts', { ...first, origin: 'https://evil.example' })
    expect(other.status).toBe(405)
    expect(other.headers).not.toHaveProperty('access-control-allow-origin')
  })
})

test.each([
  ['a role that is none', { role: 'root', accounts: 'all' }, 'role'],
  ['no accounts', { role: 'viewer', accounts: [] }, 'accounts'],
  ['an account that is not there', { role: 'viewer', accounts: ['acc-none'] }, 'accounts'],
  ['an admin who is limited', { role: 'admin', accounts: ['acc-none'] }, 'accounts'],
  ['no word of accounts', { role: 'viewer' }, 'accounts'],
  ['a pattern that is none', { role: 'viewer', accounts: 'all', events: ['*'] }, 'events'],
  ['an expiry in the past', { role: 'viewer', accounts: 'all', expiresAt: 1 }, 'expiresAt'],
  ['a limit of nothing', { role: 'viewer', accounts: 'all', requestsPerMinute: 0 }, 'requestsPerMinute']
])('a key with %s is refused by the name of the field', async (_, decided, field) => {
  const answer = await admin().request<{ errors: ReadonlyArray<{ path: ReadonlyArray<string> }> }>(
    'POST',
    '/v1/keys',
    { name: 'x', ...decided }
  )
  expect(answer.status).toBe(400)
  expect(answer.body.errors.some(({ path }) => path.includes(field))).toBe(true)
})

test('the OpenAPI document names the three headers for every operation that wants a key', async () => {
  const { body } = await admin().request<{
    components: { securitySchemes: Record<string, object> }
    paths: Record<string, Record<string, { security?: ReadonlyArray<object> }>>
  }>('GET', '/openapi.json')
  expect(body.components.securitySchemes).toMatchObject({
    bearer: { type: 'http', scheme: 'bearer' },
    xApiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
    apikey: { type: 'apiKey', in: 'header', name: 'apikey' }
  })
  for (const [path, methods] of Object.entries(body.paths))
    for (const { security } of Object.values(methods))
      expect([path, security]).toEqual([
        path,
        /^\/(v1\/|metrics)/.test(path) ? [{ bearer: [] }, { xApiKey: [] }, { apikey: [] }] : []
      ])
})
