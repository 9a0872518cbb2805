// History to the beginning: what link-time history did not bring is fetched from the phone, and coverage says how far.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compare } from '../../harness/compare.ts'
import { crashingAt } from '../chaos/crash-settings.ts'
import { movableClock, sharedInProcessStage, Stage } from './stage.ts'
import { thorough, thoroughTest } from '../thorough.ts'

const shared = sharedInProcessStage({ WHATSAPP_BACKFILL_COUNT: '0' })
const NOTHING_WRONG = { missing: [], duplicates: [], different: [] }

/** Of which the history gives 200. */
const LONG_CHAT = thorough(400, 5000)

test('a long chat of which history gave the newest part is complete after the backfill', async () => {
  const stage = shared()
  const { phone, accountId } = await stage.linkedPartly(200, {
    history: { chats: 1, messages: LONG_CHAT, groupsShare: 0, mediaShare: 0, pushPerChat: 200 }
  })
  const [thread] = await stage.api.threads(accountId)
  const [job] = await stage.api.jobs(accountId)
  const done = await stage.api.untilJob(accountId, job!.jobId)
  expect(done).toMatchObject({ origin: 'automatic', parts: 1, partsDone: 1, messages: LONG_CHAT - 200 })
  expect(await stage.api.coverage(thread!.threadId)).toMatchObject({
    state: 'complete',
    messages: LONG_CHAT,
    beginningReached: true,
    gaps: [],
    requests: []
  })
  expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject(NOTHING_WRONG)
})

thoroughTest(
  'a phone that goes offline in the middle is left alone, and goes on when it is back the next day',
  async () => {
    const { folder, settings } = movableClock()
    await using stage = await Stage.set({ ...settings, WHATSAPP_BACKFILL_COUNT: '0' }, folder)
    const silence = stage.simulator.fault({ kind: 'delay', ms: 20 })
    const { phone, accountId } = await stage.linkedPartly(60, {
      history: { chats: 2, messages: 900, groupsShare: 0, mediaShare: 0, pushPerChat: 30 }
    })
    await stage.api.untilAccount(accountId, 'some pages', account => account.counts.messages >= 200)
    phone.goOffline()
    silence.clear()
    const [job] = await stage.api.jobs(accountId)
    await stage.api.untilJob(accountId, job!.jobId, ({ messages }) => messages > 0)
    await stage.api.untilAccount(accountId, 'the wait for an answer', ({ state }) => state === 'backfilling')
    const silent = await stage.api.untilAccount(accountId, 'the phone to be found silent', account => {
      const isSilent = account.sync.phoneSilentUntil !== null && account.state === 'open'
      if (!isSilent) stage.advance(5000)
      return isSilent
    })
    expect(silent.coverage.complete).toBe(0)
    expect(await stage.api.job(accountId, job!.jobId)).toMatchObject({
      status: 'running',
      waitingFor: expect.stringContaining('the phone, which does not answer')
    })
    // Live traffic goes on meanwhile.
    await phone.receive({ from: phone.contacts[0]!, text: 'are you there?' })
    stage.advance(24 * 60 * 60_000)
    phone.goOnline()
    await stage.api.untilJob(accountId, job!.jobId)
    await stage.synced(accountId, phone)
    const account = await stage.api.account(accountId)
    expect(account.sync.phoneSilentUntil).toBeNull()
    expect(account.coverage).toEqual({ complete: 2, partial: 0, unknown: 0 })
    expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject(NOTHING_WRONG)
  }
)

const PARTLY = { chats: 1, messages: thorough(180, 300), groupsShare: 0, mediaShare: 0, pushPerChat: 40 }

