// The twelve defects of the server this project replaces, each tried on ours.
import { describe, expect, test } from 'vitest'
import { createActor, SimulatedClock } from 'xstate'
import { compare } from '../../harness/compare.ts'
import { runToExit, ServerProcess } from '../../harness/server-process.ts'
import { accountMachine } from '../../src/machines/account.ts'
import { untilReceived } from './received.ts'
import { type AnyStage, sharedInProcessStage, Stage } from './stage.ts'
import { thorough, thoroughTest } from '../thorough.ts'

const SMALL = { history: { chats: 3, messages: 30, groupsShare: 0 } }
const NOTHING_WRONG = { missing: [], duplicates: [], different: [] }

/** On a machine that is busy with other things a start takes seconds. */
const SEVERAL_RESTARTS = 150_000

const AROUND_COMMITS = thorough(
  ['within.journal', 'within.ingest'],
  ['within.journal', 'after.journal', 'before.ingest', 'within.ingest', 'after.ingest']
)

const shared = sharedInProcessStage()

const statusesOf = async (stage: AnyStage, accountId: string) => {
  const { body } = await stage.api.request<{ entries: ReadonlyArray<{ status: string }> }>(
    'GET',
    `/v1/accounts/${accountId}/outbox`
  )
  return body.entries.map(entry => entry.status)
}

test('1. receipt numbers off by one: sent is sent, delivered is delivered, read is read', async () => {
  const stage = shared()
  const { phone, accountId } = await stage.linked(SMALL)
  const [silent, prompt] = phone.contacts
  silent!.readsAutomatically = false
  const delivered = await stage.api.send(accountId, silent!.phoneNumber, 'left unread')
  const read = await stage.api.send(accountId, prompt!.phoneNumber, 'read at once')
  await stage.api.untilMessage(read.threadId, read.messageId, message => message.status === 'read')
  const unread = await stage.api.untilMessage(
    delivered.threadId,
    delivered.messageId,
    message => message.status === 'delivered'
  )
  expect(unread.receipts).toMatchObject([{ deliveredAt: expect.any(Number), readAt: null }])
})

thoroughTest(
  '2. marked as seen before it is stored: killed anywhere around a commit, each message is there once',
  async () => {
    await using stage = await Stage.set()
    const { phone, accountId } = await stage.linked(SMALL)
    for (const point of AROUND_COMMITS) {
      await stage.server.kill()
      await stage.restartToCrashAt(point)
      await phone.receive({ from: phone.contacts[0]!, text: `killed at ${point}` })
      await stage.server.ended
    }
    await stage.restart()
    await stage.synced(accountId, phone)
    expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject(NOTHING_WRONG)
    await stage.simulator.until(() => phone.offlineQueue().length === 0)
  },
  SEVERAL_RESTARTS
)

thoroughTest(
  '3. an entry stays in processing for ever: killed between sending and recording, each is sent, once',
  async () => {
    await using stage = await Stage.set()
    const { phone, accountId } = await stage.linked(SMALL)
    for (const point of ['after.sending', 'before.sent']) {
      await stage.server.kill()
      await stage.restartToCrashAt(point)
      const text = `killed at ${point}`
      const sent = await stage.api.send(accountId, phone.contacts[0]!.phoneNumber, text, point)
      await stage.server.ended
      await stage.restart()
      await stage.api.untilEntry(accountId, sent.entryId, 'sent')
      await untilReceived(stage.simulator, phone, sent.entryId)
      expect(phone.truth().received.filter(entry => entry.text === text)).toMatchObject([{ times: 1 }])
    }
  },
  SEVERAL_RESTARTS
)

thoroughTest('3. nothing stays in processing while the account is offline either', async () => {
  await using stage = await Stage.set({ SEND_TIMEOUT: '20s' })
  const { phone, accountId } = await stage.linked(SMALL)
  const fault = phone.fault({ kind: 'loseAcks' })
  const sent = await stage.api.send(accountId, phone.contacts[0]!.phoneNumber, 'never confirmed')
  await stage.api.untilEntry(accountId, sent.entryId, 'sending')
  await stage.api.command(accountId, 'disconnect')
  await stage.api.untilEntry(accountId, sent.entryId, 'queued')
  fault.clear()
  await stage.api.command(accountId, 'connect')
  expect(await stage.api.untilEntry(accountId, sent.entryId, 'sent')).toMatchObject({ attempts: 1 })
})

