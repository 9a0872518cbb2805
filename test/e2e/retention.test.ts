// What is older than the operator wants to keep goes, with everything that belongs to it; it is not missing, and does not come back.
import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compare } from '../../harness/compare.ts'
import { linkAccount } from '../../harness/simulated.ts'
import { type AnyStage, sharedStageByClock } from './stage.ts'

const HOUR_MS = 60 * 60_000

const dryRun = (stage: AnyStage, keep: Readonly<Record<string, string>>) => stage.api.retentionDryRun(keep)

const ruleIn = <R extends { readonly rule: string }>(rules: ReadonlyArray<R>, rule: string) =>
  rules.find(one => one.rule === rule)!

const untilApplied = (stage: AnyStage, rule: string) =>
  stage.api.until(`${rule} to be applied`, async () => {
    const state = ruleIn(await stage.api.retention(), rule)
    return state.lastRun?.endedAt == null ? undefined : state
  })

const shared = sharedStageByClock({
  MEDIA_DOWNLOAD: 'all',
  MEDIA_KEEP: '48h',
  WHATSAPP_BACKFILL_COUNT: '0'
})

test('messages beyond MESSAGES_KEEP go, are no gap, and come back by no history; a dry run has told how many', async () => {
  const stage = shared()
  const { phone, accountId } = await stage.linked({
    history: { chats: 2, messages: 160, groupsShare: 0.5, mediaShare: 0, pushPerChat: 30 }
  })
  const { messages } = phone.truth()
  const times = messages.map(({ timestamp }) => timestamp * 1000).toSorted((a, b) => a - b)
  // From before some of what was pushed, after most of it.
  const middle = times[Math.floor(times.length / 2)]!
  const keep = `${Math.floor((Date.now() - middle) / HOUR_MS)}h`
  const old = times.filter(time => time < Date.now() - Number.parseInt(keep, 10) * HOUR_MS)
  const counted = ruleIn(await dryRun(stage, { messages: keep }), 'messages')
  expect(counted).toMatchObject({
    wouldRemove: old.length,
    oldest: times[0],
    accounts: [{ accountId, wouldRemove: old.length }]
  })
  expect(ruleIn(await dryRun(stage, {}), 'messages')).toMatchObject({ keep: null, wouldRemove: 0 })
  expect((await stage.api.account(accountId)).counts.messages).toBe(times.length)

  await stage.server.stop()
  await stage.restart({ MESSAGES_KEEP: keep })
  expect(await untilApplied(stage, 'messages')).toMatchObject({
    setting: 'MESSAGES_KEEP',
    lastRun: { removed: old.length },
    removedInAll: old.length
  })
  const left = await compare(stage.api, accountId, messages)
  expect(left.returned).toHaveLength(times.length - old.length)
  expect([left.duplicates, left.different, left.unexpected]).toEqual([[], [], []])
  expect(
    left.missing.every(({ timestamp }) => timestamp * 1000 < Date.now() - Number.parseInt(keep, 10) * HOUR_MS)
  ).toBe(true)
  const words = left.missing.find(({ text }) => /^\w{5,}/.test(text ?? ''))!.text!
  const found = await stage.api.search(accountId, { q: words })
  expect(found.hits.filter(({ message }) => message.tsClient < middle)).toEqual([])

  // Asked for everything, the phone sends it; what is too old is not stored.
  const job = await stage.api.backfill(accountId, { threads: 100, count: 0 })
  await stage.api.untilJob(accountId, job.jobId)
  await phone.receive({ from: phone.contacts[0]!, text: 'good morning' })
  await stage.api.untilAccount(
    accountId,
    'the new message alone',
    ({ counts, coverage }) => counts.messages === times.length - old.length + 1 && coverage.complete === 2
  )
  for (const { threadId } of await stage.api.threads(accountId)) {
    const coverage = await stage.api.coverage(threadId)
    expect(coverage).toMatchObject({ state: 'complete', gaps: [] })
    expect(coverage.keptSince).toBeGreaterThan(middle - HOUR_MS)
  }

  // The hour after the next one is due by the setting.
  stage.advance(2 * HOUR_MS)
  expect(ruleIn(await dryRun(stage, {}), 'messages').keep).toBe(Number.parseInt(keep, 10) * HOUR_MS)
})

test('a link under MESSAGES_KEEP stores what is young enough, and files go after MEDIA_KEEP', async () => {
  const stage = shared()
  const phone = stage.simulator.createPhone({
    history: { chats: 1, messages: 120, groupsShare: 0, mediaShare: 0, pushPerChat: 20 }
  })
  // As the test before has set it, by the clock of the server, which is ahead by now.
  const since = ruleIn(await stage.api.retention(), 'messages').keptSince!
  const young = phone.truth().messages.filter(({ timestamp }) => timestamp * 1000 >= since).length
  // The pushed history is younger; the pages of the phone go beyond it.
  expect(young).toBeGreaterThan(20)
  expect(young).toBeLessThan(120)
  const accountId = await linkAccount(stage.api, 'Later', qr => phone.scanQr(qr))
  const linked = await stage.api.untilAccount(
    accountId,
    'everything young',
    ({ coverage, counts, state }) => state === 'open' && coverage.complete === 1 && counts.messages >= young
  )
  expect(linked.counts.messages).toBe(young)
  const [thread] = await stage.api.threads(accountId)
  expect(await stage.api.coverage(thread!.threadId)).toMatchObject({
    state: 'complete',
    beginningReached: false,
    keptSince: expect.any(Number)
  })
  const [job] = await stage.api.jobs(accountId)
  expect((await stage.api.job(accountId, job!.jobId)).tasks).toMatchObject([
    { code: 'timeReached', missing: null }
  ])

  const bytes = randomBytes(1000)
  const message = stage.simulator.fileMessage({ kind: 'image', mimetype: 'image/png', bytes })
  await phone.receive({ from: phone.contacts[0]!, message })
  await stage.api.until('the file', async () =>
    (await stage.api.mediaCounts(accountId)).stored === 1 ? true : undefined
  )
  const files = () =>
    readdirSync(join(stage.dataDir, 'media'), { recursive: true, withFileTypes: true }).filter(entry =>
      entry.isFile()
    )
  expect(files()).toHaveLength(1)
  expect(ruleIn(await dryRun(stage, { media: '1h' }), 'media')).toMatchObject({ wouldRemove: 0 })
  stage.advance(50 * HOUR_MS)
  await stage.api.until('the file to go', async () =>
    (await stage.api.mediaCounts(accountId)).removed === 1 ? true : undefined
  )
  const [stored] = await stage.api.messages(thread!.threadId)
  expect(stored!.media).toMatchObject({ stored: false, fetched: { state: 'removed' } })
  await stage.api.until('the file to be deleted', () =>
    Promise.resolve(files().length === 0 ? true : undefined)
  )
  // Who asks gets it from WhatsApp.
  expect((await stage.api.media(stored!.messageKey)).bytes.equals(bytes)).toBe(true)
})
