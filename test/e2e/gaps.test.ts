// Gaps: opened by evidence, filled from their newer edge, and shown until they are.
import { expect, test } from 'vitest'
import { compare } from '../../harness/compare.ts'
import type { Phone } from '../../simulator/phone.ts'
import { type AnyStage, Stage } from './stage.ts'
import { thoroughTest } from '../thorough.ts'

const NOTHING_WRONG = { missing: [], duplicates: [], different: [] }
const DAY_MS = 24 * 60 * 60_000
const CHATS = { chats: 3, messages: 90, groupsShare: 0.34, mediaShare: 0 }

const untilComplete = (stage: AnyStage, accountId: string, threads: number) =>
  stage.api.untilAccount(
    accountId,
    `${threads} complete threads`,
    ({ coverage, state }) => coverage.complete === threads && state === 'open'
  )

/** A month of writing, to and from every chat, that no linked device hears of. */
const writeForAMonth = async (phone: Phone, from: number, perDay: number): Promise<void> => {
  const chats = phone.mailbox.chats.map(({ partner }) => partner)
  for (let day = 1; day <= 30; day += 1) {
    for (const chat of chats) {
      for (let n = 0; n < perDay; n += 1) {
        const timestamp = Math.floor((from + day * DAY_MS) / 1000) + n
        const text = `day ${day}, number ${n}`
        if ('members' in chat) {
          const [member] = [...chat.members.keys()].filter(account => account !== phone.account)
          await phone.receive({ from: member!, group: chat, text, timestamp })
        } else if (n % 3 === 0) await phone.send({ to: chat, text, timestamp })
        else await phone.receive({ from: chat, text, timestamp })
      }
    }
  }
}

/** Until a chunk that stays broken is given up, as soon as time allows. */
const untilGivenUp = (stage: AnyStage, accountId: string) =>
  stage.api.untilAccount(accountId, 'the chunk to be given up', account => {
    if (account.sync.chunksFailed === 0) stage.advance(20_000)
    return account.sync.chunksFailed > 0
  })

test('the server is down for a month and the phone goes on: after the start every message of that month is there', async () => {
  await using stage = await Stage.setInProcessByClock()
  const { phone, accountId } = await stage.linked({ history: CHATS })
  await untilComplete(stage, accountId, 3)
  for (const { partner } of phone.mailbox.chats) {
    if (!('members' in partner)) await phone.receive({ from: partner, text: 'the last thing before' })
  }
  await stage.synced(accountId, phone)
  await untilComplete(stage, accountId, 3)
  await stage.server.stop()
  const from = Date.now()
  stage.advance(31 * DAY_MS)
  await writeForAMonth(phone, from, 2)
  // WhatsApp has given up what it kept for the device.
  expect(phone.expireOfflineQueue()).toBeGreaterThan(150)

  await stage.restart()
  await stage.synced(accountId, phone)
  await untilComplete(stage, accountId, 3)
  const result = await compare(stage.api, accountId, phone.truth().messages)
  expect(result).toMatchObject({ ...NOTHING_WRONG, messages: 90 + 2 + 180 })
  for (const thread of await stage.api.threads(accountId)) {
    expect(await stage.api.coverage(thread.threadId)).toMatchObject({
      state: 'complete',
      beginningReached: true,
      gaps: []
    })
  }
})

thoroughTest('a gap is shown with its edges as long as the phone does not fill it', async () => {
  await using stage = await Stage.setInProcessByClock()
  const { phone, accountId } = await stage.linked({ history: { ...CHATS, chats: 1, groupsShare: 0 } })
  await untilComplete(stage, accountId, 1)
  const [thread] = await stage.api.threads(accountId)
  const [newest] = await stage.api.messages(thread!.threadId)
  await stage.server.stop()
  const from = Date.now()
  stage.advance(31 * DAY_MS)
  await writeForAMonth(phone, from, 1)
  phone.expireOfflineQueue()
  phone.goOffline()

  await stage.restart()
  const account = await stage.api.untilAccount(
    accountId,
    'the gap',
    ({ coverage, state }) => coverage.partial === 1 && state === 'backfilling'
  )
  expect(account.coverage).toEqual({ complete: 0, partial: 1, unknown: 0 })
  const shown = await stage.api.until('the request', async () => {
    const coverage = await stage.api.coverage(thread!.threadId)
    return coverage.requests.length > 0 ? coverage : undefined
  })
  expect(shown).toMatchObject({
    state: 'partial',
    beginningReached: true,
    gaps: [{ reason: 'outage', from: newest!.tsClient, to: null }],
    requests: [{ gapId: shown.gaps[0]!.gapId }]
  })
  phone.goOnline()
  await stage.synced(accountId, phone)
  await untilComplete(stage, accountId, 1)
  expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject(NOTHING_WRONG)
})

