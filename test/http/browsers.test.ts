// What pages in a browser may do: those of other sites change nothing, whatever name they come by.
import { describe, expect, test } from 'vitest'
import { browserRefusal, browserRules, corsHeaders, preflightAnswer } from '../../src/http/browsers.ts'

const rules = (decided: Partial<Parameters<typeof browserRules>[0]> = {}) =>
  browserRules({ host: '127.0.0.1', allowedHosts: [], corsOrigins: [], ...decided })

const asked = (headers: Readonly<Record<string, string>>, method = 'GET') => ({
  method,
  headers: { host: '127.0.0.1:3000', ...headers }
})

const codeOf = (request: ReturnType<typeof asked>, decided = rules()) => browserRefusal(decided, request)?.[0]

describe('a name that is not one of this server', () => {
  test.each([
    ['127.0.0.1:3000', undefined],
    ['localhost', undefined],
    ['LOCALHOST:3000', undefined],
    ['localhost.:3000', undefined],
    ['backscroll.localhost', undefined],
    ['[::1]:3000', undefined],
    ['192.168.1.5:3000', undefined],
    ['evil.example', 'wrong-host'],
    ['127.evil.example', 'wrong-host'],
    ['localhost.evil.example', 'wrong-host'],
    ['evil.example@localhost', undefined],
    ['evil.example#.localhost', 'wrong-host'],
    ['evil.example/localhost', 'wrong-host'],
    ['', 'wrong-host'],
    [' ', 'wrong-host']
  ])('%s on a server for this machine only: %s', (host, code) => {
    expect(codeOf(asked({ host }))).toBe(code)
  })

  test('is one that a setting allows, or any on a server for everybody', () => {
    const proxied = rules({ allowedHosts: ['Backscroll.example.com'] })
    expect(codeOf(asked({ host: 'backscroll.example.com' }), proxied)).toBeUndefined()
    expect(codeOf(asked({ host: 'backscroll.example.com:443' }), proxied)).toBeUndefined()
    expect(codeOf(asked({ host: 'evil.example' }), proxied)).toBe('wrong-host')
    expect(codeOf(asked({ host: 'evil.example' }), rules({ host: '0.0.0.0' }))).toBeUndefined()
    for (const host of ['localhost', '127.0.0.5', '::1'])
      expect(codeOf(asked({ host: 'evil.example' }), rules({ host }))).toBe('wrong-host')
    const named = rules({ host: 'server.lan', allowedHosts: ['other.lan'] })
    for (const host of ['server.lan', 'other.lan']) expect(codeOf(asked({ host }), named)).toBeUndefined()
    // HTTP/1.0, which no browser speaks.
    expect(browserRefusal(rules(), { method: 'GET', headers: {} })).toBeUndefined()
  })
})

describe('a page of another site', () => {
  const origin = 'https://evil.example'

  test.each(['POST', 'PUT', 'PATCH', 'DELETE'])('may not %s', method => {
    expect(codeOf(asked({ origin }, method))).toBe('foreign-origin')
    expect(codeOf(asked({ origin: 'null' }, method))).toBe('foreign-origin')
    expect(codeOf(asked({ origin, 'sec-fetch-site': 'cross-site' }, method))).toBe('foreign-origin')
    // Another port is another site, too.
    expect(codeOf(asked({ origin: 'http://127.0.0.1:3001' }, method))).toBe('foreign-origin')
  })

  test('may not open a WebSocket', () => {
    expect(codeOf(asked({ origin, upgrade: 'websocket' }))).toBe('foreign-origin')
  })

  test('may ask for what it cannot see, and anything where its origin is allowed', () => {
    for (const method of ['GET', 'HEAD', 'OPTIONS']) expect(codeOf(asked({ origin }, method))).toBeUndefined()
    for (const corsOrigins of [[origin], ['*']])
      expect(codeOf(asked({ origin }, 'POST'), rules({ corsOrigins }))).toBeUndefined()
    expect(codeOf(asked({ origin: `${origin}.org` }, 'POST'), rules({ corsOrigins: [origin] }))).toBe(
      'foreign-origin'
    )
  })

  test('is not one of this server, also behind a proxy, and not a program', () => {
    expect(codeOf(asked({ origin: 'http://127.0.0.1:3000' }, 'POST'))).toBeUndefined()
    expect(codeOf(asked({}, 'POST'))).toBeUndefined()
    const proxied = rules({ allowedHosts: ['backscroll.example.com'] })
    const own = { origin: 'https://backscroll.example.com' }
    for (const host of ['backscroll.example.com', 'backscroll.example.com:443'])
      expect(codeOf(asked({ ...own, host }, 'POST'), proxied)).toBeUndefined()
    // A proxy that does not pass Host on: the browser says that the page is of this server.
    expect(codeOf(asked({ ...own, 'sec-fetch-site': 'same-origin' }, 'POST'))).toBeUndefined()
    expect(codeOf(asked(own, 'POST'))).toBe('foreign-origin')
  })
})

describe('answers for pages', () => {
  const origin = 'https://app.example.com'
  const some = rules({ corsOrigins: [origin] })

  test('invite those that are named, and nobody by default', () => {
    expect(corsHeaders(rules(), asked({ origin }))).toEqual({})
    expect(corsHeaders(some, asked({ origin: 'https://evil.example' }))).toEqual({ vary: 'Origin' })
    expect(corsHeaders(some, asked({ origin }))).toMatchObject({
      'access-control-allow-origin': origin,
      vary: 'Origin'
    })
    const all = corsHeaders(rules({ corsOrigins: ['*'] }), asked({ origin }))
    expect(all).toMatchObject({ 'access-control-allow-origin': '*' })
    expect(JSON.stringify([all, corsHeaders(some, asked({ origin }))])).not.toContain('credentials')
  })

  test('come before the request where a browser asks first', () => {
    const first = { origin, 'access-control-request-method': 'POST' }
    expect(preflightAnswer(some, asked(first, 'OPTIONS'))).toMatchObject({
      status: 204,
      headers: {
        'access-control-allow-origin': origin,
        'access-control-allow-methods': expect.stringContaining('PATCH'),
        'access-control-allow-headers': expect.stringContaining('Authorization')
      }
    })
    expect(preflightAnswer(rules(), asked(first, 'OPTIONS'))).toBeUndefined()
    expect(
      preflightAnswer(some, asked({ ...first, origin: 'https://evil.example' }, 'OPTIONS'))
    ).toBeUndefined()
    expect(preflightAnswer(some, asked({ origin }, 'OPTIONS'))).toBeUndefined()
    expect(preflightAnswer(some, asked(first))).toBeUndefined()
  })
})
