// What the client sends again, against a server that refuses for a while.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { Backscroll, BackscrollError, type ClientOptions } from '../../src/client/index.ts'

type Answer = (response: ServerResponse, request: IncomingMessage) => void

const refuse =
  (status: number, headers: Readonly<Record<string, string>> = {}): Answer =>
  response =>
    response
      .writeHead(status, { 'content-type': 'application/problem+json', 'x-trace-id': 't-1', ...headers })
      .end(
        JSON.stringify({
          type: 'urn:backscroll:problem:x',
          status,
          title: 'No',
          code: 'x',
          detail: 'Not now'
        })
      )

const succeed: Answer = response =>
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"accounts":[],"entryId":"1"}')

const hangUp: Answer = response => response.destroy()

/** In the middle of its answer. */
const breakOff: Answer = response =>
  void response
    .writeHead(200, { 'content-type': 'application/json', 'content-length': '40' })
    .write('{"accounts"', () => response.destroy())

/** A client of a server with these answers, of which the last one stays; and what it was asked. */
const against = (...answers: ReadonlyArray<Answer>) => againstWith({}, ...answers)

const againstWith = async (options: Partial<ClientOptions>, ...answers: ReadonlyArray<Answer>) => {
  const asked: Array<IncomingMessage> = []
  const server = createServer((request, response) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)]
    asked.push(request)
    answer?.(response, request)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const client = new Backscroll({
    url: `http://127.0.0.1:${port}/`,
    key: 'key',
    firstDelayMs: 1,
    longestDelayMs: 2000,
    ...options
  })
  return { client, asked }
}

test('reading is tried again while the server cannot answer, or the connection ends', async () => {
  const { asked, client } = await against(refuse(503), hangUp, breakOff, succeed)
  expect(await client.call('accounts.list')).toMatchObject({ accounts: [] })
  expect(asked).toHaveLength(4)
  expect(asked[0]).toMatchObject({ url: '/v1/accounts', headers: { authorization: 'Bearer key' } })
})

test('an attempt has its time; what the program reads by itself takes as long as it takes', async () => {
  const first = Promise.withResolvers<ServerResponse>()
  const slow: Answer = response => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' }).write('1\n')
    first.resolve(response)
  }
  const timeoutMs = 300
  const { client } = await againstWith({ timeoutMs, attempts: 1 }, slow)
  const exported = await client.call('audit.export')
  const late = await againstWith({ timeoutMs, attempts: 2 }, () => undefined)
  await expect(late.client.call('accounts.list')).rejects.toThrow('too long')
  expect(late.asked).toHaveLength(2)
  // Both attempts of the other call are over, each of which took the time of this one.
  const server = await first.promise
  server.end('2\n')
  expect(await exported.text()).toBe('1\n2\n')
})

test('after the last attempt the refusal is told, with its code and trace', async () => {
  const { asked, client } = await against(refuse(503))
  const error: unknown = await client.call('accounts.list').catch((cause: unknown) => cause)
  expect(error).toBeInstanceOf(BackscrollError)
  expect(error).toMatchObject({ status: 503, code: 'x', traceId: 't-1', message: '503 x: Not now' })
  expect(asked).toHaveLength(4)
})

test('a message is sent again with the same idempotency key; one that has a key keeps it', async () => {
  const { asked, client } = await against(hangUp, refuse(500), succeed)
  await client.call('outbox.send', { accountId: 'a/b', body: { to: '1', text: 'x' }, wait: 'sent' })
  const keys = asked.map(({ headers }) => headers['idempotency-key'])
  expect(keys).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), keys[0], keys[0]])
  expect(asked[0]?.url).toBe('/v1/accounts/a%2Fb/messages?wait=sent')
  await client.call('outbox.send', { accountId: 'a', body: { text: 'x', idempotencyKey: 'mine' } })
  const form = new FormData()
  form.set('idempotencyKey', 'mine')
  await client.call('outbox.send', { accountId: 'a', body: form })
  expect(asked.slice(3).map(({ headers }) => headers['idempotency-key'])).toEqual([undefined, undefined])
})

