// Everything that WhatsApp sends in late 2026 is kept, told, or acknowledged, through HTTP: fields that are newer than the generated
// classes, statuses, stanzas nobody knows, channels, answers to businesses.
import { proto } from '@whiskeysockets/baileys'
import { describe, expect, test } from 'vitest'
import type { Account } from '../../simulator/state/account.ts'
import type { Phone } from '../../simulator/phone.ts'
import { sharedInProcessStage } from './stage.ts'

const shared = sharedInProcessStage()

const SMALL = { history: { chats: 2, messages: 8, groupsShare: 0 } }

const threadOf = (accountId: string, { jid, lid }: Pick<Account, 'jid' | 'lid'>) =>
  shared().api.until('the thread', async () =>
    (await shared().api.threads(accountId)).find(thread => [jid, lid].includes(thread.clientJid))
  )

const messageNamed = (threadId: string, id: string) =>
  shared().api.until(`message ${id}`, async () => {
    const { messages } = await shared().api.messagePage(threadId, 'limit=100')
    return messages.find(({ whatsAppId }) => whatsAppId === id)
  })

/** Waits until WhatsApp has nothing left to deliver. */
const untilConfirmed = (phone: Phone) => shared().simulator.until(() => phone.offlineQueue().length === 0)

const unsupportedIncidents = async () => {
  const { body } = await shared().api.request('GET', '/v1/incidents?limit=100')
  const { incidents } = body as { incidents: ReadonlyArray<{ kind: string; subject: string; count: number }> }
  return new Map(
    incidents
      .filter(({ kind }) => kind === 'message.unsupportedKind')
      .map(({ count, subject }) => [subject, count])
  )
}

const song = [{ field: 129, value: Buffer.from('a song') }]
const poll = proto.Message.PollCreationMessage.encode({
  name: 'Where?',
  options: [{ optionName: 'Sea' }, { optionName: 'Hills' }],
  selectableOptionsCount: 1
}).finish()
const spoiler = proto.Message.FutureProofMessage.encode({ message: { conversation: 'He did it' } }).finish()

