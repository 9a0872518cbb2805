// Every way in which a connection can end, as HTTP shows it: real Baileys on the simulator, and an account that always comes back
// unless WhatsApp itself says that it may not.
import { beforeAll, expect, test } from 'vitest'
import type { StreamError } from '../../simulator/state/faults.ts'
import type { Phone } from '../../simulator/phone.ts'
import type { Incident } from '../../src/domain/incident.ts'
import { sharedInProcessStage } from './stage.ts'

const stage = sharedInProcessStage({
  RECONNECT_MIN: '50ms',
  RECONNECT_MAX: '200ms',
  START_PACE: '0ms',
  CONNECT_TIMEOUT: '8s'
})
const SMALL = { history: { chats: 1, messages: 3, groupsShare: 0 } }

interface Linked {
  readonly phone: Phone
  readonly accountId: string
}

/** One account for all of it: whatever ends, it is online again before the next test. */
let it: Linked
beforeAll(async () => {
  it = await stage().linked(SMALL)
})

const device = () => it.phone.devices[0]!

/** The incidents since the last call, of the account. */
const seen = new Map<string, number>()
const newIncidents = async (): Promise<ReadonlyArray<Incident>> => {
  const incidents = await stage().api.incidents(it.accountId)
  const fresh = incidents.filter(({ count, incidentId }) => (seen.get(incidentId) ?? 0) < count)
  for (const { count, incidentId } of fresh) seen.set(incidentId, count)
  return fresh
}

/** Ends the connection, and waits until the account is online again, over another login. */
const endsAndComesBack = async (
  end: () => void,
  disconnect: Readonly<Record<string, unknown>>
): Promise<void> => {
  const { logins } = device()
  end()
  const account = await stage().api.untilAccount(
    it.accountId,
    `back after ${JSON.stringify(disconnect)}`,
    ({ lastDisconnect, state }) =>
      state === 'open' &&
      device().logins > logins &&
      lastDisconnect !== null &&
      Object.entries(disconnect).every(([name, value]) => Reflect.get(lastDisconnect, name) === value)
  )
  expect(account.lastDisconnect).toMatchObject(disconnect)
}

/** The next login of the phone's devices is refused so. */
const refusesNext = (failure: Readonly<Record<string, number | string>>): void => {
  it.phone.fault({ kind: 'refuseLogins', ...failure }, { times: 1 })
  it.phone.disconnect()
}

test('what passes by itself is tried again: no fault of WhatsApp costs the link or the attention of a person', async () => {
  const errors: ReadonlyArray<readonly [StreamError, Readonly<Record<string, unknown>>]> = [
    [{ code: 500 }, { code: 500, source: 'streamError', condition: null }],
    [{ code: 501 }, { code: 501, source: 'streamError' }],
    [{ condition: 'ack' }, { code: 0, source: 'streamError', condition: 'ack' }],
    [{ code: 503 }, { code: 503, source: 'streamError' }],
    [{ condition: 'xml-not-well-formed' }, { code: 0, condition: 'xml-not-well-formed' }],
    [{ code: 429 }, { code: 429, source: 'streamError' }],
    [{ code: 515 }, { code: 515, source: 'streamError' }],
    [{ condition: 'xmlstreamend' }, { code: 428, source: 'streamError', condition: 'xmlstreamend' }],
    [{}, { code: 428, source: 'network' }]
  ]
  for (const [error, disconnect] of errors)
    await endsAndComesBack(() => it.phone.disconnect(error), disconnect)
  for (const reason of [500, 503])
    await endsAndComesBack(() => refusesNext({ reason }), { code: reason, source: 'failure' })
  expect(await newIncidents()).toEqual([])
  expect(it.phone.devices).toHaveLength(1)
})

test('what stands between here and WhatsApp cannot end an account: its HTTP status is no word of WhatsApp', async () => {
  for (const status of [401, 440])
    await endsAndComesBack(
      () => {
        stage().simulator.fault({ kind: 'refuseUpgrades', status }, { times: 2 })
        it.phone.disconnect()
      },
      { code: status, source: 'http' }
    )
  expect(await newIncidents()).toEqual([])
})

test('a WhatsApp that falls silent while the connection opens is given up and tried again', async () => {
  const silence = it.phone.fault({ kind: 'ignoreQueries', xmlns: 'passive' })
  it.phone.disconnect({ code: 503 })
  await stage().api.untilAccount(
    it.accountId,
    'the timeout',
    ({ lastDisconnect }) => lastDisconnect?.code === 408 && lastDisconnect.source === 'network'
  )
  silence.clear()
  await stage().api.untilAccount(it.accountId, 'open', ({ state }) => state === 'open')
})

