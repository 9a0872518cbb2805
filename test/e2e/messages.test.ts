import { expect, test } from 'vitest'
import type { Api } from '../../harness/api.ts'
import { once } from './shared.ts'
import { sharedInProcessStage } from './stage.ts'

const shared = sharedInProcessStage()

const linkedOnce = once(() =>
  shared().linked({ name: 'Shop', history: { chats: 4, messages: 40, groupsShare: 0.5 } })
)

const threadWith = async (api: Api, accountId: string, jids: ReadonlyArray<string>) => {
  const threads = await api.threads(accountId)
  return threads.filter(thread => jids.includes(thread.clientJid))
}

const message = (
  api: Api,
  threadId: string,
  wanted: { whatsAppId?: string; body?: string; status?: string }
) =>
  api.until(`the message ${JSON.stringify(wanted)}`, async () => {
    const page = await api.messagePage(threadId, 'limit=100')
    return page.messages.find(
      found =>
        (wanted.whatsAppId === undefined || found.whatsAppId === wanted.whatsAppId) &&
        (wanted.body === undefined || found.body === wanted.body) &&
        (wanted.status === undefined || found.status === wanted.status)
    )
  })

test('what a contact writes is stored as inbound, receipted, and raises the unread count', async () => {
  const stage = shared()
  const { phone, accountId } = await linkedOnce()
  const contact = phone.contacts[0]!
  const [before] = await threadWith(stage.api, accountId, [contact.jid, contact.lid])

  const { id } = await phone.receive({ from: contact, text: 'Do you deliver? 🚚' })

  await stage.synced(accountId, phone)
  const [thread] = await threadWith(stage.api, accountId, [contact.jid, contact.lid])
  expect(await message(stage.api, thread!.threadId, { whatsAppId: id })).toMatchObject({
    direction: 'inbound',
    body: 'Do you deliver? 🚚',
    status: 'received',
    type: 'text'
  })
  expect(thread!.unreadCount).toBe(before!.unreadCount + 1)
  expect(thread!.lastMessageText).toBe('Do you deliver? 🚚')
  await stage.simulator.until(() => phone.truth().offlineQueue.length === 0)
})

test('what claims to be written in 1970 or before is dated by its arrival, and the claim is kept', async () => {
  const stage = shared()
  const { phone, accountId } = await linkedOnce()
  const contact = phone.contacts[0]!
  const before = Math.floor(Date.now() / 1000) * 1000

  const zero = await phone.receive({ from: contact, text: 'Zero', timestamp: 0 })
  const negative = await phone.receive({ from: contact, text: 'Negative', timestamp: -7 })

  await stage.synced(accountId, phone)
  const [thread] = await threadWith(stage.api, accountId, [contact.jid, contact.lid])
  const found = [
    await message(stage.api, thread!.threadId, { whatsAppId: zero.id }),
    await message(stage.api, thread!.threadId, { whatsAppId: negative.id })
  ]
  expect(found.map(({ tsClaimed }) => tsClaimed)).toEqual([0, -7000])
  for (const { tsClient } of found) {
    expect(tsClient).toBeGreaterThanOrEqual(before)
    expect(tsClient).toBeLessThanOrEqual(Date.now())
  }
  expect(thread!.lastMessageText).toBe('Negative')
})

test('what the owner writes on the phone is stored as outbound', async () => {
  const stage = shared()
  const { phone, accountId } = await linkedOnce()
  const contact = phone.contacts[0]!

  const { id } = await phone.send({ to: contact, text: 'From the owner' })

  await stage.synced(accountId, phone)
  const [thread] = await threadWith(stage.api, accountId, [contact.jid, contact.lid])
  expect(await message(stage.api, thread!.threadId, { whatsAppId: id })).toMatchObject({
    direction: 'outbound',
    body: 'From the owner',
    sender: null
  })
})

test('a message sent over HTTP reaches its recipient once and shows queued, sent, delivered, read', async () => {
  const stage = shared()
  const { phone, accountId } = await linkedOnce()
  const contact = phone.contacts[1]!
  contact.readsAutomatically = false

  const sent = await stage.api.send(accountId, `+${contact.phoneNumber}`, 'Hello from HTTP')

  expect(sent.status).toBe('queued')
  const delivered = await message(stage.api, sent.threadId, { body: 'Hello from HTTP', status: 'delivered' })
  expect(delivered).toMatchObject({ messageId: sent.messageId, direction: 'outbound' })
  const received = phone.truth().received.filter(entry => entry.id === delivered.whatsAppId)
  expect(received).toMatchObject([{ recipient: contact.jid, text: 'Hello from HTTP', times: 1 }])
})

test('an idempotency key answers the same message again and refuses another one', async () => {
  const stage = shared()
  const { phone, accountId } = await linkedOnce()
  const to = phone.contacts[0]!.phoneNumber

  const first = await stage.api.send(accountId, to, 'Once', 'order-17')
  const again = await stage.api.send(accountId, to, 'Once', 'order-17')
  const other = await stage.api.request('POST', `/v1/accounts/${accountId}/messages`, {
    to,
    text: 'Twice',
    idempotencyKey: 'order-17'
  })

  expect(again).toMatchObject({ messageId: first.messageId, threadId: first.threadId })
  expect(other.status).toBe(409)
  await message(stage.api, first.threadId, { body: 'Once', status: 'read' })
  expect(phone.truth().received.filter(entry => entry.text === 'Once')).toMatchObject([{ times: 1 }])
})

