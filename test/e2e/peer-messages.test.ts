// What the phone sends to this device beside the chats (history notifications, keys, answers) and cannot be decrypted: it is
// asked for again, it is never a message, and until it is there the server does not claim to have everything.
import { expect, test } from 'vitest'
import type { Api } from '../../harness/api.ts'
import { linkAccount } from '../../harness/simulated.ts'
import type { Phone } from '../../simulator/phone.ts'
import type { Signal } from '../../simulator/simulator.ts'
import { compare } from '../../harness/compare.ts'
import { type AnyStage, movableClock, sharedStageByClock, Stage } from './stage.ts'
import { thoroughTest } from '../thorough.ts'

const SETTINGS = { BACKFILL_DELAY: '1s' }
const stageOf = sharedStageByClock(SETTINGS)

const NOTHING_WRONG = { missing: [], duplicates: [], different: [] }
const RECENT = 3
/** The second of several chunks: those around it arrive. */
const CHUNK = { kind: 'corruptMessages', only: 'peer', syncType: RECENT, chunkOrder: 2 } as const
const history = { chats: 4, messages: 300, chunkMessages: 50, groupsShare: 0 }
const HOUR = 60 * 60 * 1000

const untilIncidents = (
  api: Api,
  accountId: string,
  wanted: ReadonlyArray<readonly [string, number, boolean]>
) =>
  api.until(`the incidents ${JSON.stringify(wanted)}`, async () => {
    const found = (await api.incidents(accountId))
      .filter(({ kind }) => kind.startsWith('peerMessage.'))
      .map(({ count, kind, resolvedAt }) => JSON.stringify([kind, count, resolvedAt !== null]))
    const isWanted = wanted.every(one => found.includes(JSON.stringify(one)))
    return isWanted && found.length === wanted.length ? found : undefined
  })

/** The coverage of every thread: its state and the reasons of its gaps. */
const coverageOf = async (api: Api, accountId: string) =>
  Promise.all(
    (await api.threads(accountId)).map(async ({ threadId }) => {
      const { gaps, state } = await api.coverage(threadId)
      return { state, reasons: gaps.map(({ reason }) => reason) }
    })
  )

const linkedWith = (phone: Phone, api = stageOf().api): Promise<string> =>
  linkAccount(api, phone.name, qr => phone.scanQr(qr))

/** The retry receipts for peer messages that WhatsApp gets from now on. */
const retriesFrom = (stage: AnyStage): Array<Signal['detail']> => {
  const retries: Array<Signal['detail']> = []
  stage.simulator.events.on(({ detail, name }) => {
    if (name === 'retry' && detail['category'] === 'peer') retries.push(detail)
  })
  return retries
}

const undecryptableIn = async (api: Api, accountId: string) =>
  (await Promise.all((await api.threads(accountId)).map(({ threadId }) => api.messages(threadId))))
    .flat()
    .filter(({ type }) => type === 'undecryptable')

test('a history notification that cannot be decrypted is a gap and an incident until the phone has sent it again', async () => {
  const stage = stageOf()
  const { api } = stage
  const phone = stage.simulator.createPhone({ history })
  const retries = retriesFrom(stage)
  phone.fault(CHUNK, { times: 1 })
  // So that nothing but the announcement itself can close the gaps.
  phone.fault({ kind: 'historyOnDemand', effect: 'silent' })
  const silent = phone.fault({ kind: 'ignoreRetries' })
  const accountId = await linkedWith(phone)
  await untilIncidents(api, accountId, [['peerMessage.undecryptable', 1, false]])
  const waiting = await api.untilAccount(
    accountId,
    'all chunks but that one',
    ({ sync, state }) => state === 'open' && sync.chunksPending === 1 && sync.percent === 99
  )
  expect(waiting.coverage).toMatchObject({ complete: 0, unknown: 0 })
  for (const { reasons, state } of await coverageOf(api, accountId)) {
    expect(state).toBe('partial')
    expect(reasons).toContain('unread-announcement')
  }
  expect((await compare(api, accountId, phone.truth().messages)).missing.length).toBeGreaterThan(0)
  expect(await undecryptableIn(api, accountId)).toEqual([])
  expect(retries).toMatchObject([{ count: 1, withKeys: false }])
  const [{ id } = {}] = retries
  expect(phone.truth().receipts.filter(one => one.id === id)).toEqual([])

  silent.clear()
  stage.advance(11_000)
  await stage.synced(accountId, phone)
  await untilIncidents(api, accountId, [['peerMessage.undecryptable', 1, true]])
  expect(await compare(api, accountId, phone.truth().messages)).toMatchObject(NOTHING_WRONG)
  expect((await api.account(accountId)).sync).toMatchObject({ percent: 100, chunksFailed: 0 })
  for (const { reasons, state } of await coverageOf(api, accountId)) {
    expect(state).toBe('complete')
    expect(reasons).toEqual([])
  }
  expect(retries).toMatchObject([
    { id, count: 1 },
    { id, count: 2, withKeys: true }
  ])
  expect(await undecryptableIn(api, accountId)).toEqual([])
})

