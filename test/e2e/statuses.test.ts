// Statuses where they are kept, through HTTP; and the chats of which the phone is never asked for older messages.
import { beforeAll, describe, expect, test } from 'vitest'
import type { Message } from '../../src/domain/message.ts'
import type { Phone } from '../../simulator/phone.ts'
import type { Account } from '../../simulator/state/account.ts'
import { sharedInProcessStage } from './stage.ts'

const shared = sharedInProcessStage({ WHATSAPP_KEEP_STATUSES: 'true' })

interface Linked {
  readonly phone: Phone
  readonly accountId: string
  readonly ann: Account
  readonly ben: Account
  /** What was posted before this server was linked. */
  readonly early: { readonly id: string }
  readonly statuses: string
}
let linked: Linked

beforeAll(async () => {
  const { api, simulator } = shared()
  const phone = simulator.createPhone({ history: { chats: 3, messages: 12, groupsShare: 0 }, name: 'Shop' })
  const [ann, ben] = phone.contacts as [Account, Account]
  const early = await phone.receiveStatus({ from: ann, text: 'before the link' })
  const { accountId } = await shared().linkedTo(phone)
  const { threadId } = await api.until('the statuses', async () =>
    (await api.threads(accountId)).find(({ kind }) => kind === 'status')
  )
  linked = { phone, accountId, ann, ben, early, statuses: threadId }
})

const messageNamed = (threadId: string, id: string, wanted: (message: Message) => boolean = () => true) =>
  shared().api.until(`message ${id}`, async () => {
    const { messages } = await shared().api.messagePage(threadId, 'limit=100')
    return messages.find(message => message.whatsAppId === id && wanted(message))
  })

const untilConfirmed = () => shared().simulator.until(() => linked.phone.offlineQueue().length === 0)

const addressesOf = ({ jid, lid }: Account) => expect.stringMatching(new RegExp(`^(${jid}|${lid})$`))