test('4. being disconnected uses up attempts: ours are counted only when WhatsApp was asked', async () => {
  const stage = shared()
  const { phone, accountId } = await stage.linked(SMALL)
  const fault = phone.fault({ kind: 'refuseLogins', reason: 503 })
  phone.disconnect()
  await stage.api.untilAccount(
    accountId,
    'trying again and again',
    ({ reconnectAttempts }) => reconnectAttempts >= 5
  )
  const sent = await stage.api.send(accountId, phone.contacts[0]!.phoneNumber, 'patient')
  await stage.api.untilAccount(accountId, 'more of it', ({ reconnectAttempts }) => reconnectAttempts >= 9)
  expect(await stage.api.entry(accountId, sent.entryId)).toMatchObject({ status: 'queued', attempts: 0 })
  fault.clear()
  expect(await stage.api.untilEntry(accountId, sent.entryId, 'sent')).toMatchObject({ attempts: 1 })
})

thoroughTest(
  '5. an error queues the message and asks the caller to send it again: accepted is accepted, and has its id',
  async () => {
    await using stage = await Stage.set({ SEND_TIMEOUT: '300ms' })
    const { phone, accountId } = await stage.linked(SMALL)
    phone.fault({ kind: 'loseAcks' }, { times: 2 })
    const sent = await stage.api.send(accountId, phone.contacts[0]!.phoneNumber, 'once', 'key')
    expect(await stage.api.message(sent.threadId, sent.messageId)).toMatchObject({ whatsAppId: sent.entryId })
    expect(await stage.api.send(accountId, phone.contacts[0]!.phoneNumber, 'once', 'key')).toEqual(sent)
    expect((await stage.api.untilEntry(accountId, sent.entryId, 'sent')).attempts).toBeGreaterThan(1)
    expect(phone.truth().received.filter(entry => entry.text === 'once')).toMatchObject([
      { id: sent.entryId, times: 1 }
    ])
  }
)

test('6. receipts under another address make ghost messages: they find the message they are about', async () => {
  const stage = shared()
  const { phone, accountId } = await stage.linked(SMALL)
  const contact = phone.contacts[0]!
  contact.addressing = 'lid'
  const sent = await stage.api.send(accountId, contact.phoneNumber, 'to the number')
  await stage.api.untilMessage(sent.threadId, sent.messageId, message => message.status === 'read')
  await stage.synced(accountId, phone)
  const { counts } = await stage.api.account(accountId)
  expect(counts.messages).toBe(phone.truth().messages.length)
  const threads = await stage.api.threads(accountId)
  expect(threads.filter(thread => [contact.jid, contact.lid].includes(thread.clientJid))).toHaveLength(1)
})

thoroughTest(
  '7. the gap that a reconnect left is never filled: what came meanwhile is there, also what the owner wrote',
  async () => {
    await using stage = await Stage.set()
    const { phone, accountId } = await stage.linked(SMALL)
    await stage.server.kill()
    for (let n = 0; n < 40; n += 1) {
      await phone.receive({ from: phone.contacts[n % 3]!, text: `meanwhile ${n}` })
      if (n % 4 === 0) await phone.send({ to: phone.contacts[n % 3]!, text: `own meanwhile ${n}` })
    }
    await stage.restart()
    await stage.synced(accountId, phone)
    expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject(NOTHING_WRONG)
  }
)

test('8. a thread first seen in history looks new: its last activity is that of its newest message', async () => {
  const stage = shared()
  const { phone, accountId } = await stage.linked(SMALL)
  const newest = Math.max(...phone.truth().messages.map(message => message.timestamp * 1000))
  const threads = await stage.api.threads(accountId)
  expect(threads).toHaveLength(3)
  for (const thread of threads) {
    const [last] = (await stage.api.messagePage(thread.threadId, 'limit=1')).messages
    expect(thread.lastMessageAt).toBe(last!.tsClient)
    expect(thread.lastMessageAt).toBeLessThanOrEqual(newest)
  }
})