thoroughTest(
  'a phone that never sends it again leaves a gap in every thread and an incident, and is still heard and asked once more when it does',
  async () => {
    const stage = stageOf()
    const { api } = stage
    const phone = stage.simulator.createPhone({ history })
    phone.fault(CHUNK, { times: 1 })
    phone.fault({ kind: 'historyOnDemand', effect: 'silent' })
    phone.fault({ kind: 'ignoreRetries' }, { times: 4 })
    const retries = retriesFrom(stage)
    const accountId = await linkedWith(phone)
    await untilIncidents(api, accountId, [['peerMessage.undecryptable', 1, false]])
    // What is asked last waits at WhatsApp.
    phone.goOffline()
    for (let asked = 1; asked <= 5; asked += 1) {
      await stage.simulator.until(() => retries.length === asked)
      stage.advance(HOUR)
    }
    await untilIncidents(api, accountId, [
      ['peerMessage.undecryptable', 1, true],
      ['peerMessage.lost', 1, false]
    ])
    const account = await api.untilAccount(
      accountId,
      'the rest',
      ({ sync }) => sync.chunksPending === 0 && sync.chunksFailed === 1
    )
    expect(account.coverage.complete).toBe(0)
    for (const { reasons, state } of await coverageOf(api, accountId)) {
      expect(state).toBe('partial')
      expect(reasons).toContain('unread-announcement')
    }
    expect(await undecryptableIn(api, accountId)).toEqual([])

    phone.fault(CHUNK, { times: 1 })
    phone.goOnline()
    await stage.simulator.until(() => retries.length === 6)
    await untilIncidents(api, accountId, [
      ['peerMessage.undecryptable', 2, true],
      ['peerMessage.lost', 1, true]
    ])
    expect(retries.map(({ count, withKeys }) => [count, withKeys])).toEqual([
      [1, false],
      ...[2, 3, 4, 5, 5].map(count => [count, true])
    ])
    // The requests for the gaps wait for their answers meanwhile: the phone is silent about them.
    await api.untilAccount(
      accountId,
      'everything, without a gap',
      ({ coverage, sync }) => coverage.complete === history.chats && sync.chunksPending === 0
    )
    expect(await compare(api, accountId, phone.truth().messages)).toMatchObject(NOTHING_WRONG)
    for (const { reasons } of await coverageOf(api, accountId))
      expect(reasons).not.toContain('unread-announcement')
  }
)

thoroughTest(
  'keys and answers of the phone that cannot be decrypted are asked for again, also after a crash',
  async () => {
    // Hours have passed for the other one.
    const { folder, settings } = movableClock()
    await using stage = await Stage.set({ ...settings, ...SETTINGS }, folder)
    const { api } = stage
    const phone = stage.simulator.createPhone({ history: { chats: 2, messages: 20, groupsShare: 0 } })
    // The first that a phone sends after linking are the keys of app state.
    phone.fault({ kind: 'corruptMessages', only: 'peer' }, { times: 1 })
    const accountId = await linkedWith(phone, api)
    await stage.synced(accountId, phone)
    await untilIncidents(api, accountId, [['peerMessage.undecryptable', 1, true]])
    await phone.changeChat(phone.mailbox.chats[0]!.partner, { archived: true })
    await api.until('the archived chat', async () =>
      (await api.threads(accountId)).find(({ archived }) => archived)
    )
    const silent = phone.fault({ kind: 'ignoreRetries' })
    const retries = retriesFrom(stage)
    phone.fault({ kind: 'unavailableMessages' }, { times: 1 })
    phone.fault({ kind: 'corruptMessages', only: 'peer' }, { times: 1 })
    const { id } = await phone.receive({ from: phone.contacts[0]!, text: 'only the phone has it' })
    const withId = async () => {
      for (const { threadId } of await stage.api.threads(accountId)) {
        const found = (await stage.api.messages(threadId)).find(({ whatsAppId }) => whatsAppId === id)
        if (found !== undefined) return found
      }
      return undefined
    }
    await stage.api.until('its place', withId)
    // WhatsApp is given half a minute to deliver it after all.
    stage.advance(31_000)
    await stage.simulator.until(() => retries.length > 0)
    await stage.server.kill()
    silent.clear()
    await stage.restart()
    await stage.api.untilAccount(accountId, 'the connection', ({ tags }) => tags.includes('online'))
    stage.advance(11_000)
    await stage.api.until('the content', async () => {
      const found = await withId()
      return found?.body === 'only the phone has it' ? found : undefined
    })
    await untilIncidents(stage.api, accountId, [['peerMessage.undecryptable', 2, true]])
    expect(await undecryptableIn(stage.api, accountId)).toEqual([])
    expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject(NOTHING_WRONG)
  }
)