test('what is not the same when it is done twice is sent once, unless the server has not looked at it', async () => {
  const first = await against(refuse(503), succeed)
  await expect(first.client.call('accounts.create', { body: { name: 'x' } })).rejects.toThrow('503 x')
  expect(first.asked).toHaveLength(1)
  const limited = await against(refuse(429, { 'retry-after': '0' }), succeed)
  await limited.client.call('accounts.create', { body: { name: 'x' } })
  expect(limited.asked).toHaveLength(2)
})

test('a refusal that stays is told at once, and so is one that lasts longer than the client waits', async () => {
  const wrong = await against(refuse(404))
  await expect(wrong.client.call('accounts.get', { accountId: 'x' })).rejects.toMatchObject({ status: 404 })
  expect(wrong.asked).toHaveLength(1)
  const later = await against(refuse(503, { 'retry-after': '3600' }))
  await expect(later.client.call('accounts.list')).rejects.toMatchObject({ status: 503 })
  expect(later.asked).toHaveLength(1)
})

test('a redirect is not followed: it would take the key off, and make a reading of a sending', async () => {
  const { asked, client } = await against(response =>
    response.writeHead(301, { location: '/elsewhere' }).end()
  )
  await expect(client.call('accounts.create', { body: { name: 'x' } })).rejects.toThrow('fetch failed')
  expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual(['POST /v1/accounts'])
})

test('what another program answers is no result, and no event stream', async () => {
  const page: Answer = response =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Hello</h1>')
  const { asked, client } = await against(page)
  await expect(client.call('accounts.list')).rejects.toMatchObject({ status: 200, code: 'unknown' })
  await expect(client.events().next()).rejects.toMatchObject({ status: 200, code: 'unknown' })
  expect(asked).toHaveLength(2)
})

test('a call that was given up is not tried again', async () => {
  const abort = new AbortController()
  const { asked, client } = await against(() => abort.abort(new Error('given up')))
  await expect(client.call('accounts.list', {}, { signal: abort.signal })).rejects.toThrow('given up')
  expect(asked).toHaveLength(1)
})

test('an event stream goes on after the last event when its connection ends, and ends with its signal', async () => {
  const abort = new AbortController()
  const { asked, client } = await against(
    response => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.end(
        'retry: 1\n\n: here\n\nid: 7\nevent: message.stored\ndata: {"id":"7","data":{"a":\ndata: 1}}\n\nid: 8\ndata: {"cut'
      )
    },
    refuse(503),
    response => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('event: presence.changed\r\ndata: {"id":"now-1","data":{"b":"two\u2028lines"}}\r\n\r\n')
    }
  )
  const seen = []
  const asking = { after: 6, accountId: ['acc-1', 'acc-2'], types: ['message.*'], signal: abort.signal }
  for await (const event of client.events(asking)) {
    seen.push(event)
    if (seen.length === 2) abort.abort()
  }
  expect(seen).toEqual([
    { id: '7', data: { a: 1 } },
    // It cannot be resumed.
    { id: null, data: { b: 'two\u2028lines' } }
  ])
  const path = '/v1/events?accountId=acc-1%2Cacc-2&types=message.*'
  expect(asked.map(({ headers, url }) => [url, headers['last-event-id']])).toEqual([
    [path, '6'],
    [path, '7'],
    [path, '7']
  ])
  const quiet = await against(response => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end('retry: 1\nid: 41\n\n')
  }, refuse(403))
  await expect(quiet.client.events().next()).rejects.toMatchObject({ status: 403 })
  expect(quiet.asked.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, '41'])
  const refused = await against(refuse(403))
  await expect(refused.client.events().next()).rejects.toMatchObject({ status: 403 })
})
