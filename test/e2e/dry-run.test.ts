// The dry run: history is fetched, read and counted, and none of it is stored.
import { expect, test } from 'vitest'
import { compare } from '../../harness/compare.ts'
import { type InProcessStage, Stage } from './stage.ts'
import { thoroughTest } from '../thorough.ts'

interface Report {
  readonly enabled: boolean
  readonly totals: { readonly threads: number; readonly messages: number }
  readonly threads: ReadonlyArray<{
    readonly threadId: string
    readonly displayName: string | null
    readonly messages: number
    readonly held: number
    readonly oldest: number
    readonly newest: number
    readonly beginningReached: boolean
  }>
}

const reportOf = async (stage: InProcessStage, accountId: string): Promise<Report> =>
  (await stage.api.request<Report>('GET', `/v1/accounts/${accountId}/dry-run?limit=200`)).body

test('the dry run leaves the store empty and reports what it would have stored; without it, that is stored', async () => {
  await using stage = await Stage.setInProcess({
    WHATSAPP_HISTORY_SYNC_DRY_RUN: 'true',
    WHATSAPP_BACKFILL_COUNT: '0'
  })
  const phone = stage.simulator.createPhone({
    history: { chats: 6, messages: 700, pushPerChat: 50, chunkMessages: 100, inlineBelowBytes: 0 }
  })
  const { accountId } = await stage.api.createAccount('Shop')
  await stage.api.pair(accountId)
  const { qr } = await stage.api.offer(accountId)
  await phone.scanQr(qr!)
  const report = await stage.api.until('everything to be counted', async () => {
    const found = await reportOf(stage, accountId)
    const isAll = found.totals.messages === 700 && found.threads.every(thread => thread.beginningReached)
    return isAll ? found : undefined
  })

  expect(report).toMatchObject({ enabled: true, totals: { threads: 6, messages: 700 } })
  const truth = Map.groupBy(phone.truth().messages, ({ chatJid }) => chatJid)
  expect(report.threads.map(({ messages }) => messages).toSorted((a, b) => a - b)).toEqual(
    [...truth.values()].map(messages => messages.length).toSorted((a, b) => a - b)
  )
  for (const thread of report.threads) {
    expect(thread).toMatchObject({ held: 0 })
    expect(thread.displayName).not.toBeNull()
    expect(thread.oldest).toBeLessThan(thread.newest)
  }
  expect(await stage.api.account(accountId)).toMatchObject({ counts: { threads: 0, messages: 0 } })
  expect(await stage.api.threads(accountId)).toEqual([])

  // What arrives live is stored: WhatsApp would not deliver it again.
  await phone.receive({ from: phone.contacts[0]!, text: 'written while it was only rehearsed' })
  await stage.api.untilAccount(accountId, 'the message', ({ counts }) => counts.messages === 1)

  await stage.server.stop()
  await stage.restart({ WHATSAPP_HISTORY_SYNC_DRY_RUN: 'false' })
  await stage.synced(accountId, phone)
  expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject({
    messages: 701,
    missing: [],
    duplicates: [],
    different: []
  })
  expect(await reportOf(stage, accountId)).toMatchObject({ enabled: false, totals: { threads: 0 } })
})

const PARTLY = { history: { chats: 1, messages: 600, groupsShare: 0, mediaShare: 0, pushPerChat: 40 } }

test('on a store that holds something, it reports what is missing there, and stores nothing of it', async () => {
  await using stage = await Stage.setInProcess({ WHATSAPP_BACKFILL_THREADS: '0' })
  const { accountId } = await stage.linkedPartly(40, PARTLY)
  await stage.server.stop()
  await stage.restart({
    WHATSAPP_HISTORY_SYNC_DRY_RUN: 'true',
    WHATSAPP_BACKFILL_THREADS: '50',
    WHATSAPP_BACKFILL_COUNT: '0'
  })
  const report = await stage.api.until('everything to be counted', async () => {
    const found = await reportOf(stage, accountId)
    return found.threads.some(thread => thread.beginningReached) ? found : undefined
  })
  expect(report.threads).toMatchObject([{ messages: 560, held: 0 }])
  expect((await stage.api.account(accountId)).counts).toEqual({ threads: 1, messages: 40 })
})

