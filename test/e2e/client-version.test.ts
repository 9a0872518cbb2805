// The client version over HTTP: the live one is found, raised when WhatsApp refuses or limits it, kept over restarts, or fixed.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { Phone } from '../../simulator/phone.ts'
import { type AnyStage, sharedInProcessStage, sharedStage } from './stage.ts'
import { thorough, thoroughTest } from '../thorough.ts'

const SMALL = { history: { chats: 1, messages: 3, groupsShare: 0 } }
const QUICK = { RECONNECT_MIN: '50ms', RECONNECT_MAX: '200ms', START_PACE: '0ms' }
const stage = thorough<(settings: typeof QUICK) => () => AnyStage>(sharedInProcessStage, sharedStage)(QUICK)

let phone: Phone
let accountId: string
let asked = 0
beforeAll(async () => {
  stage().simulator.events.on(({ name }) => {
    if (name === 'versionAsked') asked += 1
  })
  ;({ accountId, phone } = await stage().linked(SMALL))
})

const versions = () => stage().simulator.clientVersions
const live = () => `2.3000.${versions().live}`
const device = () => phone.devices[0]!

const untilOpenWith = (version: string) =>
  stage().api.untilAccount(
    accountId,
    `open with ${version}`,
    ({ clientVersion, state }) =>
      state === 'open' && clientVersion === version && device().version === version
  )
const untilState = (wanted: string) =>
  stage().api.untilAccount(accountId, wanted, ({ state }) => state === wanted)

/** The only incident of the kind once it is as wanted. */
const untilIncident = (kind: string, isResolved: boolean) =>
  stage().api.until(`${kind}, ${isResolved ? 'resolved' : 'standing'}`, async () => {
    const all = (await stage().api.incidents(accountId)).filter(incident => incident.kind === kind)
    const [latest] = all
    return latest !== undefined && all.every(({ resolvedAt }) => (resolvedAt !== null) === isResolved)
      ? latest
      : undefined
  })

test('the version of the page is used from the first connection on', async () => {
  await untilOpenWith(live())
  const { key, url } = stage().server
  const metrics = await (
    await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${key}` } })
  ).text()
  expect(metrics).toContain(`backscroll_client_version ${versions().live}`)
  expect(metrics).toContain('backscroll_client_version_checks_total{outcome="found"} 1')
})

test('a version that is refused is raised to the live one, of linked accounts and while linking, and nobody has to act', async () => {
  versions().least = versions().live += 100
  phone.disconnect()
  await untilOpenWith(live())
  expect(await stage().api.incidents(accountId)).toEqual([])

  versions().least = versions().live += 100
  const other = stage().simulator.createPhone(SMALL)
  const created = await stage().api.createAccount('Linked with the newer version')
  await stage().api.pair(created.accountId)
  await other.scanQr((await stage().api.offer(created.accountId)).qr!)
  await stage().synced(created.accountId, other)
  expect(other.devices[0]!.version).toBe(live())
  expect(await stage().api.incidents(created.accountId)).toEqual([])
})

test('an announced end of the version is an incident with its date, until it is withdrawn or a newer version is in use', async () => {
  phone.disconnect()
  await untilOpenWith(live())
  const endsAt = Math.floor(Date.now() / 1000) + 86_400
  phone.announceExpiration(endsAt)
  const announced = await untilIncident('account.versionExpires', false)
  expect(announced.happened).toContain(live())
  expect(announced.happened).toContain(new Date(endsAt * 1000).toISOString())
  phone.announceExpiration()
  await untilIncident('account.versionExpires', true)

  phone.announceExpiration(endsAt + 60)
  const { happened } = await untilIncidentWith(endsAt + 60)
  expect(happened).toContain(live())
  const { logins } = device()
  versions().live += 100
  phone.announceExpiration(endsAt + 60)
  const account = await untilOpenWith(live())
  expect(account.lastDisconnect).toMatchObject({ source: 'server', reason: expect.stringContaining(live()) })
  expect(device().logins).toBe(logins + 1)
  await untilIncident('account.versionExpires', true)
})

const untilIncidentWith = (endsAt: number) =>
  stage().api.until('the incident of the new date', async () =>
    (await stage().api.incidents(accountId)).find(
      ({ happened, resolvedAt }) =>
        resolvedAt === null && happened.includes(new Date(endsAt * 1000).toISOString())
    )
  )

thoroughTest(
  'when the live version is refused, or cannot be found, the account waits for a person and says what to do',
  async () => {
    const reasonOf = async () => (await untilState('failed')).lastDisconnect?.reason
    versions().least = versions().live + 1
    phone.disconnect()
    expect(await reasonOf()).toContain('its page names no newer one')
    versions().live += 100
    await stage().api.command(accountId, 'connect')
    await untilOpenWith(live())

    phone.account.leastVersion = versions().live += 100
    const fault = stage().simulator.fault({ kind: 'versionPage', effect: 'unavailable' })
    phone.disconnect()
    expect(await reasonOf()).toMatch(/cannot be read from 127\.0\.0\.1.*503.*WHATSAPP_VERSION/)
    expect((await untilIncident('account.updateNeeded', false)).happened).toContain('WHATSAPP_VERSION')
    fault.clear()
    await stage().api.command(accountId, 'connect')
    await untilOpenWith(live())
    phone.account.leastVersion = 0
  }
)

thoroughTest(
  'without the page, or with an older one, a restarted server goes on with the version that worked last',
  async () => {
    const worked = live()
    versions().least = 0
    versions().live -= 100
    stage().simulator.fault({ kind: 'versionPage', effect: 'unavailable' }, { times: 1 })
    await stage().kill()
    await stage().restart()
    const { logins } = device()
    await stage().api.untilAccount(accountId, 'open', ({ state }) => state === 'open')
    expect(device().version).toBe(worked)
    expect(logins).toBeLessThanOrEqual(device().logins)
  }
)

thoroughTest(
  'with a fixed version nothing is asked, whatever WhatsApp says of it, and the server connects to nothing but WhatsApp',
  async () => {
    await stage().kill()
    const connections = join(stage().dataDir, 'connections')
    writeFileSync(connections, '')
    asked = 0
    await stage().restart({
      WHATSAPP_VERSION: '2.3000.1043000000',
      NODE_OPTIONS: `--import=${join(import.meta.dirname, 'outgoing-connections.ts')}`,
      TEST_CONNECTIONS: connections
    })
    await untilOpenWith('2.3000.1043000000')
    const endsAt = Math.floor(Date.now() / 1000) + 172_800
    phone.announceExpiration(endsAt)
    await untilIncidentWith(endsAt)
    versions().least = versions().live
    phone.disconnect()
    expect((await untilState('failed')).lastDisconnect?.reason).toContain('which WHATSAPP_VERSION sets')
    versions().least = 0
    await stage().api.command(accountId, 'connect')
    await untilOpenWith('2.3000.1043000000')
    expect(asked).toBe(0)
    const simulator = new URL(stage().simulator.mediaUrl).host
    expect(new Set(readFileSync(connections, 'utf8').trim().split('\n'))).toEqual(new Set([simulator]))
  }
)