test('group messages go both ways, each with its writer', async () => {
  const stage = shared()
  const { phone, accountId } = await linkedOnce()
  const group = phone.groups[0]!
  const member = phone.contacts.find(contact => group.members.has(contact))!

  const inbound = await phone.receive({ from: member, group, text: 'Hi all' })
  await stage.synced(accountId, phone)
  const sent = await stage.api.send(accountId, group.id, 'Hi from the shop')

  const [thread] = await threadWith(stage.api, accountId, [group.id])
  expect(sent.threadId).toBe(thread!.threadId)
  const stored = await message(stage.api, thread!.threadId, { whatsAppId: inbound.id })
  expect([member.jid, member.lid]).toContain(stored.sender)
  const outbound = await message(stage.api, thread!.threadId, { body: 'Hi from the shop', status: 'read' })
  const receivers = phone.truth().received.filter(entry => entry.id === outbound.whatsAppId)
  expect(receivers.length).toBeGreaterThan(0)
  expect(receivers.every(entry => entry.times === 1 && entry.text === 'Hi from the shop')).toBe(true)
})

test('a contact that writes under its LID and under its number has one thread', async () => {
  const stage = shared()
  const { phone, accountId } = await linkedOnce()
  const contact = phone.contacts[0]!

  await phone.receive({ from: contact, text: 'by number', addressing: 'pn' })
  await phone.receive({ from: contact, text: 'by lid', addressing: 'lid' })

  await stage.synced(accountId, phone)
  const threads = await threadWith(stage.api, accountId, [contact.jid, contact.lid])
  expect(threads).toHaveLength(1)
  await message(stage.api, threads[0]!.threadId, { body: 'by number' })
  await message(stage.api, threads[0]!.threadId, { body: 'by lid' })
  const other = threads[0]!.clientJid === contact.jid ? contact.lid : contact.jid
  const alias = await stage.api.messages(`${accountId}__${other}`)
  expect(alias.map(found => found.body)).toContain('by lid')
})

test('edits, revokes and reactions change the message they are about', async () => {
  const stage = shared()
  const { phone, accountId } = await linkedOnce()
  const contact = phone.contacts[0]!
  const edited = await phone.receive({ from: contact, text: 'tpyo' })
  const revoked = await phone.receive({ from: contact, text: 'secret' })
  await phone.receive({ from: contact, edit: edited.id, text: 'typo' })
  await phone.receive({ from: contact, revoke: revoked.id })
  await phone.send({ to: contact, react: edited.id, text: '👍' })

  const [thread] = await threadWith(stage.api, accountId, [contact.jid, contact.lid])
  // What different senders do may be stored in another order.
  const after = await stage.api.until('reaction and edit', async () => {
    const { messages } = await stage.api.messagePage(thread!.threadId, 'limit=50')
    return messages.find(
      ({ edits, reactions, whatsAppId }) =>
        whatsAppId === edited.id && reactions.length === 1 && edits.length === 1
    )
  })
  await stage.api.until('the revocation', async () => {
    const { messages } = await stage.api.messagePage(thread!.threadId, 'limit=50')
    return messages.find(({ type, whatsAppId }) => whatsAppId === revoked.id && type === 'revoked')
  })
  expect(after).toMatchObject({
    body: 'typo',
    edits: [{ body: 'tpyo' }],
    reactions: [{ sender: 'me', emoji: '👍' }]
  })
  expect(await message(stage.api, thread!.threadId, { whatsAppId: revoked.id })).toMatchObject({
    type: 'revoked',
    body: null
  })
})

test('a time decades ahead is clamped, and the claimed one is kept', async () => {
  const stage = shared()
  const { phone, accountId } = await linkedOnce()
  const contact = phone.contacts[0]!
  const claimed = Math.floor(Date.now() / 1000) + 40 * 365 * 86_400

  const { id } = await phone.receive({ from: contact, text: 'From the future', timestamp: claimed })

  await stage.synced(accountId, phone)
  const [thread] = await threadWith(stage.api, accountId, [contact.jid, contact.lid])
  const stored = await message(stage.api, thread!.threadId, { whatsAppId: id })
  expect(stored.tsClient).toBeLessThanOrEqual(Date.now())
  expect(stored.tsClaimed).toBe(claimed * 1000)
})

test('a group message reaches members who joined since the last one, and no longer those who left', async () => {
  const stage = shared()
  const { phone, accountId } = await linkedOnce()
  const [stays, leaves, joins] = phone.contacts
  const group = phone.createGroup('Changing', [stays!, leaves!])
  const got = (text: string) =>
    phone
      .truth()
      .received.filter(entry => entry.text === text)
      .map(({ recipient }) => recipient)
  const sendAndWait = async (text: string, count: number) => {
    await stage.api.send(accountId, group.id, text)
    await stage.simulator.until(() => got(text).length >= count)
    return new Set(got(text))
  }

  expect(await sendAndWait('before', 2)).toEqual(new Set([stays!.jid, leaves!.jid]))
  phone.addMembers(group, [joins!])
  phone.removeMembers(group, [leaves!])
  await stage.simulator.until(() => phone.truth().offlineQueue.length === 0)

  expect(await sendAndWait('after', 2)).toEqual(new Set([stays!.jid, joins!.jid]))
})