describe('a job that was asked for', () => {
  const restart = async (settings: Readonly<Record<string, string>> = {}) => {
    await shared().server.stop()
    await shared().restart(settings)
  }
  beforeAll(() => restart({ WHATSAPP_BACKFILL_THREADS: '0', WHATSAPP_BACKFILL_COUNT: '100' }))
  afterAll(() => restart())

  test('fetches as many messages of a thread as asked for, and says so', async () => {
    const stage = shared()
    const { accountId } = await stage.linkedPartly(40, { history: PARTLY })
    const [thread] = await stage.api.threads(accountId)
    expect(await stage.api.coverage(thread!.threadId)).toMatchObject({
      state: 'partial',
      messages: 40,
      beginningReached: false
    })
    const { jobId } = await stage.api.backfill(accountId, { threadId: thread!.threadId, count: 70 })
    const job = await stage.api.untilJob(accountId, jobId)
    expect(job).toMatchObject({ origin: 'request', count: 70, messages: 70, waitingFor: null })
    expect(job.tasks).toEqual([
      {
        threadId: thread!.threadId,
        gapId: null,
        status: 'done',
        messages: 70,
        pages: 2,
        reason: 'As many as asked for',
        code: 'countReached',
        missing: null
      }
    ])
    const held = await stage.api.messages(thread!.threadId, 500)
    expect(held).toHaveLength(110)
    // Back to a time that lies among what is held: nothing has to be fetched.
    const early = await stage.api.backfill(accountId, { count: 0, threads: 1, until: held[0]!.tsClient })
    expect(await stage.api.untilJob(accountId, early.jobId)).toMatchObject({ messages: 0, partsDone: 1 })
    const rest = await stage.api.backfill(accountId, { count: 0, threads: 1 })
    await stage.api.untilJob(accountId, rest.jobId)
    expect(await stage.api.coverage(thread!.threadId)).toMatchObject({
      state: 'complete',
      messages: PARTLY.messages
    })
    expect((await stage.api.jobs(accountId)).map(({ jobId: id }) => id)).toEqual(
      expect.arrayContaining([jobId, early.jobId, rest.jobId])
    )
  })

  test('stores nothing from before the time it asks for', async () => {
    const stage = shared()
    const { phone, accountId } = await stage.linkedPartly(40, { history: PARTLY })
    const [thread] = await stage.api.threads(accountId)
    const truth = phone.truth().messages.toSorted((a, b) => b.timestamp - a.timestamp)
    // In the middle of a page: the page comes whole.
    const until = truth[110]!.timestamp * 1000
    const { jobId } = await stage.api.backfill(accountId, { threadId: thread!.threadId, count: 0, until })
    const job = await stage.api.untilJob(accountId, jobId)
    expect(job).toMatchObject({ tasks: [{ status: 'done', code: 'timeReached', pages: 2 }] })
    const held = await stage.api.messages(thread!.threadId, 500)
    expect(held).toHaveLength(truth.filter(({ timestamp }) => timestamp * 1000 >= until).length)
    expect(held.every(({ tsClient }) => tsClient >= until)).toBe(true)
    expect(await stage.api.coverage(thread!.threadId)).toMatchObject({
      state: 'partial',
      beginningReached: false
    })
    const rest = await stage.api.backfill(accountId, { threadId: thread!.threadId, count: 0 })
    await stage.api.untilJob(accountId, rest.jobId)
    expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject(NOTHING_WRONG)
  })

  test('is refused when neither it nor the settings name a thread', async () => {
    const stage = shared()
    const { accountId } = await stage.linkedPartly(40, { history: PARTLY })
    const path = `/v1/accounts/${accountId}/backfill`
    expect(await stage.api.request('POST', path, { count: 0 })).toMatchObject({
      status: 400,
      body: { errors: [{ path: ['payload', 'threads'] }] }
    })
    expect(await stage.api.jobs(accountId)).toMatchObject([{ origin: 'automatic' }])
  })

  test('can be cancelled; what comes of it afterwards is stored', async () => {
    const stage = shared()
    const { phone, accountId } = await stage.linkedPartly(40, { history: PARTLY })
    phone.goOffline()
    let asked = false
    stage.simulator.events.on(({ detail, name }) => {
      if (name === 'sent' && detail['to'] === phone.jid) asked = true
    })
    const { jobId } = await stage.api.backfill(accountId, { count: 0, threads: 1 })
    await stage.api.untilJob(accountId, jobId, ({ parts }) => parts === 1)
    await stage.simulator.until(() => asked, { what: 'the request' })
    const answer = await stage.api.request('DELETE', `/v1/accounts/${accountId}/backfill/${jobId}`)
    expect(answer).toMatchObject({ status: 200, body: { status: 'cancelled' } })
    await stage.api.untilAccount(accountId, 'the end of the work', ({ state }) => state === 'open')
    phone.goOnline()
    await stage.api.untilAccount(accountId, 'the page', ({ counts }) => counts.messages === 90)
    expect(await stage.api.job(accountId, jobId)).toMatchObject({
      status: 'cancelled',
      tasks: [{ status: 'cancelled' }]
    })
  })

  test('takes a bad request for what it is', async () => {
    const stage = shared()
    const { accountId } = await stage.linkedPartly(40, { history: PARTLY })
    const post = (body: unknown) =>
      stage.api.request<{ detail: string }>('POST', `/v1/accounts/${accountId}/backfill`, body)
    for (const body of [
      { count: -1 },
      { count: 1.5 },
      { threads: 'all' },
      { until: '2026-01-01' },
      { threadId: 'acc-1__nobody@s.whatsapp.net' },
      { threadId: 'x', threads: 3 },
      { chats: 3 }
    ]) {
      expect({ body, status: (await post(body)).status }).toEqual({ body, status: 400 })
    }
    const unlinked = await stage.api.createAccount('Never linked')
    const refused = await stage.api.request('POST', `/v1/accounts/${unlinked.accountId}/backfill`, {})
    expect(refused).toMatchObject({ status: 409, body: { state: 'stopped' } })
    for (const path of [
      'threads/nobody/coverage',
      `accounts/${accountId}/backfill/job-1`,
      'accounts/x/coverage'
    ])
      expect((await stage.api.request('GET', `/v1/${path}`)).status).toBe(404)
  })
})