test('an end that nobody knows is tried again, shown with its code and source, and an incident once for each code', async () => {
  const endsSo = (error: StreamError, disconnect: Readonly<Record<string, unknown>>) =>
    endsAndComesBack(() => it.phone.disconnect(error), { source: 'streamError', ...disconnect })
  await endsSo({ code: 599 }, { code: 599, condition: null })
  await endsSo({ condition: 'something-new' }, { code: 0, condition: 'something-new' })
  await endsSo({ code: 599 }, { code: 599 })
  await endsAndComesBack(() => refusesNext({ reason: 400 }), { code: 400, source: 'failure' })
  await endsAndComesBack(() => refusesNext({}), { code: 0, source: 'failure' })
  const incidents = await newIncidents()
  expect(incidents.map(({ kind }) => kind)).toEqual(Array(4).fill('account.unknownDisconnect'))
  expect(incidents).toContainEqual(
    expect.objectContaining({ happened: expect.stringContaining('code 599'), count: 1 })
  )
})

test.each([
  ['locked', 'account.locked', { reason: 403, message: 'locked' }, 403],
  ['banned', 'account.banned', { reason: 406 }, 406],
  ['failed', 'account.updateNeeded', { reason: 405 }, 405],
  ['failed', 'account.updateNeeded', { reason: 409 }, 409]
] as const)('a login refused as %s (%s) waits for a person', async (state, kind, failure, code) => {
  refusesNext(failure)
  const account = await stage().api.untilAccount(it.accountId, state, ({ state: now }) => now === state)
  expect(account).toMatchObject({ tags: ['ended'], lastDisconnect: { code, source: 'failure' } })
  expect(await newIncidents()).toMatchObject([{ kind }])
  await stage().api.command(it.accountId, 'connect')
  await stage().api.untilAccount(it.accountId, 'open', ({ state: now }) => now === 'open')
})

test('a device that is linked and not told to log in does so itself', async () => {
  const phone = stage().simulator.createPhone(SMALL)
  const withheld = phone.fault({ kind: 'withholdRestart' })
  const { accountId } = await stage().api.createAccount('Withheld')
  await stage().api.pair(accountId)
  await phone.scanQr((await stage().api.offer(accountId)).qr!)
  await stage().api.untilAccount(accountId, 'connecting', ({ state }) => state === 'connecting')
  withheld.clear()
  await stage().synced(accountId, phone)
  expect(await stage().api.account(accountId)).toMatchObject({
    pairingFailure: null,
    lastDisconnect: { code: 408 }
  })
  expect(await stage().api.incidents(accountId)).toEqual([])
  expect(await stage().api.request('GET', `/v1/accounts/${accountId}/qr`)).toMatchObject({
    status: 409,
    body: { detail: 'The account is linked, so there is no code' }
  })
})

test('linking survives a fault of WhatsApp: another QR code is offered', async () => {
  const phone = stage().simulator.createPhone(SMALL)
  stage().simulator.fault({ kind: 'refuseLogins', reason: 500 }, { times: 2 })
  const { accountId } = await stage().api.createAccount('Linked late')
  await stage().api.pair(accountId)
  await phone.scanQr((await stage().api.offer(accountId)).qr!)
  await stage().synced(accountId, phone)
})

test('a device whose answer to the link is lost is offered another QR code, and links with that', async () => {
  const phone = stage().simulator.createPhone(SMALL)
  const sent = 'iq result pair-device-sign'
  phone.fault({ kind: 'dropOnReceived', count: 1, handled: false, sent }, { times: 1 })
  const { accountId } = await stage().api.createAccount('Lost answer')
  await stage().api.pair(accountId)
  const qr = (await stage().api.offer(accountId)).qr!
  await expect(phone.scanQr(qr)).rejects.toThrow('went away')
  await phone.scanQr(await stage().api.nextQr(accountId, qr))
  await stage().synced(accountId, phone)
  expect((await stage().api.incidents(accountId)).map(({ kind }) => kind)).not.toContain('account.loggedOut')
})

