// Who may ask for what: each path, each role.
import { Context, Option } from 'effect'
import { FindMyWay } from 'effect/http'
import { HttpApi, HttpApiEndpoint, OpenApi } from 'effect/http-api'
import { describe, expect, test } from 'vitest'
import { ADMIN, type Grant } from '../../../src/domain/grant.ts'
import { Api } from '../../../src/http/api.ts'
import { accessOf, refusalOf as refusalFor, RequiredAccess } from '../../../src/http/auth/access.ts'
import { Authorization } from '../../../src/http/auth/authorization.ts'
import { routerConfig } from '../../../src/http/server.ts'

const viewer = { role: 'viewer', accounts: ['acc-1'] } as const
const agent = { role: 'agent', accounts: ['acc-1'] } as const
const THREAD = encodeURIComponent('acc-1__491@s.whatsapp.net')

const endpoints: Array<HttpApiEndpoint.Top> = []
const secured = new Set<HttpApiEndpoint.Top>()
HttpApi.reflect(Api, {
  onGroup: () => undefined,
  onEndpoint: ({ endpoint, middleware }) => {
    endpoints.push(endpoint)
    if ([...middleware].some(({ key }) => key === Authorization.key)) secured.add(endpoint)
  }
})

/** `path` as the documentation writes it. */
const isPublic = (path: string): boolean =>
  endpoints.some(endpoint => endpoint.path.replaceAll(/:(\w+)/g, '{$1}') === path && !secured.has(endpoint))

/** The same matching as the server's. */
const router = FindMyWay.make<HttpApiEndpoint.Top>(routerConfig)
for (const endpoint of endpoints) router.on(endpoint.method, endpoint.path as `/${string}`, endpoint)

/** Why a request is refused: by the access its endpoint requires, or because it reaches no endpoint. */
const refusalOf = (grant: Grant, { method, url }: { readonly method: string; readonly url: string }) => {
  const match = router.find(method, url)
  return match === undefined
    ? 'There is no endpoint at this path'
    : refusalFor(grant, accessOf(match.handler), {
        url,
        params: match.params,
        query: match.searchParams
      })
}

/** Every path of the contract that needs a credential, about an account. */
const all = Object.entries(OpenApi.fromApi(Api).paths)
  .filter(([path]) => !isPublic(path))
  .flatMap(([path, methods]) =>
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
  'GET /v1/accounts/{accountId}/coverage/threads',
  'GET /v1/accounts/{accountId}/dry-run',
  'GET /v1/accounts/{accountId}/export',
  'GET /v1/accounts/{accountId}/labels',
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
  'POST /v1/accounts/{accountId}/contacts/check',
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

test('every endpoint says who may call it; only those that are public need no credential', () => {
  expect(endpoints.length).toBeGreaterThan(40)
  for (const endpoint of endpoints) {
    const access = Context.getOption(endpoint.annotations, RequiredAccess)
    expect(Option.isSome(access), endpoint.path).toBe(true)
    expect(secured.has(endpoint), endpoint.path).toBe(accessOf(endpoint).to !== 'public')
  }
  expect(endpoints.filter(endpoint => !secured.has(endpoint)).map(({ path }) => path)).toEqual([
    '/health',
    '/ready',
    // The ticket in the path is the credential.
    '/link/:ticket/state',
    '/link/:ticket/pair',
    '/link/:ticket/assertion',
    '/link/:ticket/confirm',
    '/link/:ticket/abandon'
  ])
})

test('an endpoint that does not say it is for admins only', () => {
  const access = accessOf(HttpApiEndpoint.get('forgotten', '/v1/accounts/:accountId/forgotten'))
  const request = {
    url: '/v1/accounts/acc-1/forgotten?accountId=acc-1',
    params: { accountId: 'acc-1' },
    query: { accountId: 'acc-1' }
  }
  expect(refusalFor(agent, access, request)).toBe('The role admin is required')
  expect(refusalFor(ADMIN, access, request)).toBeUndefined()
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
