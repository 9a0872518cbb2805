// What happens in chats besides plain messages, live, through HTTP: group events, calls, polls, view-once, receipts of
// a group, and the events that subscribers get.
import { expect, test } from 'vitest'
import type { Phone } from '../../simulator/phone.ts'
import type { Account } from '../../simulator/state/account.ts'
import type { Message } from '../../src/domain/message.ts'
import { sharedInProcessStage } from './stage.ts'

const shared = sharedInProcessStage()

const linked = (groupsShare = 0.34) => shared().linked({ history: { chats: 3, messages: 30, groupsShare } })

const threadOf = (accountId: string, jids: ReadonlyArray<string>) =>
  shared().api.until('the thread', async () =>
    (await shared().api.threads(accountId)).find(thread => jids.includes(thread.clientJid))
  )

const untilFound = (threadId: string, what: string, wanted: (message: Message) => boolean) =>
  shared().api.until(what, async () => {
    const { messages } = await shared().api.messagePage(threadId, 'limit=50')
    return messages.find(wanted)
  })

test('what happens to a group is told as system messages, which are neither unread nor the last message', async () => {
  const { api } = shared()
  const { accountId, phone } = await linked()
  const group = phone.groups[0]!
  const admin = phone.contacts.find(contact => group.members.has(contact))!
  const { threadId, ...before } = await threadOf(accountId, [group.id])

  phone.changeGroup(group, { subject: 'Trip to the sea' }, { by: admin })
  phone.changeGroup(group, { promote: [admin] })
  phone.changeGroup(group, { ephemeralSeconds: 604_800 }, { by: admin })

  const subject = await untilFound(threadId, 'the new subject', message => message.event?.kind === 'subject')
  expect(subject).toMatchObject({
    type: 'system',
    direction: 'inbound',
    event: { value: 'Trip to the sea' },
    body: expect.stringContaining('Trip to the sea')
  })
  const promoted = await untilFound(threadId, 'the promotion', message => message.event?.kind === 'promote')
  expect(promoted.event?.people).toHaveLength(1)
  await untilFound(threadId, 'the timer', message => message.event?.kind === 'ephemeral')
  const after = await api.thread(threadId)
  expect(after).toMatchObject({
    displayName: 'Trip to the sea',
    ephemeralSeconds: 604_800,
    unreadCount: before.unreadCount,
    lastMessageText: before.lastMessageText
  })
})

test('a call is one message, whose outcome follows', async () => {
  const { accountId, phone } = await linked(0)
  const contact = phone.contacts[0]!
  const { threadId } = await threadOf(accountId, [contact.jid, contact.lid])
  for (const outcome of ['missed', 'answered', 'declined'] as const) {
    const callId = phone.ring({ from: contact, video: outcome === 'missed', outcome })
    const call = await untilFound(
      threadId,
      `the ${outcome} call`,
      message => message.whatsAppId === callId && message.call?.outcome === outcome
    )
    expect(call).toMatchObject({ type: 'call', direction: 'inbound', call: { video: outcome === 'missed' } })
  }

  // The phone's log tells how long calls took, and of those that only the phone knows, once each.
  await expectLoggedCalls(accountId, phone, phone.contacts[1]!)
})

