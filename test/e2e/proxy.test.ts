// Accounts behind proxies: real ones on this machine, and a WhatsApp whose name only they can resolve. Everything that goes to
// WhatsApp passes through the proxy of its account, or does not go at all.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openHttpProxy, openSocks5Proxy, type TestProxy } from '../../harness/proxies.ts'
import { temporaryFolder } from '../../harness/server-process.ts'
import type { Phone } from '../../simulator/phone.ts'
import { makeTlsIdentity } from '../../simulator/wire/tls-certificate.ts'
import { Stage } from './stage.ts'
import { thoroughTest } from '../thorough.ts'

const HIDDEN = 'only-the-proxy-knows.whatsapp.net'
const CREDENTIALS = { username: 'shop', password: 'p@ss:w0rd-of-the-proxy' }
const OPTIONS = { credentials: CREDENTIALS, addresses: { [HIDDEN]: '127.0.0.1' } }
/** Everything of the history is on the media server. */
const HISTORY = { chats: 2, messages: 20, groupsShare: 0, inlineBelowBytes: 0 }

let stage: Stage
let proxies: Record<'http' | 'https' | 'socks5', TestProxy>
let phone: Phone
let accountId: string
let asked = 0

beforeAll(async () => {
  const tls = makeTlsIdentity()
  proxies = {
    http: await openHttpProxy(OPTIONS),
    https: await openHttpProxy({ ...OPTIONS, tls }),
    socks5: await openSocks5Proxy(OPTIONS)
  }
  const folder = temporaryFolder()
  stage = await Stage.set(simulator => {
    const { port } = new URL(simulator.mediaUrl)
    simulator.network.mediaHost = `${HIDDEN}:${port}`
    simulator.events.on(({ name }) => {
      if (name === 'versionAsked') asked += 1
    })
    const authorities = join(folder.path, 'authorities.pem')
    writeFileSync(authorities, simulator.caCertificate + tls.caCertificate)
    writeFileSync(join(folder.path, 'connections'), '')
    return {
      WHATSAPP_URL: `ws://${HIDDEN}:${port}/ws/chat`,
      NODE_EXTRA_CA_CERTS: authorities,
      NODE_OPTIONS: `--import=${join(import.meta.dirname, 'outgoing-connections.ts')}`,
      TEST_CONNECTIONS: join(folder.path, 'connections'),
      LOG_LEVEL: 'debug',
      RECONNECT_MIN: '50ms',
      RECONNECT_MAX: '200ms',
      START_PACE: '0ms'
    }
  }, folder)
})
afterAll(async () => {
  await stage?.[Symbol.asyncDispose]()
  await Promise.all(Object.values(proxies ?? {}).map(proxy => proxy[Symbol.asyncDispose]()))
})

/** What the server connected to, or tried to: addresses, and names that it looked up. */
const connections = () =>
  new Set(readFileSync(join(stage.dataDir, 'connections'), 'utf8').split('\n').filter(Boolean))
const addressesOf = (...some: ReadonlyArray<TestProxy>) => some.map(({ port }) => `127.0.0.1:${port}`)

const untilOpen = () => stage.api.untilAccount(accountId, 'open', ({ state }) => state === 'open')
const untilFailure = (reason: string) =>
  stage.api.untilAccount(
    accountId,
    reason,
    ({ lastDisconnect }) => lastDisconnect?.source === 'proxy' && lastDisconnect.reason.includes(reason)
  )
const incident = async () =>
  (await stage.api.incidents(accountId)).find(({ kind }) => kind === 'account.proxyFailed')

/** Sends a file, and downloads one that was received. */
const exchangeFiles = async (name: string): Promise<void> => {
  const [contact] = phone.contacts
  const bytes = Buffer.from(`the file of ${name}`)
  const { body } = await stage.api.upload(
    accountId,
    { bytes, type: 'application/pdf', name: `${name}.pdf` },
    { to: contact!.phoneNumber }
  )
  await stage.api.untilEntry(accountId, body.entryId, 'sent')
  const { id } = await phone.receive({
    from: contact!,
    message: stage.simulator.fileMessage({ kind: 'document', bytes, mimetype: 'text/plain' })
  })
  const messages = await stage.api.until('the file', async () => {
    const found = (await stage.api.messages(body.threadId)).filter(({ whatsAppId }) => whatsAppId === id)
    return found.length > 0 ? found : undefined
  })
  expect((await stage.api.media(messages[0]!.messageKey)).bytes).toEqual(bytes)
}

test('an account is linked, synced and used through its proxy, with its credentials: socket, version, history and media', async () => {
  phone = stage.simulator.createPhone({ history: HISTORY })
  const { http } = proxies
  const account = await stage.api.createAccount('Behind a proxy', http.url())
  expect(account.proxy).toEqual({ address: `http://***@127.0.0.1:${http.port}`, source: 'account' })
  ;({ accountId } = account)
  await stage.api.pair(accountId)
  await phone.scanQr((await stage.api.offer(accountId)).qr!)
  await stage.synced(accountId, phone)
  await exchangeFiles('http')
  expect(asked).toBe(1)
  // The socket of linking and the one after it, the page, history, settings, an upload and a download.
  expect(http.tunnels.length).toBeGreaterThan(6)
  expect(new Set(http.tunnels)).toEqual(new Set([stage.simulator.network.mediaHost]))
  expect(connections()).toEqual(new Set(addressesOf(http)))
})

