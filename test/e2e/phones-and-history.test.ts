// How phones answer requests for older messages: in which unit they take times, what their owners allow, what they say about
// chunks that got lost, and what becomes of a job that they never answer.
import { describe, expect, test } from 'vitest'
import { compare } from '../../harness/compare.ts'
import type { Phone } from '../../simulator/phone.ts'
import { type AnyStage, sharedStageByClock } from './stage.ts'

const shared = sharedStageByClock({
  WHATSAPP_BACKFILL_COUNT: '0',
  BACKFILL_TIMEOUT: '10s',
  BACKFILL_RETRY_MAX: '10s'
})
/** As soon as time allows: what waits for the phone to answer does not wait for the test. */
const inTime = <T>(stage: AnyStage, what: string, look: () => Promise<T | undefined>): Promise<T> =>
  stage.api.until(what, async () => {
    const found = await look()
    // A longer step would look like a connection that is lost.
    if (found === undefined) stage.advance(5000)
    return found
  })

const inMilliseconds = ({ time = 0 }: { readonly time?: number }): boolean => time > 100_000_000_000

const linked = async (stage: AnyStage, phone: Phone): Promise<string> => {
  const { accountId } = await stage.api.createAccount('Shop')
  await stage.api.pair(accountId)
  const { qr } = await stage.api.offer(accountId)
  await phone.scanQr(qr!)
  return accountId
}

/** Messages that the phone gets while its device is away, and that WhatsApp does not keep; then a live one. */
const missSome = async (stage: AnyStage, phone: Phone, accountId: string): Promise<void> => {
  const [contact] = phone.contacts
  await stage.api.command(accountId, 'disconnect')
  await stage.simulator.until(() => phone.devices.every(({ queue }) => !queue.connected))
  for (let n = 0; n < 3; n += 1) await phone.receive({ from: contact!, text: `lost ${n}` })
  phone.expireOfflineQueue()
  await stage.api.command(accountId, 'connect')
  await stage.api.untilAccount(accountId, 'the connection', ({ tags }) => tags.includes('online'))
  await phone.receive({ from: contact!, text: 'live', timestamp: Math.floor(Date.now() / 1000) + 5 })
}

const NOTHING_WRONG = { missing: [], duplicates: [], different: [] }
const PARTLY = { chats: 1, messages: 200, groupsShare: 0, mediaShare: 0, pushPerChat: 40 }

describe('a request for older messages', () => {
  test('has its time in seconds, wakes the phone, and is marked as privacy-sensitive', async () => {
    const stage = shared()
    const { phone, accountId } = await stage.linkedPartly(40, { history: PARTLY })
    await stage.synced(accountId, phone)
    const asked = phone.truth().peerRequests.filter(({ type }) => type === 'HISTORY_SYNC_ON_DEMAND')
    expect(asked.length).toBeGreaterThan(2)
    for (const request of asked) {
      expect(request).toMatchObject({ pushPriority: 'high_force', privacySensitive: '1', appdata: 'default' })
      expect(request.time).toBeLessThan(10_000_000_000)
    }
    expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject(NOTHING_WRONG)
  })

  test('is repeated once in milliseconds after silence, and the phone is remembered for it', async () => {
    const stage = shared()
    const phone = stage.simulator.createPhone({ history: PARTLY })
    phone.shareHistory({ requestTimes: 'milliseconds' })
    const accountId = await linked(stage, phone)
    await stage.simulator.until(() => phone.truth().peerRequests.length > 0)
    // Until the phone is found silent, then until it is asked again; longer steps would look like a lost connection.
    stage.advance(11_000)
    await stage.api.untilAccount(accountId, 'the silence', ({ sync }) => sync.phoneSilentUntil !== null)
    stage.advance(12_000)
    await stage.simulator.until(() => phone.truth().peerRequests.some(inMilliseconds))
    await stage.synced(accountId, phone)
    expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject(NOTHING_WRONG)
    const before = phone.truth().peerRequests.length
    await missSome(stage, phone, accountId)
    await stage.synced(accountId, phone)
    const later = phone.truth().peerRequests.slice(before)
    expect(later.length).toBeGreaterThan(0)
    expect(later.every(inMilliseconds)).toBe(true)
  })

  test('is not made again when the phone gives this device nothing older', async () => {
    const stage = shared()
    const phone = stage.simulator.createPhone({ history: PARTLY })
    phone.shareHistory({ olderMessages: false })
    const accountId = await linked(stage, phone)
    await stage.api.untilAccount(accountId, 'the pushed part', ({ counts }) => counts.messages === 40)
    const [thread] = await stage.api.threads(accountId)
    const coverage = await stage.api.until('the answer', async () => {
      const found = await stage.api.coverage(thread!.threadId)
      return found.lastRefusal === null ? undefined : found
    })
    expect(coverage).toMatchObject({
      state: 'partial',
      beginningReached: false,
      lastRefusal: { code: 'noAccess' }
    })
    const { jobId } = await stage.api.backfill(accountId, { threadId: thread!.threadId, count: 0 })
    expect(await stage.api.untilJob(accountId, jobId)).toMatchObject({
      partsRefused: 1,
      tasks: [{ status: 'refused', code: 'noAccess', missing: { from: null, to: coverage.oldest!.at } }]
    })
    expect(phone.truth().peerRequests).toEqual([])
    // Linked again, with the setting changed, it is asked again.
    phone.unlinkDevice(1)
    await stage.api.untilAccount(accountId, 'the logout', ({ state }) => state === 'loggedOut')
    phone.shareHistory({ olderMessages: true })
    await stage.api.pair(accountId)
    const again = await stage.api.offer(accountId)
    await phone.scanQr(again.qr!)
    await stage.synced(accountId, phone)
    expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject(NOTHING_WRONG)
  })
})

describe('a job', () => {
  test('ends when the phone never answers, with what is missing; a sign of the phone begins another one', async () => {
    const stage = shared()
    const { phone, accountId } = await stage.linkedPartly(40, { history: PARTLY })
    await stage.synced(accountId, phone)
    const silence = phone.fault({ kind: 'historyOnDemand', effect: 'silent' })
    await missSome(stage, phone, accountId)
    const given = await inTime(stage, 'a part to be given up', async () => {
      const jobs = await stage.api.jobs(accountId)
      return jobs.find(({ partsRefused, status }) => status === 'done' && partsRefused === 1)
    })
    const [thread] = await stage.api.threads(accountId)
    const [gap] = (await stage.api.coverage(thread!.threadId)).gaps
    expect(await stage.api.job(accountId, given.jobId)).toMatchObject({
      status: 'done',
      tasks: expect.arrayContaining([
        expect.objectContaining({
          status: 'refused',
          code: 'phoneSilent',
          missing: { from: gap!.from, to: gap!.to }
        })
      ])
    })
    expect(await stage.api.coverage(thread!.threadId)).toMatchObject({ lastRefusal: { code: 'phoneSilent' } })
    silence.clear()
    await phone.send({ to: phone.contacts[0]!, text: 'the owner is back' })
    await stage.synced(accountId, phone)
    expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject(NOTHING_WRONG)
  })
})