const expectLoggedCalls = async (accountId: string, phone: Phone, contact: Account) => {
  const { api } = shared()
  const { threadId } = await threadOf(accountId, [contact.jid, contact.lid])
  const rang = phone.ring({ from: contact, outcome: 'answered' })
  await phone.logCall(contact, { id: rang, duration: 42 })
  const at = Date.now() - 3_600_000
  const own = await phone.logCall(contact, { own: true, video: true, duration: 7, at })
  // The same call under another id, as the history may have it; and one that nobody answered.
  await phone.logCall(contact, { own: true, video: true, duration: 7, at: at + 1000 })
  const missed = await phone.logCall(contact, { outcome: 'missed', at: at - 60_000 })
  await untilFound(threadId, 'the last one', message => message.whatsAppId === missed)
  await untilFound(
    threadId,
    'the duration',
    ({ call, whatsAppId }) => whatsAppId === rang && call?.duration === 42
  )
  const { messages } = await api.messagePage(threadId, 'limit=20')
  const calls = messages.filter(({ type }) => type === 'call')
  expect(calls).toMatchObject([
    { whatsAppId: rang, direction: 'inbound', call: { video: false, outcome: 'answered', duration: 42 } },
    { whatsAppId: own, direction: 'outbound', call: { video: true, outcome: 'answered', duration: 7 } },
    { whatsAppId: missed, direction: 'inbound', call: { video: false, outcome: 'missed', duration: null } }
  ])
}

test('a poll of a contact shows who chose what, the last choice of each', async () => {
  const { accountId, phone } = await linked()
  const group = phone.groups[0]!
  const members = phone.contacts.filter(contact => group.members.has(contact))
  const { threadId } = await threadOf(accountId, [group.id])
  const { id } = await phone.receive({
    from: members[0]!,
    group,
    message: {
      pollCreationMessage: { name: 'Where?', options: [{ optionName: 'Sea' }, { optionName: 'Hills' }] },
      messageContextInfo: { messageSecret: new Uint8Array(32).fill(9) }
    }
  })
  await phone.receive({ from: members[0]!, group, vote: id, options: ['Sea'] })
  await phone.receive({ from: members[0]!, group, vote: id, options: ['Hills'] })
  await phone.send({ to: group, vote: id, options: ['Sea'] })
  const poll = await untilFound(
    threadId,
    'both votes',
    message => message.whatsAppId === id && message.poll?.options[0]?.voters[0] === 'me'
  )
  expect(poll).toMatchObject({ type: 'poll', body: 'Where?\n• Sea\n• Hills' })
  expect(poll.poll?.options.map(option => option.voters.length)).toEqual([1, 1])
})

test('view-once media are marked, disappearing messages are switched on visibly', async () => {
  const { api } = shared()
  const { accountId, phone } = await linked(0)
  const contact = phone.contacts[0]!
  const { threadId } = await threadOf(accountId, [contact.jid, contact.lid])
  const { id } = await phone.receive({
    from: contact,
    viewOnce: true,
    message: { imageMessage: { caption: 'only once', mimetype: 'image/jpeg' } }
  })
  await phone.receive({ from: contact, disappearing: 86_400 })
  expect(await untilFound(threadId, 'the image', message => message.whatsAppId === id)).toMatchObject({
    viewOnce: true,
    type: 'image',
    body: 'only once'
  })
  await untilFound(threadId, 'the timer', message => message.event?.kind === 'ephemeral')
  expect(await api.thread(threadId)).toMatchObject({ ephemeralSeconds: 86_400 })
})

test('each member of a group has its own times of delivery and reading', async () => {
  const { api } = shared()
  const { accountId, phone } = await linked()
  const group = phone.groups[0]!
  const members = phone.contacts.filter(contact => group.members.has(contact))
  const [silent] = members
  silent!.readsAutomatically = false
  const sent = await api.send(accountId, group.id, 'Dear all')
  const message = await api.untilMessage(
    sent.threadId,
    sent.messageId,
    ({ receipts }) =>
      receipts.length === members.length &&
      receipts.filter(receipt => receipt.readAt !== null).length === members.length - 1
  )
  expect(message.receipts.every(receipt => receipt.deliveredAt !== null)).toBe(true)
  const unread = message.receipts.filter(receipt => receipt.readAt === null)
  expect([silent!.jid, silent!.lid]).toContain(unread[0]!.recipient)
  expect(message.status).toBe(members.length > 1 ? 'read' : 'delivered')
})