test('a suspension says until when, over a restart of the server, and can be tried earlier', async () => {
  const { seen, stop } = await stage().api.subscribe(`?accountId=${it.accountId}`)
  const before = Date.now()
  refusesNext({ reason: 402, code: 104, expire: 3600 })
  const account = await stage().api.untilAccount(
    it.accountId,
    'the suspension',
    ({ state }) => state === 'suspended'
  )
  const { suspension } = account
  expect(suspension).toMatchObject({ code: 104, reason: expect.stringContaining('same message') })
  const until = suspension!.until!
  expect(until).toBeGreaterThanOrEqual(before + 3_600_000)
  expect(until).toBeLessThan(Date.now() + 3_600_001)
  await stage().api.until('the event', async () =>
    seen.find(event => event.type === 'account.state' && event.data.state === 'suspended')
  )
  expect(seen).toContainEqual(
    expect.objectContaining({
      type: 'account.state',
      data: expect.objectContaining({ suspension: expect.objectContaining({ until }) })
    })
  )
  stop()
  expect(await newIncidents()).toMatchObject([
    { kind: 'account.suspended', happened: expect.stringContaining(new Date(until).toISOString()) }
  ])

  const { logins } = device()
  await stage().server.stop()
  await stage().restart()
  await stage().api.untilAccount(
    it.accountId,
    'suspended still',
    ({ state, suspension: now }) => state === 'suspended' && now?.until === until
  )
  expect(device().logins).toBe(logins)

  await stage().api.command(it.accountId, 'connect')
  await stage().api.untilAccount(
    it.accountId,
    'open',
    ({ state, suspension: now }) => state === 'open' && now === null
  )
})

test('when a suspension is over the account connects by itself, unless it was disconnected', async () => {
  refusesNext({ reason: 402, expire: 2 })
  await stage().api.untilAccount(it.accountId, 'suspended', ({ state }) => state === 'suspended')
  await stage().api.untilAccount(
    it.accountId,
    'open',
    ({ state, suspension }) => state === 'open' && suspension === null
  )

  refusesNext({ reason: 402 })
  const account = await stage().api.untilAccount(
    it.accountId,
    'suspended without an end',
    ({ state }) => state === 'suspended'
  )
  expect(account.suspension).toMatchObject({ code: null, until: null })
  await stage().api.command(it.accountId, 'disconnect')
  await stage().api.untilAccount(it.accountId, 'stopped', ({ state }) => state === 'stopped')
  await stage().api.command(it.accountId, 'connect')
  await stage().api.untilAccount(it.accountId, 'open', ({ state }) => state === 'open')
  expect((await newIncidents()).map(({ kind }) => kind)).toEqual(['account.suspended'])
})

test('TLS that is not trusted is trouble of the network: it costs no link, however long it lasts', async () => {
  await stage().server.stop()
  await stage().restart({ WHATSAPP_URL: stage().simulator.secureWhatsappUrl, NODE_EXTRA_CA_CERTS: '' })
  const account = await stage().api.untilAccount(
    it.accountId,
    'three attempts',
    ({ reconnectAttempts }) => reconnectAttempts >= 3
  )
  expect(account.lastDisconnect).toMatchObject({
    source: 'network',
    reason: expect.stringContaining('cannot be reached')
  })
  expect(['connecting', 'reconnecting']).toContain(account.state)
  expect(await newIncidents()).toEqual([])
  await stage().server.stop()
  await stage().restart()
  await stage().api.untilAccount(it.accountId, 'open', ({ state }) => state === 'open')
})

test('a session that another program took over waits, and one that the phone removed is logged out, with a code or without', async () => {
  for (const error of [{ condition: 'conflict', type: 'replaced' }, { code: 440 }]) {
    it.phone.disconnect(error)
    await stage().api.untilAccount(it.accountId, 'replaced', ({ state }) => state === 'replaced')
    await stage().api.command(it.accountId, 'connect')
    await stage().api.untilAccount(it.accountId, 'open', ({ state }) => state === 'open')
  }
  it.phone.disconnect({ condition: 'conflict', type: 'device_removed' })
  const account = await stage().api.untilAccount(
    it.accountId,
    'loggedOut',
    ({ state }) => state === 'loggedOut'
  )
  expect(account.lastDisconnect).toMatchObject({ source: 'streamError', condition: 'device_removed' })

  await stage().api.pair(it.accountId)
  await it.phone.scanQr((await stage().api.offer(it.accountId)).qr!)
  await stage().api.untilAccount(it.accountId, 'open', ({ state }) => state === 'open')
  refusesNext({ reason: 401 })
  await stage().api.untilAccount(it.accountId, 'loggedOut', ({ state }) => state === 'loggedOut')
})