thoroughTest('gaps in the middle are asked for and counted, too, and stay open', async () => {
  await using stage = await Stage.setInProcess({ WHATSAPP_BACKFILL_THREADS: '0' })
  const { phone, accountId } = await stage.linked({
    history: { ...PARTLY.history, messages: 30, pushPerChat: 30 }
  })
  const [contact] = phone.contacts
  await stage.api.command(accountId, 'disconnect')
  await stage.simulator.until(() => phone.devices.every(({ queue }) => !queue.connected))
  for (let n = 0; n < 70; n += 1) await phone.receive({ from: contact!, text: `lost ${n}` })
  phone.expireOfflineQueue()
  phone.goOffline()
  await stage.api.command(accountId, 'connect')
  await stage.api.untilAccount(accountId, 'the connection', ({ tags }) => tags.includes('online'))
  await phone.receive({ from: contact!, text: 'live', timestamp: Math.floor(Date.now() / 1000) + 5 })
  await stage.api.untilAccount(accountId, 'the live one', ({ counts }) => counts.messages === 31)
  await stage.server.stop()
  phone.goOnline()
  await stage.restart({ WHATSAPP_HISTORY_SYNC_DRY_RUN: 'true', WHATSAPP_BACKFILL_THREADS: '50' })
  const report = await stage.api.until('the gap to be counted', async () => {
    const found = await reportOf(stage, accountId)
    return found.threads.some(({ held, messages }) => messages - held === 70) ? found : undefined
  })
  const [thread] = await stage.api.threads(accountId)
  expect(report.threads).toMatchObject([{ threadId: thread!.threadId }])
  expect((await stage.api.account(accountId)).counts.messages).toBe(31)
  expect(await stage.api.coverage(thread!.threadId)).toMatchObject({
    gaps: [{ reason: 'history-to-live' }]
  })
  await stage.server.stop()
  await stage.restart({ WHATSAPP_HISTORY_SYNC_DRY_RUN: 'false' })
  await stage.synced(accountId, phone)
  expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject({
    missing: [],
    duplicates: [],
    different: []
  })
})

thoroughTest(
  'a job that was asked for waits until the dry run is over, and is then done to its end',
  async () => {
    await using stage = await Stage.setInProcess({ WHATSAPP_BACKFILL_THREADS: '0' })
    const { phone, accountId } = await stage.linkedPartly(40, PARTLY)
    const [thread] = await stage.api.threads(accountId)
    phone.goOffline()
    const { jobId } = await stage.api.backfill(accountId, { threadId: thread!.threadId, count: 0 })
    await stage.api.untilJob(accountId, jobId, ({ parts }) => parts === 1)
    await stage.server.stop()
    phone.goOnline()
    await stage.restart({ WHATSAPP_HISTORY_SYNC_DRY_RUN: 'true', WHATSAPP_BACKFILL_THREADS: '50' })
    const rehearsed = await stage.api.until('the dry run to be done', async () => {
      const jobs = await stage.api.jobs(accountId)
      return jobs.some(
        ({ origin, parts, status }) => origin === 'automatic' && parts > 0 && status === 'done'
      )
        ? jobs
        : undefined
    })
    expect(rehearsed.find(job => job.jobId === jobId)).toMatchObject({ status: 'running', messages: 0 })
    await stage.server.stop()
    await stage.restart({ WHATSAPP_HISTORY_SYNC_DRY_RUN: 'false' })
    expect(await stage.api.untilJob(accountId, jobId)).toMatchObject({ status: 'done' })
    expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject({
      missing: [],
      duplicates: []
    })
  }
)
