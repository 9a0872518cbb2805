// To whom a message goes: numbers as people write them, numbers that nobody has, accounts that are addressed by LID or by number.
import { expect, test } from 'vitest'
import type { Phone } from '../../simulator/phone.ts'
import { linkAccount } from '../../harness/simulated.ts'
import { untilReceived } from './received.ts'
import { sharedInProcessStage } from './stage.ts'

const shared = sharedInProcessStage()

const linked = () => shared().linked({ history: { chats: 2, messages: 10, groupsShare: 0 } })

const received = (phone: Phone, id: string) => untilReceived(shared().simulator, phone, id)

interface CheckedNumber {
  readonly number: string
  readonly exists: boolean
  readonly jid: string | null
  readonly lid: string | null
  readonly canonicalNumber: string | null
  readonly checkedAt: number
}

const check = async (accountId: string, numbers: ReadonlyArray<string>) => {
  const path = `/v1/accounts/${accountId}/contacts/check`
  return shared().api.request<{ numbers: ReadonlyArray<CheckedNumber> }>('POST', path, { numbers })
}

/** Counts the numbers that WhatsApp is asked about from now on. */
const countQuestions = () => {
  const asked: Array<unknown> = []
  shared().simulator.events.on(({ detail, name }) => {
    if (name === 'numberAsked') asked.push(detail['number'])
  })
  return asked
}

test('a number written in another way than WhatsApp has it reaches the contact, in the contact’s thread', async () => {
  const { api, simulator } = shared()
  const { accountId, phone } = await linked()
  const contacts = ['551187654321', '5215512345678', '5493515551234'].map(phoneNumber =>
    simulator.createContact({ phoneNumber, name: `Of ${phoneNumber}` })
  )
  const written = ['+55 11 98765-4321', '+52 55 1234 5678', '+54 351 555-1234']
  const asked = countQuestions()
  for (const [place, contact] of contacts.entries()) {
    const said = await phone.receive({ from: contact, text: 'hello', addressing: 'pn', bare: true })
    const thread = await api.until('the contact’s thread', async () =>
      (await api.threads(accountId)).find(({ clientJid }) => clientJid === contact.jid)
    )
    const sent = await api.send(accountId, written[place]!, 'hello to you')
    expect((await received(phone, sent.entryId)).recipient).toBe(contact.jid)
    const entry = await api.untilEntry(accountId, sent.entryId, 'sent')
    expect(entry.threadId).toBe(thread.threadId)
    const { messages } = await api.messagePage(thread.threadId, 'limit=10')
    expect(messages.map(({ whatsAppId }) => whatsAppId).toSorted()).toEqual(
      [said.id, sent.entryId].toSorted()
    )
    // The id that was answered leads there, and the next message is there from the beginning.
    expect(await api.thread(sent.threadId)).toMatchObject({ threadId: thread.threadId })
    const again = await api.send(accountId, written[place]!, 'hello again')
    expect(again.threadId).toBe(thread.threadId)
    expect((await received(phone, again.entryId)).recipient).toBe(contact.jid)
  }
  expect(asked).toEqual(['+5511987654321', '+525512345678', '+543515551234'])
  const threads = await api.threads(accountId)
  expect(threads.filter(({ clientJid }) => /^(55|52|54)/.test(clientJid))).toHaveLength(3)
})

test('what is accepted offline under two spellings of a number is one thread once WhatsApp was asked, in order', async () => {
  const { api, simulator } = shared()
  const { accountId, phone } = await linked()
  const contact = simulator.createContact({ phoneNumber: '5521998765432', name: 'Bia' })
  await api.command(accountId, 'disconnect')
  await api.untilAccount(accountId, 'the account to be offline', ({ state }) => state === 'stopped')
  const first = await api.send(accountId, '+55 21 9876-5432', 'one')
  const second = await api.send(accountId, '+55 21 99876-5432', 'two')
  const third = await api.send(accountId, '+55 21 9876-5432', 'three')
  expect(first.threadId).not.toBe(second.threadId)
  expect(await api.message(first.threadId, first.messageId)).toMatchObject({ body: 'one', status: 'queued' })
  await api.command(accountId, 'connect')
  for (const { entryId } of [first, second, third]) {
    expect((await received(phone, entryId)).recipient).toBe(contact.jid)
    await api.untilEntry(accountId, entryId, 'sent')
  }
  const threads = (await api.threads(accountId)).filter(({ clientJid }) => clientJid.startsWith('5521'))
  expect(threads).toHaveLength(1)
  const { messages } = await api.messagePage(threads[0]!.threadId, 'limit=10')
  expect(messages).toHaveLength(3)
  for (const { messageId, threadId } of [first, second, third]) {
    expect(await api.thread(threadId)).toMatchObject({ threadId: threads[0]!.threadId })
    expect(await api.message(threadId, messageId)).toMatchObject({
      status: expect.stringMatching(/sent|delivered|read/)
    })
  }
})

