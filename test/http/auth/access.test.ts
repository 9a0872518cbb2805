// Who may ask for what: each path, each role.
import { OpenApi } from 'effect/http-api'
import { describe, expect, test } from 'vitest'
import { ADMIN } from '../../../src/domain/grant.ts'
import { Api } from '../../../src/http/api.ts'
import { refusalOf } from '../../../src/http/auth/caller.ts'

const viewer = { role: 'viewer', accounts: ['acc-1'] } as const
const agent = { role: 'agent', accounts: ['acc-1'] } as const
const THREAD = encodeURIComponent('acc-1__491@s.whatsapp.net')

/** Every path of the contract, about an account. */
const all = Object.entries(OpenApi.fromApi(Api).paths).flatMap(([path, methods]) =>
  Object.keys(methods).map(method => ({
    method: method.toUpperCase(),
    path,
    urlOf: (accountId: string) =>
      path
        .replace('{accountId}', accountId)
        .replace('{threadId}', encodeURIComponent(`${accountId}__491@s.whatsapp.net`))
        .replace('{messageKey}', encodeURIComponent(`${accountId}__491@s.whatsapp.net~A1_me`))
        .replaceAll(/\{\w+\}/g, 'x') + (/\/(events|incidents)$/.test(path) ? `?accountId=${accountId}` : '')
  }))
)

/** What each role may do for an account that is granted to it. */
const READING = new Set([
  'GET /v1/accounts',
  'GET /v1/accounts/{accountId}',
  'GET /v1/accounts/{accountId}/backfill',
  'GET /v1/accounts/{accountId}/backfill/{jobId}',
  'GET /v1/accounts/{accountId}/coverage',
  'GET /v1/accounts/{accountId}/dry-run',
  'GET /v1/accounts/{accountId}/export',
  'GET /v1/accounts/{accountId}/media',
  'GET /v1/accounts/{accountId}/outbox',
  'GET /v1/accounts/{accountId}/outbox/{entryId}',
  'GET /v1/accounts/{accountId}/search',
  'GET /v1/accounts/{accountId}/threads',
  'GET /v1/events',
  'GET /v1/incidents',
  'GET /v1/messages/{messageKey}/media',
  'GET /v1/threads/{threadId}',
  'GET /v1/threads/{threadId}/coverage',
  'GET /v1/threads/{threadId}/export',
  'GET /v1/threads/{threadId}/messages',
  'GET /v1/threads/{threadId}/messages/{messageId}'
])
const SENDING = new Set([
  'POST /v1/accounts/{accountId}/messages',
  'DELETE /v1/accounts/{accountId}/outbox/{entryId}',
  'POST /v1/threads/{threadId}/read',
  'POST /v1/threads/{threadId}/typing'
])

const allowedFor = (grant: Parameters<typeof refusalOf>[0], accountId: string) =>
  all
    .filter(({ method, urlOf }) => refusalOf(grant, { method, url: urlOf(accountId) }) === undefined)
    .map(({ method, path }) => `${method} ${path}`)
    .toSorted()

test('a viewer reads what was granted and does nothing', () => {
  expect(allowedFor(viewer, 'acc-1')).toEqual([...READING].toSorted())
})

test('an agent also sends', () => {
  expect(allowedFor(agent, 'acc-1')).toEqual([...READING, ...SENDING].toSorted())
})

test('for other accounts neither does anything but list their own', () => {
  for (const grant of [viewer, agent]) expect(allowedFor(grant, 'acc-2')).toEqual(['GET /v1/accounts'])
})

test('an admin may ask for everything', () => {
  expect(allowedFor(ADMIN, 'acc-2')).toHaveLength(all.length)
})

describe('what is written oddly gains nothing', () => {
  test.each([
    ['GET', '/v1/accounts/acc-2%2F..%2Facc-1'],
    ['GET', '/v1/accounts//acc-1/qr'],
    ['GET', '/v1/accounts/acc-1/%71r'],
    ['GET', '/v1/accounts/acc-1/qr;x'],
    ['GET', '/v1/accounts/acc-2;%'],
    ['GET', '/v1/accounts/acc-2#%'],
    ['GET', '/v1/accounts/%'],
    ['GET', '/v1/accounts/acc-1;/../acc-2'],
    ['GET', '/v1/threads/acc-1'],
    ['GET', `/v1/threads/${THREAD.replace('acc-1', 'acc-2')}?accountId=acc-1`],
    ['GET', '/v1/events'],
    ['GET', '/v1/events?accountId=acc-1&accountId=acc-2'],
    ['GET', '/v1/messages/%E0%A4%A'],
    ['GET', '/metrics'],
    ['POST', '/v1/incidents/x/acknowledge?accountId=acc-1'],
    ['TRACE', '/v1/accounts/acc-1']
  ])('%s %s', (method, url) => {
    expect(refusalOf(agent, { method, url })).toMatch(/.{10,}/)
  })
})