test.each(['https', 'socks5'] as const)(
  'a connected account that gets an %s proxy connects again through it',
  async kind => {
    const proxy = proxies[kind]
    const account = await stage.api.setProxy(accountId, proxy.url())
    expect(account.proxy).toEqual({ address: `${kind}://***@127.0.0.1:${proxy.port}`, source: 'account' })
    await stage.api.until('the new way', async () => proxy.tunnels.length > 0 || undefined)
    await untilOpen()
    const others = Object.values(proxies).filter(other => other !== proxy)
    const before = others.map(({ tunnels }) => tunnels.length)
    await exchangeFiles(kind)
    expect(proxy.tunnels.length).toBeGreaterThanOrEqual(3)
    expect(others.map(({ tunnels }) => tunnels.length)).toEqual(before)
  }
)

test('a proxy that refuses or is away is an incident with the reason, tried again and never gone around', async () => {
  const { http, socks5 } = proxies
  const wrong = { ...CREDENTIALS, password: 'wrong' }
  await stage.api.setProxy(accountId, http.url(wrong))
  const { lastDisconnect } = await untilFailure('refuses the credentials (HTTP status 407)')
  expect(lastDisconnect).toMatchObject({ code: 407, source: 'proxy' })
  expect(await incident()).toMatchObject({
    happened: expect.stringContaining('407'),
    resolvedAt: null
  })
  await stage.api.untilAccount(
    accountId,
    'several attempts',
    ({ reconnectAttempts }) => reconnectAttempts >= 3
  )
  await stage.api.setProxy(accountId, socks5.url(wrong))
  await untilFailure('refuses the credentials')
  http.refuses = socks5.refuses = true
  await stage.api.setProxy(accountId, http.url())
  await untilFailure('does not connect (HTTP status 502)')
  await stage.api.setProxy(accountId, socks5.url())
  await untilFailure('does not connect')
  const gone = await openSocks5Proxy(OPTIONS)
  await gone[Symbol.asyncDispose]()
  await stage.api.setProxy(accountId, gone.url())
  await untilFailure('cannot be reached (ECONNREFUSED)')
  await stage.api.setProxy(accountId, gone.url().replace('socks5', 'http'))
  await untilFailure('cannot be reached (ECONNREFUSED)')
  expect((await stage.api.incidents(accountId)).filter(({ resolvedAt }) => resolvedAt === null)).toHaveLength(
    1
  )

  http.refuses = socks5.refuses = false
  await stage.api.setProxy(accountId, http.url())
  await untilOpen()
  expect(
    (
      await stage.api.until('its end', async () => {
        const found = await incident()
        return found?.resolvedAt == null ? undefined : found
      })
    ).count
  ).toBe(1)
  expect(connections()).toEqual(new Set(addressesOf(...Object.values(proxies), gone)))
})

thoroughTest(
  'without a proxy of its own an account takes the default, over a restart and a new link',
  async () => {
    const { http, socks5 } = proxies
    await stage.server.kill()
    const [before, used] = [http.tunnels.length, socks5.tunnels.length]
    await stage.restart({ WHATSAPP_PROXY_URL: socks5.url() })
    await untilOpen()
    // Its own comes first.
    expect(http.tunnels.length).toBeGreaterThan(before)
    expect(socks5.tunnels.length).toBe(used)

    const account = await stage.api.setProxy(accountId, null)
    expect(account.proxy).toEqual({ address: `socks5://***@127.0.0.1:${socks5.port}`, source: 'default' })
    await stage.api.until('the new way', async () => socks5.tunnels.length > used || undefined)
    await untilOpen()
    await stage.api.setProxy(accountId, http.url())
    await untilOpen()
    await stage.api.command(accountId, 'logout')
    await stage.api.untilAccount(accountId, 'loggedOut', ({ state }) => state === 'loggedOut')
    await stage.api.pair(accountId)
    await phone.scanQr((await stage.api.offer(accountId)).qr!)
    expect((await untilOpen()).proxy?.source).toBe('account')
  }
)

test('the credentials are in no answer, event, log line or file', async () => {
  const { live, seen, stop } = await stage.api.subscribe()
  const { api } = stage
  await api.setProxy(accountId, proxies.socks5.url())
  await untilOpen()
  await api.until('an event', async () => seen.find(({ type }) => type === 'account.state'))
  stop()
  const { key, url } = stage.server
  const metrics = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${key}` } })
  const answers = [
    await api.account(accountId),
    await api.request('GET', '/v1/accounts'),
    await api.incidents(),
    live,
    seen,
    await metrics.text()
  ]
  const files = readdirSync(stage.dataDir, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => readFileSync(join(entry.parentPath, entry.name)).toString('latin1'))
  const everything = [JSON.stringify(answers), stage.server.output(), ...files].join('\n')
  const encoded = [CREDENTIALS.password, encodeURIComponent(CREDENTIALS.password)]
  const basic = Buffer.from(`${CREDENTIALS.username}:${CREDENTIALS.password}`).toString('base64')
  for (const secret of [...encoded, basic]) expect(everything).not.toContain(secret)
})

test('an address that is no proxy is refused without repeating it', async () => {
  const wrong = [
    'ftp://shop:s3cret@host',
    'http://shop:s3cret@host/path',
    'socks5://',
    'http://%zz:s3cret@host',
    'host:1080',
    '',
    5
  ]
  for (const proxy of wrong)
    for (const [method, path] of [
      ['POST', '/v1/accounts'],
      ['PATCH', `/v1/accounts/${accountId}`]
    ] as const) {
      const { body, status } = await stage.api.request(method, path, {
        ...(method === 'POST' ? { name: 'Shop' } : {}),
        proxy
      })
      expect([proxy, status]).toEqual([proxy, 400])
      expect(JSON.stringify(body)).not.toContain('s3cret')
      expect(JSON.stringify(body)).toContain('proxy')
    }
  expect((await stage.api.request('PATCH', '/v1/accounts/acc-none', { proxy: null })).status).toBe(404)
})