test('what members confirmed meanwhile comes in one receipt by message, and counts for each of them', async () => {
  const { api } = shared()
  const { accountId, phone } = await linked()
  const group = phone.groups[0]!
  const members = phone.contacts.filter(contact => group.members.has(contact))
  const [silent] = members
  silent!.readsAutomatically = false
  await api.command(accountId, 'disconnect')
  await shared().simulator.until(() => phone.devices.every(({ queue }) => !queue.connected))
  const sent = [await phone.send({ to: group, text: 'one' }), await phone.send({ to: group, text: 'two' })]
  const receipts = phone.offlineQueue().filter(({ kind }) => kind === 'receipt')
  expect(receipts.map(({ participant, type }) => [participant, type])).toEqual([
    [undefined, undefined],
    [undefined, 'read']
  ])
  await api.command(accountId, 'connect')
  const { threadId } = await threadOf(accountId, [group.id])
  for (const { id } of sent) {
    const { receipts: confirmed } = await api.untilMessage(
      threadId,
      `${id}_me`,
      one =>
        one.receipts.length === members.length &&
        one.receipts.filter(({ readAt }) => readAt !== null).length === members.length - 1
    )
    expect(confirmed.every(({ deliveredAt }) => deliveredAt !== null)).toBe(true)
    const unread = confirmed.filter(({ readAt }) => readAt === null)
    expect([silent!.jid, silent!.lid]).toContain(unread[0]!.recipient)
  }
  await shared().simulator.until(() => phone.offlineQueue().length === 0)
})

test('subscribers hear of everything in order, and continue where they stopped', async () => {
  const { api, simulator } = shared()
  const { accountId, phone } = await linked(0)
  const contact = phone.contacts[0]!
  const first = await api.subscribe(`?accountId=${accountId}`)
  const { id } = await phone.receive({ from: contact, text: 'news' })
  await api.until('the event', async () => first.seen.find(event => event.messageId === `${id}_them`))
  first.stop()
  const stored = first.seen.find(event => event.messageId === `${id}_them`)!
  expect(stored).toMatchObject({ kind: 'message.stored', accountId })
  expect((await api.message(stored.threadId, stored.messageId!)).body).toBe('news')

  const missed = await phone.receive({ from: contact, text: 'while nobody listened' })
  await simulator.until(() => phone.truth().offlineQueue.length === 0)
  const second = await api.subscribe(`?accountId=${accountId}&after=${first.seen.at(-1)!.eventId}`)
  await api.until('the missed event', async () =>
    second.seen.find(event => event.messageId === `${missed.id}_them`)
  )
  second.stop()
  const ids = [...first.seen, ...second.seen].map(event => event.eventId)
  expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b))
})

test('only an admin of the group deletes what others wrote', async () => {
  const { accountId, phone } = await linked()
  const group = phone.groups[0]!
  const [writer, intruder] = phone.contacts.filter(contact => group.members.has(contact))
  const { threadId } = await threadOf(accountId, [group.id])
  const first = await phone.receive({ from: writer!, group, text: 'to be kept' })
  const revoke = (id: string) => ({
    protocolMessage: {
      type: 0,
      key: { remoteJid: group.id, fromMe: false, id, participant: writer!.jid }
    }
  })
  await phone.receive({ from: intruder!, group, message: revoke(first.id) })
  await phone.receive({ from: intruder!, group, text: 'afterwards' })
  await untilFound(threadId, 'what came afterwards', message => message.body === 'afterwards')
  expect(await untilFound(threadId, 'the message', message => message.whatsAppId === first.id)).toMatchObject(
    {
      type: 'text',
      body: 'to be kept'
    }
  )

  phone.changeGroup(group, { promote: [intruder!] })
  await untilFound(threadId, 'the promotion', message => message.event?.kind === 'promote')
  const second = await phone.receive({ from: writer!, group, text: 'to be deleted' })
  await phone.receive({ from: intruder!, group, message: revoke(second.id) })
  await untilFound(
    threadId,
    'the deletion',
    message => message.whatsAppId === second.id && message.type === 'revoked'
  )
})