test('a message to a number that nobody has fails at once, with its reason, and others are not held up', async () => {
  const { api } = shared()
  const { accountId, phone } = await linked()
  const [contact] = phone.contacts
  const asked = countQuestions()
  const nobody = await api.send(accountId, '+49 151 00000001', 'anybody there?')
  const somebody = await api.send(accountId, contact!.phoneNumber, 'you are')
  const failed = await api.untilEntry(accountId, nobody.entryId, 'failed')
  expect(failed).toMatchObject({ attempts: 1, reason: 'recipient.notOnWhatsApp' })
  expect(await api.message(nobody.threadId, nobody.messageId)).toMatchObject({
    status: 'failed',
    statusReason: 'recipient.notOnWhatsApp'
  })
  await api.untilEntry(accountId, somebody.entryId, 'sent')
  expect((await api.incidents(accountId)).find(({ kind }) => kind === 'outbox.failed')).toMatchObject({
    happened: expect.stringContaining('nobody on WhatsApp has its number')
  })
  // That nobody has it is remembered, too.
  const again = await api.send(accountId, '+4915100000001', 'still nobody?')
  await api.untilEntry(accountId, again.entryId, 'failed')
  expect(asked).toEqual(['+4915100000001'])
})

test('numbers are checked many at once, and WhatsApp is asked about each of them once', async () => {
  const { api, simulator } = shared()
  const { accountId, phone } = await linked()
  const contact = simulator.createContact({ phoneNumber: '551132104321', name: 'Rui' })
  const numbers = ['+55 (11) 93210-4321', '+49 151 00000002', phone.contacts[0]!.jid, '551132104321']
  const asked = countQuestions()
  const { body, status } = await check(accountId, numbers)
  const found = { exists: true, jid: contact.jid, lid: contact.lid, canonicalNumber: '+551132104321' }
  expect(status).toBe(200)
  expect(body.numbers).toEqual([
    { number: numbers[0], ...found, checkedAt: expect.any(Number) },
    {
      number: numbers[1],
      exists: false,
      jid: null,
      lid: null,
      canonicalNumber: null,
      checkedAt: expect.any(Number)
    },
    expect.objectContaining({ exists: true, jid: phone.contacts[0]!.jid, lid: phone.contacts[0]!.lid }),
    { number: numbers[3], ...found, checkedAt: expect.any(Number) }
  ])
  expect(asked).toHaveLength(4)
  await api.command(accountId, 'disconnect')
  await api.untilAccount(accountId, 'the account to be offline', ({ state }) => state === 'stopped')
  expect((await check(accountId, numbers)).body).toEqual(body)
  expect(asked).toHaveLength(4)
  expect(await check(accountId, ['+49 151 00000003'])).toMatchObject({
    status: 409,
    body: { state: 'stopped' }
  })
  const many = Array.from({ length: 51 }, (_, place) => `+49151000001${String(place).padStart(2, '0')}`)
  for (const wrong of [[], many, ['me'], ['1203@g.us'], ['+0151 1'], [`${'1'.repeat(200)}`]])
    expect(await check(accountId, wrong)).toMatchObject({ status: 400 })
})

/** What the device sends to people from now on, and what is refused of it. */
const watchSending = () => {
  const seen: Array<Readonly<Record<string, unknown>>> = []
  shared().simulator.events.on(({ detail, name }) => {
    if (name === 'sent' || name === 'rejected') seen.push({ name, ...detail })
  })
  return { of: (entryId: string) => seen.filter(({ id }) => id === entryId) }
}