test('what lies between history and the first live message is looked at, and filled when something is missing', async () => {
  await using stage = await Stage.setInProcess()
  const { phone, accountId } = await stage.linked({ history: { ...CHATS, chats: 1, groupsShare: 0 } })
  const [contact] = phone.contacts
  await stage.api.command(accountId, 'disconnect')
  await stage.api.untilAccount(accountId, 'the end of the connection', ({ state }) => state === 'stopped')
  await stage.simulator.until(() => phone.devices.every(({ queue }) => !queue.connected))
  for (let n = 0; n < 3; n += 1) await phone.receive({ from: contact!, text: `lost on the way ${n}` })
  phone.expireOfflineQueue()
  phone.goOffline()
  await stage.api.command(accountId, 'connect')
  await stage.api.untilAccount(accountId, 'the connection', ({ tags }) => tags.includes('online'))
  await phone.receive({
    from: contact!,
    text: 'the first live one',
    timestamp: Math.floor(Date.now() / 1000) + 5
  })
  const [thread] = await stage.api.threads(accountId)
  const shown = await stage.api.until('the gap', async () => {
    const coverage = await stage.api.coverage(thread!.threadId)
    return coverage.gaps.length > 0 && coverage.requests.length > 0 ? coverage : undefined
  })
  const [live, before] = await stage.api.messages(thread!.threadId)
  expect(shown).toMatchObject({
    state: 'partial',
    gaps: [{ reason: 'history-to-live', from: before!.tsClient, to: live!.tsClient }]
  })
  phone.goOnline()
  await stage.synced(accountId, phone)
  await untilComplete(stage, accountId, 1)
  expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject(NOTHING_WRONG)
})

test('a history chunk that is lost for good leaves a gap between its neighbours, which is filled from the phone', async () => {
  await using stage = await Stage.setInProcessByClock()
  const lost = stage.simulator.fault({ kind: 'historyChunk', effect: 'corrupt', chunkOrder: 2, syncType: 2 })
  const { phone, accountId } = await stage.linkedPartly(60, {
    history: {
      chats: 2,
      messages: 600,
      groupsShare: 0,
      mediaShare: 0,
      chunkMessages: 100,
      inlineBelowBytes: 0
    }
  })
  await untilGivenUp(stage, accountId)
  lost.clear()
  // While the clock is moved, others may have something to say.
  const incidents = await stage.api.incidents(accountId)
  expect(incidents.filter(({ kind }) => kind === 'history.chunkLost')).toHaveLength(1)
  await stage.synced(accountId, phone)
  await untilComplete(stage, accountId, 2)
  expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject(NOTHING_WRONG)
})