describe('kept statuses', () => {
  test('are one thread of their own, with those of the history', async () => {
    const { accountId, ann, early, statuses } = linked
    const { body } = await shared().api.request('GET', `/v1/accounts/${accountId}/threads?kind=status`)
    expect(body).toMatchObject({
      threads: [
        {
          threadId: statuses,
          kind: 'status',
          clientJid: 'status@broadcast',
          unreadCount: 0,
          ephemeralSeconds: 86_400
        }
      ]
    })
    expect(await messageNamed(statuses, early.id)).toMatchObject({
      body: 'before the link',
      direction: 'inbound',
      sender: addressesOf(ann)
    })
    expect(await messageNamed(statuses, '3ASTATUS1')).toMatchObject({ status: 'received' })
  })

  test('come in both forms, in order and each with its sender, are acknowledged and never unread', async () => {
    const { api, simulator } = shared()
    const { accountId, ann, ben, phone, statuses } = linked
    const { lastDisconnect } = await api.account(accountId)
    const refusals: Array<unknown> = []
    const stop = simulator.events.on(({ detail, name }) => {
      if (name === 'refused') refusals.push(detail)
    })
    const posted = new Map<string, Account>()
    for (const statusStanzas of [true, false]) {
      phone.account.statusStanzas = statusStanzas
      for (const from of [ann, ben, ann, ben])
        posted.set((await phone.receiveStatus({ from, text: `by ${from.pushName}` })).id, from)
    }
    const fault = phone.fault({ kind: 'corruptMessages' })
    const broken = await phone.receiveStatus({ from: ann, text: 'unreadable' })
    fault.clear()
    const after = await phone.receiveStatus({ from: ann, text: 'readable again' })
    await untilConfirmed()
    stop()

    for (const [id, from] of posted) {
      expect(await messageNamed(statuses, id)).toMatchObject({
        body: `by ${from.pushName}`,
        sender: addressesOf(from),
        senderName: from.pushName,
        messageId: expect.not.stringMatching(/_them$/)
      })
    }
    expect(await messageNamed(statuses, broken.id)).toMatchObject({ type: 'undecryptable', body: null })
    expect(await messageNamed(statuses, after.id)).toMatchObject({ body: 'readable again' })
    expect(refusals).toEqual([])
    expect(await api.account(accountId)).toMatchObject({
      tags: expect.arrayContaining(['online']),
      lastDisconnect
    })
    expect(await api.thread(statuses)).toMatchObject({ unreadCount: 0 })
  })

  test('of the owner have views and reactions; those of others are revoked by their poster alone', async () => {
    const { ann, ben, phone, statuses } = linked
    const own = await phone.postStatus({ text: 'open today' })
    await phone.receiveStatus({ from: ann, react: own.id, text: '💚' })
    const seen = await messageNamed(
      statuses,
      own.id,
      ({ reactions, status }) => reactions.length > 0 && status === 'read'
    )
    expect(seen).toMatchObject({
      direction: 'outbound',
      sender: null,
      body: 'open today',
      reactions: [{ emoji: '💚', sender: addressesOf(ann) }]
    })
    const of = await shared().api.message(statuses, seen.messageId)
    expect(of).toMatchObject({
      receipts: expect.arrayContaining([expect.objectContaining({ readAt: expect.any(Number) })])
    })

    const mistake = await phone.receiveStatus({ from: ann, text: 'a mistake' })
    await phone.receiveStatus({ from: ben, revoke: mistake.id })
    await phone.postStatus({ react: mistake.id, text: '😮' })
    expect(await messageNamed(statuses, mistake.id, ({ reactions }) => reactions.length > 0)).toMatchObject({
      body: 'a mistake',
      reactions: [{ emoji: '😮', sender: 'me' }]
    })
    await phone.receiveStatus({ from: ann, revoke: mistake.id })
    await phone.postStatus({ revoke: own.id })
    for (const id of [mistake.id, own.id])
      expect(await messageNamed(statuses, id, ({ type }) => type === 'revoked')).toMatchObject({ body: null })
  })

  test('are what replies point to', async () => {
    const { api } = shared()
    const { accountId, ann, phone, statuses } = linked
    const own = await phone.postStatus({ text: 'new hours' })
    const { messageId } = await messageNamed(statuses, own.id)
    const reply = await phone.receive({
      from: ann,
      text: 'until when?',
      quote: { id: own.id, in: 'status', said: 'new hours' }
    })
    const posted = await phone.receiveStatus({ from: ann, text: 'at sea' })
    const answer = await phone.send({
      to: ann,
      text: 'nice',
      quote: { id: posted.id, in: 'status', said: 'at sea' }
    })
    const kept = await messageNamed(statuses, posted.id)
    const { threadId } = await api.until('the thread', async () =>
      (await api.threads(accountId)).find(({ clientJid }) => [ann.jid, ann.lid].includes(clientJid))
    )
    const points = (to: string, excerpt: string) => ({
      quotedMessageId: null,
      quoted: { threadId: statuses, messageId: to, excerpt, isStatus: true }
    })
    expect(await messageNamed(threadId, reply.id)).toMatchObject(points(messageId, 'new hours'))
    expect(await messageNamed(threadId, answer.id)).toMatchObject(points(kept.messageId, 'at sea'))
    const missing = await phone.receive({
      from: ann,
      text: 'and this?',
      quote: { id: '3AGONE', in: 'status', said: 'long gone' }
    })
    expect(await messageNamed(threadId, missing.id)).toMatchObject({
      quoted: { messageId: null, excerpt: 'long gone', isStatus: true }
    })
  })

  test('are read without telling anybody, and nothing can be sent to them', async () => {
    const { api } = shared()
    const { accountId, ann, phone, statuses } = linked
    const { id } = await phone.receiveStatus({ from: ann, text: 'look' })
    const { messageId } = await messageNamed(statuses, id)
    const read = await api.request('POST', `/v1/threads/${encodeURIComponent(statuses)}/read`)
    expect(read.body).toMatchObject({ unreadCount: 0 })
    for (const content of [{ text: 'Hello?' }, { reaction: { messageId, emoji: '👍' } }]) {
      const refused = await api.request('POST', `/v1/accounts/${accountId}/messages`, {
        threadId: statuses,
        ...content
      })
      expect(refused).toMatchObject({ status: 400 })
    }
    await phone.receive({ from: ann, text: 'after it' })
    await untilConfirmed()
    expect(phone.truth().readByDevices).toEqual([])
  })
})

test('the phone is asked for older messages of people and groups only: not of bots, channels and statuses', async () => {
  const { api } = shared()
  const { accountId, phone, statuses } = linked
  const question = await phone.askBot('What is the tide?')
  phone.receiveBotAnswer({ to: question.id, text: 'Low' })
  const channel = '120363000000000011@newsletter'
  phone.receivePost({ channel, name: 'The Daily', message: { conversation: 'News' } })
  const unasked = await api.until('the threads', async () => {
    const threads = await api.threads(accountId)
    const others = threads.filter(({ clientJid }) => /@(bot|newsletter|broadcast)$/.test(clientJid))
    return others.length === 3 ? others.map(({ threadId }) => threadId) : undefined
  })
  expect(unasked).toContain(statuses)
  const requests = () =>
    phone.truth().peerRequests.filter(({ type }) => type === 'HISTORY_SYNC_ON_DEMAND').length
  const before = requests()
  for (const threadId of unasked) {
    const { jobId } = await api.backfill(accountId, { threadId })
    expect(await api.untilJob(accountId, jobId)).toMatchObject({ status: 'done', parts: 0 })
  }
  expect(requests()).toBe(before)
  const { jobId } = await api.backfill(accountId, { count: 10 })
  const { tasks } = await api.untilJob(accountId, jobId)
  expect(tasks.map(({ threadId }) => threadId).filter(threadId => unasked.includes(threadId))).toEqual([])
  const { coverage } = await api.untilAccount(
    accountId,
    'the end of the backfill',
    ({ state }) => state === 'open'
  )
  const threads = await api.threads(accountId)
  expect(coverage.complete + coverage.partial + coverage.unknown).toBe(threads.length - unasked.length)
})
