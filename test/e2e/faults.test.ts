// WhatsApp and phones that misbehave, one way each.
import { describe, expect, test } from 'vitest'
import { compare } from '../../harness/compare.ts'
import { once } from './shared.ts'
import { sharedInProcessStage } from './stage.ts'
import { thoroughTest } from '../thorough.ts'

const shared = sharedInProcessStage({ SEND_TIMEOUT: '500ms' })

const SMALL = { history: { chats: 2, messages: 20, groupsShare: 0 } }
const linkedOnce = once(() => shared().linked(SMALL))
const NOTHING_WRONG = { missing: [], duplicates: [], different: [] }

describe('receiving', () => {
  test('stanzas delivered twice are stored once', async () => {
    const stage = shared()
    const { phone, accountId } = await linkedOnce()
    const fault = phone.fault({ kind: 'duplicate' })
    for (let n = 0; n < 10; n += 1) await phone.receive({ from: phone.contacts[0]!, text: `twice ${n}` })
    fault.clear()
    await phone.receive({ from: phone.contacts[0]!, text: 'the end' })
    await stage.synced(accountId, phone)
    expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject(NOTHING_WRONG)
  })

  test('stanzas that overtake each other are all stored', async () => {
    const stage = shared()
    const { phone, accountId } = await linkedOnce()
    phone.fault({ kind: 'reorder', count: 5, withinMs: 500 }, { times: 15 })
    for (let n = 0; n < 15; n += 1)
      await phone.receive({ from: phone.contacts[n % 2]!, text: `overtaking ${n}` })
    await stage.synced(accountId, phone)
    expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject(NOTHING_WRONG)
  })

  test('a message that cannot be decrypted keeps its place and is filled when it was asked for again', async () => {
    const stage = shared()
    const { phone, accountId } = await linkedOnce()
    phone.fault({ kind: 'corruptMessages' }, { times: 1 })
    const { id } = await phone.receive({ from: phone.contacts[0]!, text: 'garbled at first' })
    const [thread] = (await stage.api.threads(accountId)).filter(
      ({ lastMessageAt }) => lastMessageAt !== null
    )
    const stored = await stage.api.until('the content', async () => {
      const { messages } = await stage.api.messagePage(thread!.threadId, 'limit=10')
      return messages.find(message => message.whatsAppId === id && message.body === 'garbled at first')
    })
    expect(stored).toMatchObject({ type: 'text', status: 'received', statusReason: null })
    expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject(NOTHING_WRONG)
  })

  test('a message that only the phone has is asked for and filled in place', async () => {
    const stage = shared()
    const { phone, accountId } = await linkedOnce()
    phone.fault({ kind: 'unavailableMessages' }, { times: 1 })
    const { id } = await phone.receive({ from: phone.contacts[0]!, text: 'only on the phone' })
    await stage.api.until('the content', async () => {
      for (const thread of await stage.api.threads(accountId)) {
        const { messages } = await stage.api.messagePage(thread.threadId, 'limit=10')
        const found = messages.find(
          message => message.whatsAppId === id && message.body === 'only on the phone'
        )
        if (found !== undefined) return found
      }
      return undefined
    })
    expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject(NOTHING_WRONG)
  })

  test('what only the phone is to have is a message that says so, and the phone is not asked for it', async () => {
    const stage = shared()
    const { phone, accountId } = await linkedOnce()
    const contact = phone.contacts[0]!
    const kinds = ['viewOnce', 'hosted', 'bot'] as const
    const ids: Array<string> = []
    for (const only of kinds) {
      phone.fault({ kind: 'unavailableMessages', only }, { times: 1 })
      ids.push((await phone.receive({ from: contact, text: only })).id)
    }
    // Asked for after those, and answered: nothing is asked for before it.
    phone.fault({ kind: 'unavailableMessages' }, { times: 1 })
    await phone.receive({ from: contact, text: 'asked for' })
    const { threadId } = (await stage.api.threads(accountId)).find(
      ({ clientJid }) => clientJid === contact.jid || clientJid === contact.lid
    )!
    const messages = await stage.api.until('what was asked for', async () => {
      const page = await stage.api.messagePage(threadId, 'limit=10')
      return page.messages.some(({ body }) => body === 'asked for') ? page.messages : undefined
    })
    for (const id of ids)
      expect(messages.find(({ whatsAppId }) => whatsAppId === id)).toMatchObject({
        type: 'undecryptable',
        statusReason: 'WhatsApp shows this message on the phone only'
      })
    const asked = JSON.stringify(phone.truth().peerRequests)
    expect(ids.filter(id => asked.includes(id))).toEqual([])
  })

  test('an edit and a reaction that cannot be decrypted at first leave no message of their own', async () => {
    const stage = shared()
    const { phone, accountId } = await linkedOnce()
    const contact = phone.contacts[0]!
    const { id } = await phone.receive({ from: contact, text: 'before' })
    phone.fault({ kind: 'corruptMessages' }, { times: 1 })
    const edit = await phone.receive({ from: contact, edit: id, text: 'after' })
    phone.fault({ kind: 'corruptMessages' }, { times: 1 })
    const reaction = await phone.receive({ from: contact, react: id, text: '👍' })
    const { threadId } = (await stage.api.threads(accountId)).find(
      ({ clientJid }) => clientJid === contact.jid || clientJid === contact.lid
    )!
    const messages = await stage.api.until('the edit and the reaction', async () => {
      const page = await stage.api.messagePage(threadId, 'limit=20')
      const found = page.messages.find(({ whatsAppId }) => whatsAppId === id)
      return found?.body === 'after' && found.reactions.length > 0 ? page.messages : undefined
    })
    expect(messages.filter(({ whatsAppId }) => [edit.id, reaction.id].includes(whatsAppId))).toEqual([])
  })
})

