import { expect, test } from 'vitest'
import { compare } from '../../harness/compare.ts'
import { thorough } from '../thorough.ts'
import { sharedInProcessStage } from './stage.ts'

const shared = sharedInProcessStage()
const MANY = thorough(250, 1500)

test('a phone linked by QR code has all its chats and messages over HTTP, once each', async () => {
  const stage = shared()
  const { phone, accountId } = await stage.linked({ history: { chats: 12, messages: MANY } })

  const result = await compare(stage.api, accountId, phone.truth().messages)

  expect(result).toMatchObject({ threads: 12, messages: MANY, missing: [], duplicates: [], different: [] })
  const account = await stage.api.account(accountId)
  expect(account).toMatchObject({
    state: 'open',
    jid: phone.jid,
    lid: phone.lid,
    counts: { threads: 12, messages: MANY }
  })
  expect(account.tags).toContain('online')
})

test('chunks that must be downloaded are downloaded, checked and stored like the inline one', async () => {
  const stage = shared()
  const { phone, accountId } = await stage.linked({
    history: { chats: 10, messages: MANY, inlineBelowBytes: 0, chunkMessages: MANY / 5 }
  })

  const account = await stage.api.account(accountId)
  expect(account.sync.chunksDone).toBeGreaterThan(4)
  expect(account.sync).toMatchObject({ chunksPending: 0, chunksFailed: 0, percent: 100 })
  const result = await compare(stage.api, accountId, phone.truth().messages)
  expect(result).toMatchObject({ missing: [], duplicates: [], different: [] })
})

test('a phone linked by pairing code is synced like one linked by QR code', async () => {
  const stage = shared()
  const phone = stage.simulator.createPhone({ history: { chats: 3, messages: 60 } })
  const { accountId } = await stage.api.createAccount('By code')
  await stage.api.pair(accountId, `+${phone.phoneNumber}`)
  const { code, qr, expiresAt } = await stage.api.offer(accountId)
  expect(qr).toBeNull()
  expect(code).toMatch(/^[0-9A-Z]{8}$/)
  expect(expiresAt).toBeGreaterThan(Date.now())

  await phone.enterPairingCode(code!)

  await stage.synced(accountId, phone)
  const result = await compare(stage.api, accountId, phone.truth().messages)
  expect(result).toMatchObject({ missing: [], duplicates: [], different: [] })
})

test('threads come most recently active first and page without losing or repeating one', async () => {
  const stage = shared()
  const { accountId } = await stage.linked({ history: { chats: 25, messages: 250 } })

  const threads = await stage.api.threads(accountId, 4)

  expect(new Set(threads.map(thread => thread.threadId)).size).toBe(25)
  const times = threads.map(thread => thread.lastMessageAt ?? 0)
  expect(times).toEqual(times.toSorted((a, b) => b - a))
})

test('messages page in both directions by cursors that stay valid while new ones arrive', async () => {
  const stage = shared()
  const { phone, accountId } = await stage.linked({ history: { chats: 1, messages: 120, groupsShare: 0 } })
  const [thread] = await stage.api.threads(accountId)
  const whole = await stage.api.messages(thread!.threadId, 500)

  const first = await stage.api.messagePage(thread!.threadId, 'limit=50')
  await phone.receive({ from: phone.contacts[0]!, text: 'in between' })
  await stage.synced(accountId, phone)
  const second = await stage.api.messagePage(thread!.threadId, `limit=50&before=${first.olderCursor!}`)
  const newer = await stage.api.messagePage(thread!.threadId, `limit=50&after=${first.newerCursor!}`)
  const back = await stage.api.messagePage(thread!.threadId, `limit=50&after=${second.newerCursor!}`)

  const ids = (page: { messages: ReadonlyArray<{ messageId: string }> }) =>
    page.messages.map(message => message.messageId)
  expect([...ids(first), ...ids(second)]).toEqual(whole.slice(0, 100).map(message => message.messageId))
  expect(newer.messages.map(message => message.body)).toEqual(['in between'])
  expect(ids(back)).toEqual(ids(first))
})