test('on a migrated account messages go to the LID and name the number; the owner’s devices are addressed alike', async () => {
  const { api } = shared()
  const { accountId, phone } = await linked()
  const sending = watchSending()
  const [contact, other] = phone.contacts
  // Known by number only, and known by LID only.
  for (const [to, recipient] of [
    [contact!.phoneNumber, contact!],
    [other!.lid, other!]
  ] as const) {
    const { entryId } = await api.send(accountId, to, 'by LID')
    expect((await received(phone, entryId)).recipient).toBe(recipient.jid)
    await api.untilEntry(accountId, entryId, 'sent')
    expect(sending.of(entryId)).toMatchObject([
      { name: 'sent', to: recipient.lid, recipientNumber: recipient.jid }
    ])
    const message = await api.until('the message to be read', async () => {
      const entry = await api.entry(accountId, entryId)
      const found = await api.message(entry.threadId, entry.messageId)
      return found.status === 'read' ? found : undefined
    })
    expect(message.receipts).toHaveLength(1)
  }
  // The owner's phone got its copy.
  const mine = phone.truth().messages.filter(({ fromMe, text }) => fromMe && text === 'by LID')
  expect(mine.map(({ chatJid }) => chatJid)).toEqual([contact!.jid, other!.jid])
  const own = await api.send(accountId, phone.phoneNumber, 'to myself')
  await api.untilEntry(accountId, own.entryId, 'sent')
  expect(sending.of(own.entryId)).toMatchObject([{ name: 'sent', to: phone.lid }])
})

test('whoever gave a token gets it back; to others goes the account’s own, with the salt that the phone told last', async () => {
  const { api, simulator } = shared()
  const { accountId, phone } = await linked()
  const sending = watchSending()
  const tokenTo = async (to: string) => {
    const { entryId } = await api.send(accountId, to, 'hello')
    await api.untilEntry(accountId, entryId, 'sent')
    return sending.of(entryId)
  }
  expect(await tokenTo(phone.contacts[0]!.phoneNumber)).toMatchObject([{ name: 'sent', token: 'tctoken' }])
  const stranger = simulator.createContact({ name: 'Stranger' })
  expect(await tokenTo(stranger.phoneNumber)).toMatchObject([{ name: 'sent', token: 'cstoken' }])
  expect(await tokenTo(stranger.lid)).toMatchObject([{ name: 'sent', token: 'cstoken' }])
  // A later salt comes as app state; what the same collection says after it shows that it is stored.
  await phone.changeTokenSalt()
  const until = Math.ceil(Date.now() / 1000) * 1000 + 3_600_000
  await phone.changeChat(phone.contacts[0]!, { mutedUntil: until })
  await api.until('the muted chat', async () =>
    (await api.threads(accountId)).find(({ mutedUntil }) => mutedUntil === until)
  )
  expect(await tokenTo(stranger.phoneNumber)).toMatchObject([{ name: 'sent', token: 'cstoken' }])
})

test('on an account that is not migrated messages go to the number', async () => {
  const { api } = shared()
  const { accountId, phone } = await shared().linked({
    history: { chats: 2, messages: 10, groupsShare: 0, lidShare: 1 },
    directAddressing: 'number'
  })
  const sending = watchSending()
  for (const to of [phone.contacts[0]!.phoneNumber, phone.contacts[0]!.lid]) {
    const { entryId } = await api.send(accountId, to, 'by number')
    await received(phone, entryId)
    await api.untilEntry(accountId, entryId, 'sent')
    expect(sending.of(entryId)).toMatchObject([{ name: 'sent', to: phone.contacts[0]!.jid }])
  }
})