const HISTORY = { chats: 8, messages: 600, chunkMessages: 150, inlineBelowBytes: 0 }

thoroughTest('a chunk of history that stays broken is counted as failed; the others are stored', async () => {
  const stage = shared()
  const phone = stage.simulator.createPhone({ history: HISTORY })
  phone.fault({ kind: 'historyChunk', effect: 'corrupt', chunkOrder: 2 })
  const { accountId } = await stage.api.createAccount('Broken chunk')
  await stage.api.pair(accountId)
  await phone.scanQr((await stage.api.offer(accountId)).qr!)
  const account = await stage.api.untilAccount(
    accountId,
    'the broken chunk to be given up',
    ({ state, sync }) => state === 'open' && sync.chunksPending === 0 && sync.chunksFailed > 0
  )
  expect(account.counts.messages).toBeGreaterThan(0)
  const result = await compare(stage.api, accountId, phone.truth().messages)
  expect(result.missing.length).toBe(600 - account.counts.messages)
  expect(stage.server.output()).toContain('A history chunk could not be read')
})

describe('sending', () => {
  test('a message whose acknowledgement is lost is sent again under the same id and received once', async () => {
    const stage = shared()
    const { phone, accountId } = await linkedOnce()
    phone.fault({ kind: 'loseAcks' }, { times: 1 })
    const sent = await stage.api.send(accountId, phone.contacts[0]!.phoneNumber, 'acknowledged late')
    await stage.api.until('the message to be read', async () => {
      const { messages } = await stage.api.messagePage(sent.threadId, 'limit=10')
      return messages.find(message => message.messageId === sent.messageId && message.status === 'read')
    })
    const received = phone.truth().received.filter(({ text }) => text === 'acknowledged late')
    expect(received).toMatchObject([{ times: 1 }])
  })

  test('a message whose acknowledgement comes too late is sent, at WhatsApp’s time, and not sent again', async () => {
    const stage = shared()
    const { phone, accountId } = await linkedOnce()
    const held = phone.fault({ kind: 'holdAcks' })
    const sent = await stage.api.send(accountId, phone.contacts[1]!.phoneNumber, 'confirmed in a while')
    await stage.api.until('an attempt to be over', async () => {
      const { attempts, status } = await stage.api.entry(accountId, sent.entryId)
      return attempts === 1 && status === 'queued' ? true : undefined
    })
    // What is sent again is never acknowledged.
    const lost = phone.fault({ kind: 'loseAcks' })
    held.clear()
    await stage.api.untilEntry(accountId, sent.entryId, 'sent')
    lost.clear()
    const [own] = phone.truth().messages.filter(({ text }) => text === 'confirmed in a while')
    expect(await stage.api.message(sent.threadId, sent.messageId)).toMatchObject({
      tsClient: own!.timestamp * 1000
    })
  })

  test('a connection that ends while a message is on its way into it uses up no attempt', async () => {
    const stage = shared()
    const { phone, accountId } = await linkedOnce()
    const stranger = stage.simulator.createContact({ name: 'Stranger' })
    // Asked before the first message to somebody.
    phone.fault({ kind: 'dropOnReceived', count: 1, handled: false, sent: 'iq usync usync' }, { times: 2 })
    const { entryId } = await stage.api.send(accountId, stranger.phoneNumber, 'not lost with it')
    expect(await stage.api.untilEntry(accountId, entryId, 'sent')).toMatchObject({ attempts: 1 })
  })

  test.each([429, 503])('a message waits while WhatsApp answers no questions (%i)', async error => {
    const stage = shared()
    const { phone, accountId } = await linkedOnce()
    const stranger = stage.simulator.createContact({ name: 'Stranger' })
    const refusing = phone.fault({ kind: 'refuseQueries', xmlns: 'usync', error })
    const { entryId } = await stage.api.send(accountId, stranger.phoneNumber, 'as soon as possible')
    const held = await stage.api.until('the reason', async () => {
      const entry = await stage.api.entry(accountId, entryId)
      return entry.status === 'queued' && entry.reason !== null ? entry : undefined
    })
    refusing.clear()
    expect(held).toMatchObject({ attempts: 0, reason: expect.stringContaining('at the moment') })
  })

  test('a message that WhatsApp refuses is tried again, and keeps the order of its thread', async () => {
    const stage = shared()
    const { phone, accountId } = await linkedOnce()
    phone.fault({ kind: 'rejectMessages', error: 479 }, { times: 1 })
    const to = phone.contacts[0]!.phoneNumber
    const texts = ['refused at first', 'behind it']
    for (const text of texts) await stage.api.send(accountId, to, text)
    await stage.simulator.until(
      () => phone.truth().received.filter(({ text }) => texts.includes(text ?? '')).length === 2
    )
    const received = phone.truth().received.filter(({ text }) => texts.includes(text ?? ''))
    expect(received.map(({ text, times }) => [text, times])).toEqual(texts.map(text => [text, 1]))
  })

  test('a recipient that cannot decrypt gets the message again', async () => {
    const stage = shared()
    const { phone, accountId } = await linkedOnce()
    phone.fault({ kind: 'recipientCannotDecrypt' }, { times: 1 })
    await stage.api.send(accountId, phone.contacts[0]!.phoneNumber, 'encrypted again')
    await stage.simulator.until(() => phone.truth().received.some(({ text }) => text === 'encrypted again'))
  })
})

test('a WhatsApp that refuses logins for a while is tried again until it lets us in', async () => {
  const stage = shared()
  const { phone, accountId } = await linkedOnce()
  const refusing = phone.fault({ kind: 'refuseLogins', reason: 503 })
  phone.disconnect()
  const account = await stage.api.untilAccount(
    accountId,
    'some attempts',
    ({ reconnectAttempts }) => reconnectAttempts >= 2
  )
  expect(account.lastDisconnect).not.toBeNull()
  refusing.clear()
  await stage.api.untilAccount(accountId, 'open', ({ state }) => state === 'open')
})