test('9. connecting has no deadline: each state that waits for somebody leaves by itself', () => {
  const clock = new SimulatedClock()
  const facts = { accountId: 'a', ended: null, lastDisconnect: null, suspension: null }
  const connecting = createActor(accountMachine, {
    clock,
    input: { ...facts, linked: true, wanted: true }
  }).start()
  expect(connecting.getSnapshot().matches({ session: 'connecting' })).toBe(true)
  clock.increment(30_000)
  expect(connecting.getSnapshot().value).toBe('reconnecting')
  const pairing = createActor(accountMachine, {
    clock,
    input: { ...facts, linked: false, wanted: false }
  }).start()
  pairing.send({ type: 'command.pair', pairing: { method: 'qr' } })
  expect(pairing.getSnapshot().matches({ session: 'pairing' })).toBe(true)
  clock.increment(180_000)
  expect(pairing.getSnapshot().value).toBe('stopped')
})

thoroughTest(
  '10. an old owner goes on writing: a folder has one owner, and only its end frees it',
  async () => {
    await using stage = await Stage.set()
    const { phone, accountId } = await stage.linked(SMALL)
    // Paused like a machine that swaps: it still owns the folder, and nobody takes it over.
    process.kill(stage.server.pid, 'SIGSTOP')
    const second = await runToExit({ DATA_DIR: stage.dataDir, PORT: '0' })
    expect(second).toMatchObject({ code: 1, output: expect.stringContaining(`process ${stage.server.pid}`) })
    process.kill(stage.server.pid, 'SIGCONT')
    await phone.receive({ from: phone.contacts[0]!, text: 'still the owner' })
    await stage.synced(accountId, phone)
    await stage.server.kill()
    const heir = await ServerProcess.start({ dataDir: stage.dataDir, settings: stage.settings })
    expect(await heir.api.account(accountId)).toMatchObject({ accountId })
    await heir.kill()
  }
)

test('11. routes without authentication: a QR code is shown to nobody without the key', async () => {
  const stage = shared()
  const { accountId } = await stage.api.createAccount('Shop')
  await stage.api.pair(accountId)
  await stage.api.offer(accountId)
  for (const path of ['qr', 'qr.png', 'qr.svg']) {
    const response = await fetch(`${stage.server.url}/v1/accounts/${accountId}/${path}`)
    expect(response.status).toBe(401)
    expect(await response.text()).not.toContain('2@')
  }
})

describe('12. threads for what is no conversation', () => {
  test('protocol messages and status posts create nothing', async () => {
    const stage = shared()
    const { phone, accountId } = await stage.linked(SMALL)
    const before = await stage.api.account(accountId)
    const stranger = stage.simulator.createContact({ name: 'Nobody yet' })
    await phone.receive({ from: stranger, message: { protocolMessage: { type: 9 } } })
    await phone.receive({ from: stranger, message: { senderKeyDistributionMessage: { groupId: 'x' } } })
    await phone.receiveStatus({ from: phone.contacts[0]!, text: 'at sea' })
    await stage.simulator.until(() => phone.offlineQueue().length === 0)
    await phone.receive({ from: phone.contacts[0]!, text: 'the next real message' })
    await stage.synced(accountId, phone)
    const after = await stage.api.account(accountId)
    expect(after.counts).toEqual({ threads: before.counts.threads, messages: before.counts.messages + 1 })
  })

  test('an address that is an object or nonsense is refused and makes no thread', async () => {
    const stage = shared()
    const { accountId } = await stage.linked(SMALL)
    for (const to of [{}, [], '[object Object]', 'undefined@s.whatsapp.net', 'null', '@g.us', '']) {
      const answer = await stage.api.request('POST', `/v1/accounts/${accountId}/messages`, { to, text: 'x' })
      expect({ to, status: answer.status }).toEqual({ to, status: 400 })
    }
    expect(await stage.api.threads(accountId)).toHaveLength(3)
    expect(await statusesOf(stage, accountId)).toEqual([])
  })
})