describe('a phone that does not do as it is asked', () => {
  test('is asked under the other address of a chat when it does not answer under the one', async () => {
    const stage = shared()
    const { phone, accountId } = await stage.linkedPartly(40, { history: { ...PARTLY, lidShare: 1 } })
    await stage.synced(accountId, phone)
    expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject(NOTHING_WRONG)
  })

  test('may answer under an address that is new to the chat: it is the same thread', async () => {
    const stage = shared()
    const fault = stage.simulator.fault({ kind: 'historyOnDemand', effect: 'otherAddress' })
    const { phone, accountId } = await stage.linkedPartly(40, { history: PARTLY })
    await stage.synced(accountId, phone)
    fault.clear()
    expect(await stage.api.threads(accountId)).toHaveLength(1)
    expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject(NOTHING_WRONG)
  })

  test.each([
    ['refused', 'The phone declines to send more of this chat'],
    ['sameAgain', 'The phone sends nothing older']
  ] as const)(
    '%s: the thread says what it could not get and why, and the job ends',
    async (effect, reason) => {
      const stage = shared()
      const fault = stage.simulator.fault({ kind: 'historyOnDemand', effect })
      const { accountId } = await stage.linkedPartly(40, { history: PARTLY })
      const [job] = await stage.api.untilJobs(accountId)
      const done = await stage.api.untilJob(accountId, job!.jobId)
      fault.clear()
      expect(done).toMatchObject({ parts: 1, partsRefused: 1 })
      expect(done.tasks).toMatchObject([{ status: 'refused', reason }])
      const [thread] = await stage.api.threads(accountId)
      expect(await stage.api.coverage(thread!.threadId)).toMatchObject({
        state: 'partial',
        beginningReached: false,
        lastRefusal: { reason }
      })
      expect(await stage.api.incidents(accountId)).toMatchObject([
        { kind: 'history.threadRefused', threadId: thread!.threadId, messageId: null, count: 1 }
      ])
      // Asked again, it is got.
      const { jobId } = await stage.api.backfill(accountId, { threadId: thread!.threadId })
      await stage.api.untilJob(accountId, jobId)
      expect(await stage.api.coverage(thread!.threadId)).toMatchObject({
        state: 'complete',
        messages: PARTLY.messages
      })
    }
  )
})

for (const point of ['within.page', 'after.request', 'within.chunk'])
  thoroughTest(`a crash at ${point} loses nothing and doubles nothing`, async () => {
    await using stage = await Stage.set({
      WHATSAPP_BACKFILL_COUNT: '0',
      ...crashingAt(point, 2)
    })
    const phone = stage.simulator.createPhone({ history: { ...PARTLY, chats: 2 } })
    const { accountId } = await stage.api.createAccount('Shop')
    await stage.api.pair(accountId)
    const { qr } = await stage.api.offer(accountId)
    await phone.scanQr(qr!)
    await stage.server.ended
    await stage.restart({ NODE_OPTIONS: '', CRASH_AT: '' })
    await stage.synced(accountId, phone)
    await stage.api.untilAccount(accountId, 'coverage', ({ coverage }) => coverage.complete === 2)
    expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject(NOTHING_WRONG)
  })

thoroughTest('two accounts that share a chat are each completed from their own phone', async () => {
  const stage = shared()
  const one = await stage.linkedPartly(40, { history: PARTLY })
  const other = await stage.linkedPartly(40, { history: PARTLY })
  const [first] = await stage.api.threads(one.accountId)
  await one.phone.receive({ from: other.phone.jid, text: 'from one of ours to the other' })
  for (const { accountId, phone } of [one, other]) {
    await stage.synced(accountId, phone)
    expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject(NOTHING_WRONG)
  }
  const shared1 = (await stage.api.threads(one.accountId)).find(
    ({ clientJid }) => clientJid === other.phone.jid
  )
  const shared2 = (await stage.api.threads(other.accountId)).find(
    ({ clientJid }) => clientJid === one.phone.jid
  )
  expect(first).toBeDefined()
  for (const thread of [shared1, shared2]) {
    await stage.api.until('both sides to be complete', async () => {
      const coverage = await stage.api.coverage(thread!.threadId)
      return coverage.state === 'complete' ? coverage : undefined
    })
  }
})