test('an account that WhatsApp moves is written from by the other form after one refusal, and is not called restricted', async () => {
  const { api, simulator } = shared()
  const { accountId, phone } = await linked()
  const sending = watchSending()
  const [contact] = phone.contacts
  const say = async (text: string) => {
    const { entryId } = await api.send(accountId, contact!.phoneNumber, text)
    expect((await received(phone, entryId)).times).toBe(1)
    const entry = await api.untilEntry(accountId, entryId, 'sent')
    expect(entry.attempts).toBe(1)
    return sending.of(entryId)
  }
  phone.account.directAddressing = 'number'
  expect(await say('one')).toMatchObject([
    { name: 'rejected', to: contact!.lid, error: 400 },
    { name: 'sent', to: contact!.jid }
  ])
  expect(await say('two')).toMatchObject([{ name: 'sent', to: contact!.jid }])
  phone.account.directAddressing = 'lid'
  expect(await say('three')).toMatchObject([
    { name: 'rejected', to: contact!.jid, error: 463 },
    { name: 'sent', to: contact!.lid }
  ])
  expect(await say('four')).toMatchObject([{ name: 'sent', to: contact!.lid }])
  expect((await api.account(accountId)).restriction).toBeNull()
  // A restriction is one in whatever form: a stranger is tried once, and waits.
  phone.restrict({ until: Date.now() + 3_600_000, enforcement: 'DEFAULT' })
  const stranger = simulator.createContact({ name: 'Stranger' })
  const { entryId } = await api.send(accountId, stranger.phoneNumber, 'hello')
  await api.untilAccount(accountId, 'the restriction', ({ restriction }) => restriction !== null)
  expect(await api.untilEntry(accountId, entryId, 'queued')).toMatchObject({ attempts: 0 })
  phone.restrict(null)
  await api.untilEntry(accountId, entryId, 'sent')
})

test('a device that a contact links later gets messages, however WhatsApp tells of it', async () => {
  const { api, simulator } = shared()
  const { accountId, phone } = await linked()
  const ann = simulator.createPhone({ name: 'Ann' })
  const say = async (text: string) => {
    const { entryId } = await api.send(accountId, ann.phoneNumber, text)
    await api.untilEntry(accountId, entryId, 'sent')
    return entryId
  }
  /** Another account of this server that belongs to Ann: what is sent to her has to reach it, too. */
  const linkDevice = async (name: string) => {
    const device = await linkAccount(api, name, qr => ann.scanQr(qr))
    await api.untilAccount(device, 'the device to be online', ({ state }) => state === 'open')
    await simulator.until(() => phone.truth().offlineQueue.length === 0)
    return device
  }
  const reaches = (device: string, whatsAppId: string) =>
    api.until('the message on the other device', async () => {
      for (const { threadId } of await api.threads(device)) {
        const { messages } = await api.messagePage(threadId, 'limit=20')
        if (messages.some(message => message.whatsAppId === whatsAppId)) return true
      }
      return undefined
    })

  await say('to the phone alone')
  const told = await linkDevice('Told')
  await reaches(told, await say('to two'))
  ann.account.deviceNews = 'hash'
  const byHash = await linkDevice('By hash')
  await reaches(byHash, await say('to three'))
  ann.account.deviceNews = 'nothing'
  const untold = await linkDevice('Untold')
  const refresh = phone.fault({ kind: 'refreshLid' }, { times: 1 })
  await say('with the answer that something changed')
  refresh.clear()
  await reaches(untold, await say('to four'))
})

test('whoever reinstalls WhatsApp can read what is sent to groups at once', async () => {
  const { api, simulator } = shared()
  const { accountId, phone } = await shared().linked({
    history: { chats: 3, messages: 12, groupsShare: 0.34 }
  })
  const members = phone.contacts.slice(0, 2)
  const retries: Array<unknown> = []
  simulator.events.on(({ detail, name }) => {
    if (name === 'retryAsked') retries.push(detail)
  })
  for (const [place, addressing] of (['lid', 'pn'] as const).entries()) {
    const group = phone.createGroup(`By ${addressing}`, members, { addressing })
    const say = async (text: string) => {
      const { entryId } = await api.send(accountId, group.id, text)
      await simulator.until(
        () => phone.truth().received.filter(({ id }) => id === entryId).length === members.length,
        { what: `everybody to read "${text}"` }
      )
    }
    await say('before')
    simulator.reinstall(members[place]!)
    await simulator.until(() => phone.truth().offlineQueue.length === 0)
    await say('after')
  }
  expect(retries).toEqual([])
})
