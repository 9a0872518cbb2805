// Who is who: everybody has a thread of their own, whatever address a stanza names them by, and whoever has their number.
import { expect, test } from 'vitest'
import type { Contact } from '../../src/domain/contact.ts'
import type { Message } from '../../src/domain/message.ts'
import type { Chat } from '../../simulator/state/names.ts'
import { linkAccount } from '../../harness/simulated.ts'
import { untilReceived } from './received.ts'
import { sharedInProcessStage } from './stage.ts'

const shared = sharedInProcessStage()
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

test('what the owner sends to a broadcast list whose recipients WhatsApp does not name is kept in a thread of the list', async () => {
  const { api } = shared()
  const { accountId, phone } = await linked()
  const { id } = await phone.sendToList({
    list: LIST,
    to: phone.contacts.slice(0, 2),
    text: 'news',
    bare: true
  })
  const { message, thread } = await threadWith(accountId, id)
  expect(thread).toMatchObject({ kind: 'list', clientJid: LIST, unreadCount: 0, lastMessageText: 'news' })
  expect(message).toMatchObject({ body: 'news', broadcast: true, direction: 'outbound', sender: null })
  const answer = { threadId: thread.threadId, text: 'more' }
  expect(await api.request('POST', `/v1/accounts/${accountId}/messages`, answer)).toMatchObject({
    status: 400
  })
  const { coverage } = await api.account(accountId)
  expect(coverage.complete + coverage.partial + coverage.unknown).toBe(
    (await api.threads(accountId)).length - 1
  )
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

test('what waits while the account is offline is not sent to whoever has the number meanwhile, even if they never wrote', async () => {
  const { api, simulator } = shared()
  const { accountId, phone } = await linked()
  const [ann, bob] = [phone.contacts[0]!, simulator.createContact({ name: 'Bob' })]
  const number = ann.phoneNumber
  const { thread } = await threadWith(accountId, (await phone.receive({ from: ann, text: 'hi' })).id)
  await api.command(accountId, 'disconnect')
  await api.untilAccount(accountId, 'the account to be offline', account => account.state === 'stopped')
  const waiting = await api.queue(accountId, { threadId: thread.threadId, text: 'for Ann alone' })
  simulator.changeNumber(ann, { told: false })
  simulator.changeNumber(bob, { phoneNumber: number, told: false })
  await api.command(accountId, 'connect')
  expect((await untilReceived(simulator, phone, waiting.entryId)).recipient).toBe(ann.jid)
  const entry = await api.untilEntry(accountId, waiting.entryId, 'sent')
  expect(await api.message(entry.threadId, entry.messageId)).toMatchObject({ body: 'for Ann alone' })
  expect((await api.thread(entry.threadId)).clientJid).toBe(ann.lid)
})

test('a message fails when its recipient’s number is another person’s and nobody can say since when, and reaches neither', async () => {
  const { api, simulator } = shared()
  const { accountId, phone } = await linked()
  const [ann, bob] = [phone.contacts[0]!, simulator.createContact({ name: 'Bob' })]
  const number = ann.phoneNumber
  // A clock that is ahead says that the number is Ann's later than anybody can say that it is Bob's.
  const ahead = phone.fault({ kind: 'futureTimestamps', seconds: 7200 })
  const { thread } = await threadWith(accountId, (await phone.receive({ from: ann, text: 'hi' })).id)
  ahead.clear()
  await api.command(accountId, 'disconnect')
  await api.untilAccount(accountId, 'the account to be offline', account => account.state === 'stopped')
  const waiting = await api.queue(accountId, { threadId: thread.threadId, text: 'for Ann alone' })
  simulator.changeNumber(ann, { told: false })
  simulator.changeNumber(bob, { phoneNumber: number, told: false })
  await api.command(accountId, 'connect')
  expect(await api.untilEntry(accountId, waiting.entryId, 'failed')).toMatchObject({
    reason: 'recipient.numberMoved'
  })
  expect(await api.message(thread.threadId, waiting.messageId)).toMatchObject({
    status: 'failed',
    statusReason: 'recipient.numberMoved'
  })
  // What is sent later to somebody else is received, this was not.
  const { entryId } = await api.send(accountId, phone.contacts[1]!.phoneNumber, 'after it')
  await untilReceived(simulator, phone, entryId)
  expect(phone.truth().received.filter(({ id }) => id === waiting.entryId)).toEqual([])
})

test('a number that two people had before linking: the history has two threads, and the later one has the number', async () => {
  const { api, simulator } = shared()
  const phone = simulator.createPhone({ history: { chats: 2, messages: 20, groupsShare: 0, lidShare: 0 } })
  const [ann, bob] = phone.contacts
  const number = ann!.phoneNumber
  simulator.changeNumber(ann!, { told: false })
  simulator.changeNumber(bob!, { phoneNumber: number, told: false })
  const accountId = await linkAccount(api, 'Two owners', qr => phone.scanQr(qr))
  await shared().synced(accountId, phone)

  const threads = await api.threads(accountId)
  expect(threads).toHaveLength(2)
  const byNumber = await api.send(accountId, `+${number}`, 'whose is it?')
  const { whatsAppId } = await api.message(byNumber.threadId, byNumber.messageId)
  expect((await untilReceived(simulator, phone, whatsAppId)).recipient).toBe(bob!.jid)
  // Each thread has what its own partner wrote, as the phone has it.
  for (const contact of [ann!, bob!]) {
    const { id } = await phone.receive({ from: contact, text: `I am ${contact.pushName}`, addressing: 'lid' })
    const { thread } = await threadWith(accountId, id)
    const held = phone.truth().messages.filter(({ chatJid }) => chatJid === contact.jid)
    const { messages } = await api.messagePage(thread.threadId, 'limit=100')
    expect(new Set(messages.map(message => message.whatsAppId))).toEqual(new Set(held.map(({ id }) => id)))
  }
})

test('somebody with another number keeps the thread, in groups too, and is written to under the new one after a restart', async () => {
  const { simulator } = shared()
  const { accountId, phone } = await linked(0.34)
  const group = phone.groups[0]!
  const ann = phone.contacts.find(contact => group.members.has(contact))!
  const { thread } = await threadWith(accountId, (await phone.receive({ from: ann, text: 'before' })).id)
  const inGroup = await threadWith(
    accountId,
    (await phone.receive({ from: ann, group, text: 'in the group' })).id
  )
  simulator.changeNumber(ann)
  const { id } = await phone.receive({ from: ann, text: 'after', addressing: 'pn', bare: true })
  const after = await threadWith(accountId, id)
  expect(after.thread.threadId).toBe(thread.threadId)
  const said = await phone.receive({ from: ann, group, text: 'still me' })
  expect((await threadWith(accountId, said.id)).message.sender).toBe(inGroup.message.sender)
  expect(
    await untilMessage(inGroup.thread.threadId, 'the event', ({ event }) => event?.kind === 'number')
  ).toMatchObject({ type: 'system' })

  await shared().server.stop()
  await shared().restart()
  const again = shared().api
  const answer = await again.queue(accountId, { threadId: thread.threadId, text: 'your new number' })
  const { whatsAppId } = await again.message(answer.threadId, answer.messageId)
  expect((await untilReceived(simulator, phone, whatsAppId)).recipient).toBe(ann.jid)
})

test('what is learned later about a number joins two threads', async () => {
  const { api } = shared()
  const { accountId, phone } = await linked()
  const contact = shared().simulator.createContact({ name: 'Late' })
  const { thread } = await threadWith(
    accountId,
    (await phone.receive({ from: contact, text: 'by LID alone', addressing: 'lid', bare: true })).id
  )
  expect(thread.clientJid).toBe(contact.lid)
  // WhatsApp is asked about the number, and names the LID.
  const sent = await api.send(accountId, `+${contact.phoneNumber}`, 'by number')
  const joined = await api.until('one thread', async () => {
    const { messages } = await api.messagePage(sent.threadId, 'limit=10')
    return messages.length === 2 ? messages : undefined
  })
  expect(joined.map(({ body }) => body)).toEqual(expect.arrayContaining(['by LID alone', 'by number']))
  const threads = await api.threads(accountId)
  const theirs = threads.filter(({ clientJid }) => [contact.jid, contact.lid].includes(clientJid))
  expect(theirs).toHaveLength(1)
})

test('the phone book tells whose number a LID is: two threads become one, with the name', async () => {
  const { api, simulator } = shared()
  const { accountId, phone } = await linked()
  const contact = simulator.createContact({ name: 'Grace' })
  const { id } = await phone.receive({ from: contact, text: 'hello', addressing: 'lid', bare: true })
  const { thread } = await threadWith(accountId, id)
  await phone.nameContact(contact, 'Grace Hopper')
  const named = await api.until('the name', async () => {
    const found = await api.thread(thread.threadId)
    return found.displayName === 'Grace Hopper' ? found : undefined
  })
  expect(named.threadId).toBe(thread.threadId)
  const byNumber = await phone.receive({ from: contact, text: 'again', addressing: 'pn', bare: true })
  expect((await threadWith(accountId, byNumber.id)).thread.threadId).toBe(thread.threadId)
})

test('body and list of a message name the same people, in groups by LID too', async () => {
  const { accountId, phone } = await linked(0.34)
  const members = phone.contacts.slice(0, 2)
  const group = phone.createGroup('By LID', members, { addressing: 'lid' })
  const [ann, ben] = members
  // Known by number first.
  for (const from of members) await phone.receive({ from, text: 'hello', addressing: 'pn' })
  const { id } = await phone.receive({
    from: ann!,
    group,
    message: {
      extendedTextMessage: {
        text: `@${ben!.lidUser} and @${ann!.lidUser}, look`,
        contextInfo: { mentionedJid: [ben!.lid, ann!.lid] }
      }
    }
  })
  const { message } = await threadWith(accountId, id)
  expect(message.mentions).toHaveLength(2)
  const names = message.mentions.map(jid => `@${jid.split('@')[0]}`)
  expect(message.body).toBe(`${names[0]} and ${names[1]}, look`)
  expect(message.sender).toBe(message.mentions[1])
})

test('contacts are listed with their names and addresses, page by page, and found by a part of a name or of the number', async () => {
  const { accountId, phone } = await linked()
  const list = async (query: string) => {
    const answer = await shared().api.request<{
      contacts: ReadonlyArray<Contact>
      nextCursor: string | null
    }>('GET', `/v1/accounts/${accountId}/contacts?${query}`)
    expect(answer.status).toBe(200)
    return answer.body
  }
  const { contacts, nextCursor } = await list('limit=500')
  expect(nextCursor).toBeNull()
  const [someone] = phone.contacts
  const found = contacts.filter(({ addresses }) => addresses.includes(someone!.jid))
  expect(found).toMatchObject([
    {
      accountId,
      phoneNumber: `+${someone!.phoneNumber}`,
      addresses: expect.arrayContaining([someone!.jid, someone!.lid])
    }
  ])

  const paged: Array<Contact> = []
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: Awaited<ReturnType<typeof list>> = await list(`limit=1${cursor && `&cursor=${cursor}`}`)
    expect(page.contacts.length).toBe(1)
    paged.push(...page.contacts)
    cursor = page.nextCursor
  }
  expect(paged).toEqual(contacts)

  const { name, pushName } = found[0]!
  const part = (name ?? pushName ?? '').slice(1, 5).toUpperCase()
  const search = async (q: string) => (await list(`q=${encodeURIComponent(q)}`)).contacts
  expect(await search(part)).toContainEqual(found[0])
  expect(await search(`+${someone!.phoneNumber}`)).toEqual(found)
  expect(await search('nobody is called this')).toEqual([])
  const saved = await list('saved=true')
  const unsaved = await list('saved=false')
  expect(saved.contacts.every(contact => contact.name !== null)).toBe(true)
  expect(unsaved.contacts.every(contact => contact.name === null)).toBe(true)
  expect(saved.contacts.length + unsaved.contacts.length).toBe(contacts.length)
  expect((await shared().api.request('GET', `/v1/accounts/${accountId}/contacts?cursor=none`)).status).toBe(
    400
  )
})