thoroughTest(
  'a chunk that the phone says it cannot make again is given up at once, with its reason; one that it may make is asked for again',
  async () => {
    await using stage = await Stage.set()
    const history = {
      chats: 1,
      messages: 600,
      groupsShare: 0,
      mediaShare: 0,
      chunkMessages: 100,
      inlineBelowBytes: 0
    }
    const askedAgain = (phone: Phone) =>
      phone.truth().peerRequests.filter(({ type }) => type === 'HISTORY_SYNC_CHUNK_RETRY').length

    const corrupt = stage.simulator.fault(
      { kind: 'historyChunk', effect: 'corrupt', chunkOrder: 2, syncType: 2 },
      { times: 1 }
    )
    // Code 3: it took too long; the phone may be asked once more. Then it makes the chunk.
    stage.simulator.fault({ kind: 'historyChunkRetry', code: 3, canRecover: true }, { times: 1 })
    const first = await stage.linkedPartly(60, { history })
    const { accountId } = first
    await stage.api.untilAccount(
      accountId,
      'the chunk to be made again',
      ({ counts }) => counts.messages === 600
    )
    corrupt.clear()
    expect(askedAgain(first.phone)).toBe(2)
    expect((await stage.api.account(accountId)).sync.chunksFailed).toBe(0)
    expect(await stage.api.incidents(accountId)).toEqual([])

    const lost = stage.simulator.fault({
      kind: 'historyChunk',
      effect: 'corrupt',
      chunkOrder: 2,
      syncType: 2
    })
    // Code 5: it has made the chunk as often as it does.
    const refusal = stage.simulator.fault({ kind: 'historyChunkRetry', code: 5, canRecover: true })
    const second = await stage.linkedPartly(60, { history })
    await stage.api.untilAccount(
      second.accountId,
      'the chunk to be given up',
      ({ sync }) => sync.chunksFailed === 1
    )
    expect(askedAgain(second.phone)).toBe(1)
    expect(await stage.api.incidents(second.accountId)).toMatchObject([
      {
        kind: 'history.chunkLost',
        happened: expect.stringContaining('has made it as often as it does')
      }
    ])
    lost.clear()
    refusal.clear()
    await stage.synced(second.accountId, second.phone)
    expect(await compare(stage.api, second.accountId, second.phone.truth().messages)).toMatchObject(
      NOTHING_WRONG
    )
  }
)

thoroughTest(
  'a lost chunk at the old end of a chat is a gap back to its beginning, however little is sought otherwise',
  async () => {
    await using stage = await Stage.setInProcessByClock({ WHATSAPP_BACKFILL_THREADS: '0' })
    const history = {
      chats: 1,
      messages: 600,
      groupsShare: 0,
      mediaShare: 0,
      chunkMessages: 100,
      inlineBelowBytes: 0
    }
    const lost = stage.simulator.fault({
      kind: 'historyChunk',
      effect: 'corrupt',
      chunkOrder: 4,
      syncType: 2
    })
    const { phone, accountId } = await stage.linkedPartly(60, { history })
    await untilGivenUp(stage, accountId)
    lost.clear()
    await stage.synced(accountId, phone)
    await untilComplete(stage, accountId, 1)
    expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject(NOTHING_WRONG)
  }
)

thoroughTest(
  'a chat that began while the account was away for too long is fetched to its beginning',
  async () => {
    await using stage = await Stage.setInProcessByClock({ WHATSAPP_BACKFILL_THREADS: '0' })
    const { phone, accountId } = await stage.linked({ history: { ...CHATS, chats: 1, groupsShare: 0 } })
    await stage.server.stop()
    const from = Date.now()
    stage.advance(31 * DAY_MS)
    const stranger = stage.simulator.createContact({ name: 'New' })
    for (let n = 0; n < 120; n += 1) {
      const timestamp = Math.floor((from + (n / 5) * DAY_MS) / 1000)
      await phone.receive({ from: stranger, text: `of the month, ${n}`, timestamp })
    }
    expect(phone.expireOfflineQueue()).toBe(120)
    await phone.receive({
      from: stranger,
      text: 'still in the queue',
      timestamp: Math.floor((from + 30 * DAY_MS) / 1000)
    })

    await stage.restart()
    await stage.synced(accountId, phone)
    expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject(NOTHING_WRONG)
  }
)

const linkAgain = async (stage: AnyStage, accountId: string, phone: Phone): Promise<void> => {
  await stage.api.pair(accountId)
  const { qr } = await stage.api.offer(accountId)
  await phone.scanQr(qr!)
}

thoroughTest(
  'an account that is linked again after it was logged out has no gap left from the time between',
  async () => {
    await using stage = await Stage.setInProcess()
    const { phone, accountId } = await stage.linked({
      history: { ...CHATS, chats: 1, groupsShare: 0, bootstrapPerChat: 5, pushPerChat: 20 }
    })
    await untilComplete(stage, accountId, 1)
    phone.unlinkDevice(1)
    await stage.api.untilAccount(accountId, 'the logout', ({ state }) => state === 'loggedOut')
    const [contact] = phone.contacts
    for (let n = 0; n < 130; n += 1) await phone.receive({ from: contact!, text: `unheard ${n}` })
    await linkAgain(stage, accountId, phone)
    await stage.synced(accountId, phone)
    await untilComplete(stage, accountId, 1)
    expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject(NOTHING_WRONG)
  }
)