describe('fields that are newer than the generated classes', () => {
  test('are kept, live and from history, and reported once with their number', async () => {
    const { api, simulator } = shared()
    const phone = simulator.createPhone({ ...SMALL, name: 'Newer' })
    const [ann, ben] = phone.contacts
    // Before this server is linked: it comes in the history.
    const early = await phone.receive({ from: ann!, message: {}, newer: song })
    const { accountId } = await shared().linkedTo(phone)
    const { threadId } = await threadOf(accountId, ann!)
    const live = await phone.receive({ from: ann!, message: {}, newer: song })
    const own = await phone.send({ to: ann!, message: {}, newer: song })
    const asked = await phone.receive({ from: ben!, message: {}, newer: [{ field: 119, value: poll }] })
    const hidden = await phone.receive({ from: ben!, message: {}, newer: [{ field: 118, value: spoiler }] })

    for (const { id } of [early, live, own])
      expect(await messageNamed(threadId, id)).toMatchObject({ type: 'unsupported:field129', body: null })
    const { threadId: ofBen } = await threadOf(accountId, ben!)
    expect(await messageNamed(ofBen, asked.id)).toMatchObject({
      type: 'poll',
      poll: { question: 'Where?', options: [{ name: 'Sea' }, { name: 'Hills' }] }
    })
    expect(await messageNamed(ofBen, hidden.id)).toMatchObject({ type: 'text', body: 'He did it' })

    const reported = await api.until('the incident', async () => {
      const incidents = await unsupportedIncidents()
      return incidents.has('field129') ? incidents : undefined
    })
    expect(reported).toEqual(new Map([['field129', 1]]))
    const { key, url } = shared().server
    const metrics = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${key}` } })
    // What history brings again counts again.
    expect(await metrics.text()).toMatch(/^backscroll_messages_unsupported_total\{kind="field129"\} [3-9]/m)
  })
})

test('answers to buttons, lists, templates and flows carry their ids and parameters', async () => {
  const { accountId, phone } = await shared().linked(SMALL)
  const [ann] = phone.contacts
  const { threadId } = await threadOf(accountId, ann!)
  const answers: ReadonlyArray<readonly [proto.IMessage, object]> = [
    [
      { buttonsResponseMessage: { selectedButtonId: 'b-1', selectedDisplayText: 'Yes' } },
      { kind: 'button', id: 'b-1', title: 'Yes', parameters: null }
    ],
    [
      { listResponseMessage: { title: 'Large', singleSelectReply: { selectedRowId: 'row-32' } } },
      { kind: 'list', id: 'row-32', title: 'Large', parameters: null }
    ],
    [
      { templateButtonReplyMessage: { selectedId: 't-9', selectedDisplayText: 'Track' } },
      { kind: 'template', id: 't-9', title: 'Track', parameters: null }
    ],
    [
      {
        interactiveResponseMessage: {
          body: { text: 'Friday' },
          nativeFlowResponseMessage: { name: 'book', paramsJson: '{"day":"fri"}' }
        }
      },
      { kind: 'flow', id: 'book', title: 'Friday', parameters: '{"day":"fri"}' }
    ]
  ]
  for (const [message, answer] of answers) {
    const { id } = await phone.receive({ from: ann!, message })
    expect(await messageNamed(threadId, id)).toMatchObject({ type: 'text', answer })
  }
})

test('what phones show between the messages is an event, and what only the phone shows says so', async () => {
  const { accountId, phone } = await shared().linked(SMALL)
  const [ann] = phone.contacts
  const { threadId, unreadCount } = await threadOf(accountId, ann!)
  const { id: pinned } = await phone.receive({ from: ann!, text: 'The address is 7 Harbour Road' })
  const key = { id: pinned, fromMe: true, remoteJid: ann!.jid }
  const { Type } = proto.Message.ProtocolMessage
  const events: ReadonlyArray<readonly [proto.IMessage, object]> = [
    [
      {
        pinInChatMessage: { key, type: 1 },
        messageContextInfo: { messageAddOnDurationInSecs: 86_400 }
      },
      { event: { kind: 'pin', value: '86400' }, quotedWhatsAppId: pinned }
    ],
    [{ keepInChatMessage: { key, keepType: 1 } }, { event: { kind: 'keep' }, quotedWhatsAppId: pinned }],
    [{ requestPhoneNumberMessage: {} }, { event: { kind: 'numberRequested' } }],
    [{ protocolMessage: { type: Type.SHARE_PHONE_NUMBER } }, { event: { kind: 'numberShared' } }],
    [
      { messageHistoryNotice: { messageHistoryMetadata: { messageCount: 12 } } },
      { event: { kind: 'historyShared', value: '12' } }
    ],
    [
      { statusMentionMessage: { message: { protocolMessage: { type: Type.STATUS_MENTION_MESSAGE } } } },
      { event: { kind: 'statusMention' } }
    ]
  ]
  for (const [message, shown] of events) {
    const { id } = await phone.receive({ from: ann!, message })
    expect(await messageNamed(threadId, id)).toMatchObject({ type: 'system', ...shown })
  }
  const { id } = await phone.receive({ from: ann!, message: { placeholderMessage: { type: 0 } } })
  expect(await messageNamed(threadId, id)).toMatchObject({
    type: 'undecryptable',
    statusReason: 'WhatsApp shows this message on the phone only'
  })
  expect(await shared().api.thread(threadId)).toMatchObject({ unreadCount: unreadCount + 2 })
})

describe('what belongs to no conversation never holds up what does', () => {
  test('statuses are acknowledged in both forms, also those that cannot be decrypted, and nothing is refused', async () => {
    const { api, simulator } = shared()
    const { accountId, phone } = await shared().linked(SMALL)
    const [ann] = phone.contacts
    const { threadId } = await threadOf(accountId, ann!)
    const { lastDisconnect } = await api.account(accountId)
    const refusals: Array<unknown> = []
    const stop = simulator.events.on(({ detail, name }) => {
      if (name === 'refused') refusals.push(detail)
    })
    for (let n = 0; n < 6; n += 1) await phone.receiveStatus({ from: ann!, text: `status ${n}` })
    await untilConfirmed(phone)
    phone.account.statusStanzas = false
    const fault = phone.fault({ kind: 'corruptMessages' })
    await phone.receiveStatus({ from: ann!, text: 'unreadable' })
    fault.clear()
    const { id } = await phone.receive({ from: ann!, text: 'after the statuses' })
    expect(await messageNamed(threadId, id)).toMatchObject({ body: 'after the statuses' })
    await untilConfirmed(phone)
    stop()

    expect(refusals).toEqual([])
    expect(await api.account(accountId)).toMatchObject({
      tags: expect.arrayContaining(['online']),
      lastDisconnect
    })
    const bodies = (await api.messagePage(threadId, 'limit=100')).messages.map(({ body }) => body)
    expect(bodies.filter(body => body?.startsWith('status'))).toEqual([])
  })

  test('stanzas and notifications that nobody knows are acknowledged and reported once', async () => {
    const { accountId, phone } = await shared().linked(SMALL)
    const from = phone.contacts[0]!.jid
    const { lastDisconnect } = await shared().api.account(accountId)
    for (let n = 0; n < 2; n += 1) phone.receiveStanza({ tag: 'hologram', attrs: { from, type: 'wave' } })
    phone.receiveStanza({ tag: 'notification', attrs: { from: 's.whatsapp.net', type: 'teleport' } })
    phone.receiveStanza({ tag: 'message', attrs: { from: '7@elsewhere', type: 'text', t: '1' } })
    await untilConfirmed(phone)
    const reported = await shared().api.until('the incidents', async () => {
      const incidents = await unsupportedIncidents()
      return incidents.has('address:elsewhere') ? incidents : undefined
    })
    expect(reported.get('stanza:hologram')).toBe(1)
    expect(reported.get('notification:teleport')).toBe(1)
    expect(await shared().api.account(accountId)).toMatchObject({
      tags: expect.arrayContaining(['online']),
      lastDisconnect
    })
  })
})

test('new keys and new devices of somebody unknown are acknowledged while WhatsApp refuses to say who that is', async () => {
  const { simulator } = shared()
  const { phone } = await shared().linked(SMALL)
  await untilConfirmed(phone)
  const { jid: from } = simulator.createContact({ name: 'Stranger' })
  const refusing = phone.fault({ kind: 'refuseQueries', xmlns: 'usync', error: 429 })
  phone.receiveStanza({
    tag: 'notification',
    attrs: { from, type: 'encrypt' },
    content: [{ tag: 'identity', attrs: {} }]
  })
  phone.receiveStanza({
    tag: 'notification',
    attrs: { from, type: 'devices' },
    content: [{ tag: 'remove', attrs: {}, content: [{ tag: 'device', attrs: { jid: from } }] }]
  })
  await untilConfirmed(phone)
  refusing.clear()
})

test.each([
  { what: 'refuses', fault: { kind: 'refuseQueries', xmlns: 'usync', error: 429 } as const },
  { what: 'does not answer', fault: { kind: 'ignoreQueries', xmlns: 'usync' } as const }
])(
  'a message of somebody unknown is stored when WhatsApp $what who that is, and holds up nobody',
  async ({ fault }) => {
    const { api, simulator } = shared()
    const { accountId, phone } = await shared().linked(SMALL)
    await untilConfirmed(phone)
    const stranger = simulator.createContact({ name: 'Stranger' })
    const unanswered = phone.fault(fault)
    const texts = ['by my number alone', 'and again']
    for (const text of texts) await phone.receive({ from: stranger, text, bare: true })
    await phone.receive({ from: phone.contacts[0]!, text: 'from a friend' })
    await untilConfirmed(phone)
    unanswered.clear()
    const bodies = await api.until('the messages', async () => {
      const threads = await api.threads(accountId)
      const pages = await Promise.all(threads.map(({ threadId }) => api.messagePage(threadId, 'limit=20')))
      const found = pages.flatMap(({ messages }) => messages.map(({ body }) => body))
      return [...texts, 'from a friend'].every(text => found.includes(text)) ? found : undefined
    })
    expect(bodies.filter(body => texts.includes(body ?? ''))).toHaveLength(2)
  }
)

test('a message whose sender had no LID when it came is known when it comes again, and is not refused', async () => {
  const { simulator } = shared()
  const { phone } = await shared().linked(SMALL)
  await untilConfirmed(phone)
  const refused: Array<unknown> = []
  const stop = simulator.events.on(({ detail, name }) => {
    if (name === 'refused') refused.push(detail)
  })
  const stranger = simulator.createContact({ name: 'Stranger' })
  phone.fault({ kind: 'refuseQueries', xmlns: 'usync', error: 429 }, { times: 1 })
  // The connection ends before WhatsApp has the receipt.
  phone.fault({ kind: 'dropOnReceived', count: 1, handled: false, sent: 'receipt inactive' }, { times: 1 })
  phone.fault({ kind: 'dropOnReceived', count: 1, handled: false, sent: 'receipt' }, { times: 1 })
  const { id } = await phone.receive({ from: stranger, text: 'twice on its way', bare: true })
  await untilConfirmed(phone)
  stop()
  expect(phone.truth().delivered.find(message => message.id === id)?.times).toBeGreaterThan(1)
  expect(refused).toEqual([])
})

test('channels are threads of their own kind: posts, edits and deletions in both forms', async () => {
  const { api } = shared()
  const { accountId, phone } = await shared().linked(SMALL)
  const channel = '120363000000000009@newsletter'
  const posted = phone.receivePost({
    channel,
    name: 'The Daily',
    message: { conversation: 'First news' }
  })
  const { threadId } = await threadOf(accountId, { jid: channel, lid: channel })
  await messageNamed(threadId, posted.id)
  const live = phone.receivePost({ channel, message: { conversation: 'Second news' }, live: true })
  phone.receivePost({ channel, id: posted.id, message: { conversation: 'First, mended' }, change: 'edit' })
  phone.receivePost({ channel, id: posted.id, change: 'reactions', live: true })
  const deleted = phone.receivePost({ channel, message: { conversation: 'A mistake' } })
  phone.receivePost({ channel, id: deleted.id, change: 'delete' })
  await untilConfirmed(phone)

  await api.until('the deletion', async () => {
    const { messages } = await api.messagePage(threadId, 'limit=10')
    return messages.find(({ type, whatsAppId }) => whatsAppId === deleted.id && type === 'revoked')
  })
  expect(await messageNamed(threadId, posted.id)).toMatchObject({
    body: 'First, mended',
    edits: [{ body: 'First news' }],
    direction: 'inbound',
    sender: channel
  })
  expect(await messageNamed(threadId, live.id)).toMatchObject({ body: 'Second news' })
  await api.until('its name', async () => (await api.thread(threadId)).displayName === 'The Daily')
  const { body } = await api.request('GET', `/v1/accounts/${accountId}/threads?kind=channel`)
  expect(body).toMatchObject({ threads: [{ threadId, kind: 'channel', unreadCount: 3 }] })

  // Reading it is told to nobody, and nobody can write to it.
  const read = await api.request('POST', `/v1/threads/${encodeURIComponent(threadId)}/read`)
  expect(read.body).toMatchObject({ unreadCount: 0 })
  const answer = { threadId, text: 'Hello?' }
  const refused = await api.request('POST', `/v1/accounts/${accountId}/messages`, answer)
  expect(refused).toMatchObject({ status: 400 })
  expect(phone.truth().receipts.filter(({ chatJid }) => chatJid === channel)).toEqual([])
})
