// Connections that are slow, too many, or no HTTP at all: each limit once, smaller than in the product.
import { once } from 'node:events'
import type { Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { CONNECTION_LIMITS, type ConnectionLimits, makeHttpServer } from '../../src/http/connections.ts'

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

/** A server that answers every whole request with `ok`. */
const listening = async (limits: Partial<ConnectionLimits>): Promise<number> => {
  server = makeHttpServer({ ...CONNECTION_LIMITS, checkEveryMs: 10, ...limits })
  server.on('request', (request, response) => request.resume().once('end', () => response.end('ok')))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Writes this on a connection of its own; everything that comes back until the server ends it. */
const untilEnd = async (port: number, text: string): Promise<string> => {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.setEncoding('utf8').on('data', part => (answer += part))
  // A connection that is closed unanswered may be reset.
  socket.on('error', () => undefined)
  socket.write(text)
  await once(socket, 'close')
  return answer
}

const problemIn = (answer: string): unknown => {
  expect(answer).toContain('content-type: application/problem+json')
  expect(answer.toLowerCase()).toContain('connection: close')
  return JSON.parse(/\{.*\}/.exec(answer)![0])
}

const WHOLE = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'

test('headers that do not end are refused with 408', async () => {
  const port = await listening({ headersMs: 30 })
  const answer = await untilEnd(port, 'GET / HTTP/1.1\r\nhost: x\r\n')
  expect(problemIn(answer)).toMatchObject({ status: 408, code: 'request-too-slow' })
})

test('a body that does not end is refused with 408', async () => {
  const port = await listening({ headersMs: 30, requestMs: 60 })
  const answer = await untilEnd(port, 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc')
  expect(problemIn(answer)).toMatchObject({ status: 408, code: 'request-too-slow' })
})

test('headers that are too large are refused with 431', async () => {
  const port = await listening({})
  const large = `a: ${'a'.repeat(CONNECTION_LIMITS.headerBytes)}`
  const answer = await untilEnd(port, `GET / HTTP/1.1\r\nhost: x\r\n${large}\r\n\r\n`)
  expect(problemIn(answer)).toMatchObject({ status: 431, code: 'headers-too-large' })
})

test('a connection without a next request is closed', async () => {
  const port = await listening({ idleMs: 30 })
  expect(await untilEnd(port, WHOLE)).toMatch(/^HTTP\/1.1 200 OK[^]*ok$/)
})

test('a connection too many is closed unanswered, and there is room again once another ends', async () => {
  const port = await listening({ most: 1 })
  const first = connect(port, '127.0.0.1')
  first.write(WHOLE)
  await once(first, 'data')
  expect(await untilEnd(port, WHOLE)).toBe('')
  first.destroy()
  await expect
    .poll(() => untilEnd(port, WHOLE.replace('host', 'connection: close\r\nhost')))
    .toMatch(/^HTTP\/1.1 200/)
})

test.each([
  [
    'an address that is not encoded',
    'GET /search?q=שלום HTTP/1.1\r\nhost: x\r\n\r\n',
    400,
    'unreadable-request'
  ],
  ['no HTTP', 'HELLO\r\n\r\n', 400, 'unreadable-request'],
  [
    'two lengths',
    'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n',
    400,
    'unreadable-request'
  ],
  [
    'what is asked of proxies',
    'CONNECT example.com:443 HTTP/1.1\r\nhost: x\r\n\r\n',
    405,
    'method-not-allowed'
  ],
  [
    'an unknown expectation',
    'GET / HTTP/1.1\r\nhost: x\r\nexpect: wonders\r\n\r\n',
    417,
    'expectation-failed'
  ]
])('%s is refused with a problem', async (_, text, status, code) => {
  const problem = problemIn(await untilEnd(await listening({}), text))
  expect(problem).toMatchObject({
    status,
    code,
    type: `urn:backscroll:problem:${code}`,
    title: expect.any(String)
  })
})
