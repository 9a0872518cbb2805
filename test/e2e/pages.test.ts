// What browsers are told of everything that is served here, and every page in a real one: nothing comes from elsewhere.
import { connect } from 'node:net'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasBrowser, sharedBrowser } from './browser.ts'
import { type InProcessStage, Stage } from './stage.ts'

let stage: InProcessStage
let accountId: string
let ticket: string
beforeAll(async () => {
  stage = await Stage.setInProcess()
  accountId = (await stage.api.createAccount('Shop')).accountId
  const { body } = await stage.api.request<{ path: string }>('POST', `/v1/accounts/${accountId}/link-tickets`)
  ticket = body.path
})
afterAll(() => stage[Symbol.asyncDispose]())

const REQUIRED = {
  'content-security-policy': expect.stringMatching(/^default-src 'none'; .*frame-ancestors 'none'$/),
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY'
}

const pages = () => ['/', '/docs', '/inspect', `/inspect?accountId=${accountId}`, ticket]

test('every path tells browsers to load, frame and guess nothing, whatever it answers', async () => {
  const { body } = await stage.api.request<{ paths: Record<string, Record<string, unknown>> }>(
    'GET',
    '/openapi.json'
  )
  const contract = Object.entries(body.paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      // An event stream does not end.
      .filter(method => !(method === 'get' && path === '/v1/events'))
      .map(method => [method.toUpperCase(), path.replaceAll(/\{\w+\}/g, 'x')] as const)
  )
  const others = [
    ...pages(),
    '/console/icon.svg',
    '/console/nothing.js',
    '/docs/nothing.js',
    '/favicon.ico',
    '/openapi.json',
    '/inspect/stream',
    '/nowhere',
    '/v1/accounts/%zz'
  ].map(path => ['GET', path] as const)
  expect(contract.length).toBeGreaterThan(40)
  for (const [method, path] of [...contract, ...others, ['PATCH', '/docs'] as const]) {
    const answer = await fetch(`${stage.server.url}${path}`, {
      method,
      redirect: 'manual',
      headers: { authorization: `Bearer ${stage.server.key}` }
    })
    await answer.body?.cancel()
    expect([method, path, Object.fromEntries(answer.headers)]).toEqual([
      method,
      path,
      expect.objectContaining(REQUIRED)
    ])
  }
})

describe('in a browser', () => {
  const openPage = sharedBrowser()

  test.skipIf(!hasBrowser)('no page asks anybody else for anything, or needs what it forbids', async () => {
    for (const path of pages()) {
      const { errors, page } = await openPage()
      const elsewhere: Array<string> = []
      const complaints: Array<string> = []
      const unprotected: Array<string> = []
      page.on('request', request => {
        if (!/^(data:|blob:)/.test(request.url()) && !request.url().startsWith(`${stage.server.url}/`))
          elsewhere.push(request.url())
      })
      page.on('response', response => {
        const headers = response.headers()
        if (response.url().startsWith('http') && !('content-security-policy' in headers))
          unprotected.push(response.url())
      })
      page.on('console', message => {
        if (/Content.Security.Policy|Refused/i.test(message.text())) complaints.push(message.text())
      })
      await page.goto(`${stage.server.url}${path}`, { waitUntil: 'networkidle' })
      expect({ path, text: await page.locator('body').innerText() }).toEqual({
        path,
        text: expect.stringMatching(/Backscroll|WhatsApp|inspector/i)
      })
      expect({ path, elsewhere, complaints, unprotected, errors }).toEqual({
        path,
        elsewhere: [],
        complaints: [],
        unprotected: [],
        errors: []
      })
      await page.close()
    }
  })

  test.skipIf(!hasBrowser)('the reference shows how to authenticate', async () => {
    const { page } = await openPage()
    await page.goto(`${stage.server.url}/docs#tag/accounts/GET/v1/accounts`)
    await page.getByText("'Authorization: Bearer").first().waitFor()
    expect(await page.locator('body').innerText()).not.toContain('Basic ')
    await page.close()
  })

  test.skipIf(!hasBrowser)('nobody else can show a page of ours within theirs', async () => {
    const { page } = await openPage()
    for (const path of pages()) {
      await page.setContent(`<iframe src="${stage.server.url}${path}"></iframe>`)
      const frame = await (await page.waitForSelector('iframe')).contentFrame()
      await frame?.waitForLoadState()
      expect(frame?.url()).toMatch(/^chrome-error:/)
    }
    await page.close()
  })
})

describe('another protocol', () => {
  /** Asks for it as Node's `ws` does; the answer, once the server has closed the connection. */
  const upgrade = async (path: string, protocol: string, method = 'GET'): Promise<string> => {
    const socket = connect(Number(new URL(stage.server.url).port), '127.0.0.1')
    let answer = ''
    socket.setEncoding('utf8').on('data', part => (answer += part))
    socket.write(
      [
        `${method} ${path} HTTP/1.1`,
        'host: localhost',
        `authorization: Bearer ${stage.server.key}`,
        'connection: keep-alive, Upgrade',
        `upgrade: ${protocol}`,
        'sec-websocket-version: 13',
        'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
        'content-type: application/json',
        'content-length: 14',
        '',
        '{"name":"Two"}'
      ].join('\r\n')
    )
    await once(socket, 'close')
    return answer
  }

  test('is refused where there is no socket, and the connection closed', async () => {
    const asked = [
      ['/v1/accounts', 'websocket', 'GET'],
      ['/v1/accounts', 'h2c', 'POST'],
      ['/v1/events', 'websocket', 'GET'],
      ['/inspect', 'websocket', 'GET'],
      ['/nowhere', 'anything', 'GET']
    ] as const
    for (const [path, protocol, method] of asked) {
      const answer = await upgrade(path, protocol, method)
      expect(answer).toMatch(/^HTTP\/1.1 404 /)
      expect(answer.toLowerCase()).toContain('\r\nconnection: close\r\n')
      expect(JSON.parse(/\{.*\}/.exec(answer)![0])).toMatchObject({ status: 404, code: 'no-socket' })
    }
    const { body } = await stage.api.request<{ accounts: ReadonlyArray<unknown> }>('GET', '/v1/accounts')
    expect(body.accounts).toHaveLength(1)
  })

  test('where there is one, only WebSockets', async () => {
    await stage.api.request('PUT', '/v1/inspector', { on: true })
    expect(await upgrade('/inspect/stream', 'h2c')).toMatch(
      /^HTTP\/1.1 426 [^]*upgrade: websocket\r\n[^]*upgrade-required/
    )
    await stage.api.request('PUT', '/v1/inspector', { on: false })
  })
})
