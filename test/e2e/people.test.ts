// Who is who: everybody has a thread of their own, whatever address a stanza names them by, and whoever has their number.
import { expect, test } from 'vitest'
import type { Message } from '../../src/domain/message.ts'
import type { Chat } from '../../simulator/state/names.ts'
import { untilReceived } from './received.ts'
import { sharedStage } from './stage.ts'

const shared = sharedStage()
const LIST = '17900000000@broadcast'

const linked = (groupsShare = 0) => shared().linked({ history: { chats: 4, messages: 20, groupsShare } })

/** The thread in which a message is, once it is there. */
const threadWith = (accountId: string, id: string) =>
  shared().api.until(`a thread with the message ${id}`, async () => {
    for (const thread of await shared().api.threads(accountId)) {
      const { messages } = await shared().api.messagePage(thread.threadId, 'limit=50')
      const message = messages.find(({ whatsAppId }) => whatsAppId === id)
      if (message !== undefined) return { thread, message }
    }
    return undefined
  })

const untilMessage = (threadId: string, what: string, wanted: (message: Message) => boolean) =>
  shared().api.until(what, async () => {
    const { messages } = await shared().api.messagePage(threadId, 'limit=50')
    return messages.find(wanted)
  })

test('a business that also uses the Cloud API writes in its own thread, from whichever device', async () => {
  const { accountId, phone } = await linked()
  const [business] = phone.contacts
  const { id } = await phone.receive({ from: business!, text: 'from the app' })
  const { thread } = await threadWith(accountId, id)
  for (const as of ['hosted', 'hosted.lid'])
    expect(
      await threadWith(accountId, (await phone.receive({ from: business!, text: as, as })).id)
    ).toMatchObject({
      thread: { threadId: thread.threadId },
      message: { body: as, sender: thread.clientJid, direction: 'inbound' }
    })
  await shared().simulator.until(() => phone.truth().offlineQueue.length === 0)
})

test('members of a group are themselves: hosted devices, bots, people of other messengers, addresses nobody knows', async () => {
  const { accountId, phone } = await linked(0.34)
  const group = phone.groups[0]!
  const member = phone.contacts.find(contact => group.members.has(contact))!
  const { thread, message } = await threadWith(
    accountId,
    (await phone.receive({ from: member, group, text: 'hello' })).id
  )
  const said = async (as: string) => {
    const { id } = await phone.receive({ from: member, group, text: `as ${as}`, as })
    return (await untilMessage(thread.threadId, as, found => found.whatsAppId === id)).sender
  }
  expect(thread.clientJid).toBe(group.id)
  expect(await said('hosted')).toBe(message.sender)
  expect(await said('hosted.lid')).toBe(message.sender)
  expect(await said('867051314767696@bot')).toBe('867051314767696@bot')
  expect(await said('100012345@msgr')).toBe('100012345@msgr')
  expect(await said('12345@newserver')).toBe('12345@newserver')
})

test('what a contact sends to a broadcast list is in the contact’s thread, marked as such', async () => {
  const { accountId, phone } = await linked()
  const [contact] = phone.contacts
  const before = await threadWith(accountId, (await phone.receive({ from: contact!, text: 'alone' })).id)
  const { id } = await phone.receive({ from: contact!, text: 'to all of you', list: LIST })
  const { message, thread } = await threadWith(accountId, id)
  expect(thread.threadId).toBe(before.thread.threadId)
  expect(before.message.broadcast).toBe(false)
  expect(message).toMatchObject({ body: 'to all of you', broadcast: true, direction: 'inbound' })
  await shared().simulator.until(() => phone.truth().offlineQueue.length === 0)
})

test('what the owner sends to a broadcast list is in the thread of each recipient, with its receipts, and nowhere else', async () => {
  const { accountId, phone } = await linked()
  const [ann, ben, other] = phone.contacts
  const known = await Promise.all(
    [ann!, ben!].map(async from => threadWith(accountId, (await phone.receive({ from, text: 'hi' })).id))
  )
  const before = (await shared().api.threads(accountId)).length
  const { id } = await phone.sendToList({ list: LIST, to: [ann!, ben!], text: 'news' })
  for (const { thread } of known) {
    const sent = await untilMessage(
      thread.threadId,
      'the message to be read',
      message => message.whatsAppId === id && message.status === 'read'
    )
    expect(sent).toMatchObject({ body: 'news', broadcast: true, direction: 'outbound' })
    const { receipts } = await shared().api.message(thread.threadId, sent.messageId)
    expect(receipts.map(({ recipient }) => recipient)).toEqual([thread.clientJid])
  }
  // Whatever comes later is stored after it.
  await threadWith(accountId, (await phone.receive({ from: other!, text: 'after' })).id)
  expect(await shared().api.threads(accountId)).toHaveLength(before)
})

test('a number that goes to somebody else: each keeps a thread, and nobody gets what was meant for the other', async () => {
  const { api, simulator } = shared()
  const { accountId, phone } = await linked()
  const [ann, bob] = [phone.contacts[0]!, simulator.createContact({ name: 'Bob' })]
  const number = ann.phoneNumber
  const { thread: anns } = await threadWith(
    accountId,
    (await phone.receive({ from: ann, text: 'I am Ann' })).id
  )
  // What is sent is not confirmed, and what comes next waits, addressed as Ann was known.
  const unconfirmed = phone.fault({ kind: 'holdAcks' })
  await api.queue(accountId, { threadId: anns.threadId, text: 'for Ann' })
  const waiting = await api.queue(accountId, { threadId: anns.threadId, text: 'for Ann alone' })

  simulator.changeNumber(ann, { told: false })
  simulator.changeNumber(bob, { phoneNumber: number, told: false })
  const write = (from: Chat, text: string) => phone.receive({ from, text, addressing: 'lid' })
  const { thread: bobs } = await threadWith(accountId, (await write(bob, 'I am Bob')).id)

  expect(bobs.threadId).not.toBe(anns.threadId)
  expect(bobs.clientJid).toBe(bob.lid)
  const bodies = async (threadId: string) =>
    (await api.messagePage(threadId, 'limit=50')).messages.map(({ body }) => body)
  expect(await bodies(bobs.threadId)).toEqual(['I am Bob'])
  // The id of Ann's thread is still Ann's.
  expect(await api.thread(anns.threadId)).toMatchObject({ clientJid: ann.lid })
  expect(await bodies(anns.threadId)).toContain('I am Ann')

  unconfirmed.clear()
  const answer = await api.queue(accountId, { threadId: bobs.threadId, text: 'for Bob' })
  const byNumber = await api.send(accountId, `+${number}`, 'for the number')
  const byOldId = await api.queue(accountId, { threadId: anns.threadId, text: 'to Ann again' })
  const got = async ({ threadId, messageId }: { threadId: string; messageId: string }) => {
    const { whatsAppId } = await api.message(threadId, messageId)
    return (await untilReceived(simulator, phone, whatsAppId)).recipient
  }
  expect(await got(answer)).toBe(bob.jid)
  expect(byNumber.threadId).toBe(bobs.threadId)
  expect(await got(byNumber)).toBe(bob.jid)
  expect(await got(byOldId)).toBe(ann.jid)
  expect(await got({ threadId: anns.threadId, messageId: waiting.messageId })).toBe(ann.jid)
})
