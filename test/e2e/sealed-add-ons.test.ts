// What people add to messages in the sealed form that WhatsApp uses since 2026, through HTTP: edits of every kind, reactions,
// comments, answers, votes; from contacts, in groups under both addressings, and from the owner's phone.
import { beforeAll, expect, test } from 'vitest'
import type { Message } from '../../src/domain/message.ts'
import type { Phone } from '../../simulator/phone.ts'
import { META_AI } from '../../simulator/protocol/messages/bots.ts'
import { sharedInProcessStage } from './stage.ts'

const shared = sharedInProcessStage()
let accountId: string
let phone: Phone

beforeAll(async () => {
  ;({ accountId, phone } = await shared().linked({ history: { chats: 3, messages: 12, groupsShare: 0 } }))
})

const untilFound = (what: string, threadId: string, wanted: (message: Message) => boolean) =>
  shared().api.until(what, async () => {
    const { messages } = await shared().api.messagePage(threadId, 'limit=100')
    return messages.find(wanted)
  })

const threadOf = (jids: ReadonlyArray<string>) =>
  shared().api.until('the thread', async () =>
    (await shared().api.threads(accountId)).find(thread => jids.includes(thread.clientJid))
  )

const messagesOf = async (threadId: string) =>
  (await shared().api.messagePage(threadId, 'limit=100')).messages

test.each(['lid', 'pn'] as const)(
  'edits by a contact and by the owner replace the text in a chat addressed by %s; nothing else becomes unread',
  async addressing => {
    const contact = phone.contacts[addressing === 'lid' ? 0 : 1]!
    contact.addressing = addressing
    const { threadId } = await threadOf([contact.jid, contact.lid])
    await phone.markRead(contact)
    const theirs = await phone.receive({ from: contact, text: 'price is 10' })
    await phone.receive({ from: contact, edit: theirs.id, text: 'price is 20' })
    // The second is sealed with the secret that the first one brought.
    await phone.receive({ from: contact, edit: theirs.id, text: 'price is 30' })
    const edited = await untilFound('the edit', threadId, ({ body }) => body === 'price is 30')
    expect(edited).toMatchObject({ whatsAppId: theirs.id, type: 'text', unreadableAddOns: 0 })
    expect(edited.edits.map(({ body }) => body)).toEqual(['price is 10', 'price is 20'])

    const ours = await phone.send({ to: contact, text: 'deal' })
    await phone.send({ to: contact, edit: ours.id, text: 'deal!' })
    const own = await untilFound('the owner’s edit', threadId, ({ body }) => body === 'deal!')
    expect(own).toMatchObject({ whatsAppId: ours.id, direction: 'outbound', edits: [{ body: 'deal' }] })
    expect((await messagesOf(threadId)).map(({ type }) => type)).not.toContainEqual(
      expect.stringContaining('unsupported')
    )
  }
)

test.each(['lid', 'pn'] as const)(
  'in a group addressed by %s: reactions, comments, answers, added options and votes, and unread counts messages only',
  async addressing => {
    const [ann, bob] = [phone.contacts[0]!, phone.contacts[1]!]
    const group = phone.createGroup(`Sealed ${addressing}`, [ann, bob], { addressing })
    const post = await phone.receive({ from: ann, group, text: 'a post' })
    await phone.receive({ from: bob, group, react: post.id, text: '👍', sealed: true })
    const comment = await phone.receive({ from: bob, group, comment: post.id, text: 'a comment' })
    await phone.receive({ from: ann, group, react: comment.id, text: '🎉', sealed: true })
    const event = await phone.receive({
      from: ann,
      group,
      message: { eventMessage: { name: 'Picnic', startTime: 1_800_000_000 } }
    })
    await phone.receive({ from: bob, group, respond: event.id, response: 'maybe' })
    await phone.receive({ from: bob, group, respond: event.id, response: 'going', extraGuests: 2 })
    await phone.send({ to: group, respond: event.id, response: 'notGoing' })
    await phone.receive({
      from: ann,
      group,
      edit: event.id,
      message: { eventMessage: { name: 'Picnic at the lake', startTime: 1_800_000_000 } }
    })
    const poll = await phone.send({
      to: group,
      message: { pollCreationMessageV3: { name: 'Where?', options: [{ optionName: 'Sea' }] } }
    })
    await phone.receive({ from: bob, group, addOption: poll.id, option: 'Hills' })
    await phone.receive({ from: ann, group, vote: poll.id, options: ['Hills'] })
    await phone.send({
      to: group,
      edit: poll.id,
      message: {
        pollCreationMessageV3: {
          name: 'Where to?',
          options: [{ optionName: 'Sea' }, { optionName: 'Hills' }]
        }
      }
    })

    const { threadId } = await threadOf([group.id])
    const found = await untilFound(
      'the edited poll',
      threadId,
      ({ edits, poll: shown }) =>
        shown?.question === 'Where to?' && edits.length === 2 && shown.options[1]?.voters.length === 1
    )
    expect(found.poll?.options).toMatchObject([
      { name: 'Sea', voters: [] },
      { name: 'Hills', voters: [expect.any(String)] }
    ])
    expect(found.edits.map(({ body }) => body)).toEqual(['Where?\n• Sea', 'Where?\n• Sea\n• Hills'])
    const all = await messagesOf(threadId)
    const byId = (id: string) => all.find(({ whatsAppId }) => whatsAppId === id)
    const posted = byId(post.id)!
    expect(posted.reactions.map(({ emoji }) => emoji)).toEqual(['👍'])
    expect(byId(comment.id)).toMatchObject({
      type: 'text',
      body: 'a comment',
      direction: 'inbound',
      quotedWhatsAppId: post.id,
      quotedMessageId: posted.messageId,
      reactions: [{ emoji: '🎉' }]
    })
    const shown = byId(event.id)!
    expect(shown.body).toContain('Picnic at the lake')
    expect(shown.edits).toHaveLength(1)
    const answers = shown.eventResponses.map(({ extraGuests, response, sender }) => [
      sender === 'me',
      response,
      extraGuests
    ])
    expect(answers).toHaveLength(2)
    expect(answers).toEqual(
      expect.arrayContaining([
        [false, 'going', 2],
        [true, 'notGoing', 0]
      ])
    )
    const visible = all.filter(({ type }) => type !== 'system')
    expect(visible.map(({ whatsAppId }) => whatsAppId).toSorted()).toEqual(
      [post.id, comment.id, event.id, poll.id].toSorted()
    )
    expect((await shared().api.thread(threadId)).unreadCount).toBe(3)
  }
)

test('a caption is edited, and the file stays; votes in a poll that the owner made on the phone are opened', async () => {
  const contact = phone.contacts[2]!
  const { threadId } = await threadOf([contact.jid, contact.lid])
  const image = shared().simulator.fileMessage({
    kind: 'image',
    bytes: Buffer.from('an image'),
    mimetype: 'image/jpeg',
    caption: 'a caption'
  })
  const { id } = await phone.receive({ from: contact, message: image })
  await phone.receive({ from: contact, edit: id, text: 'a better caption' })
  const edited = await untilFound('the caption', threadId, ({ body }) => body === 'a better caption')
  expect(edited).toMatchObject({ whatsAppId: id, type: 'image', edits: [{ body: 'a caption' }] })
  expect(edited.media).toMatchObject({ mimeType: 'image/jpeg', size: 8 })

  const poll = await phone.send({
    to: contact,
    message: { pollCreationMessage: { name: 'Tea?', options: [{ optionName: 'Yes' }, { optionName: 'No' }] } }
  })
  await phone.receive({ from: contact, vote: poll.id, options: ['Yes'] })
  const voted = await untilFound(
    'the vote',
    threadId,
    ({ poll: shown }) => shown?.options[0]?.voters.length === 1
  )
  expect(voted.whatsAppId).toBe(poll.id)
})

test('an older version of WhatsApp still edits in the open', async () => {
  const contact = phone.contacts[2]!
  const { threadId } = await threadOf([contact.jid, contact.lid])
  contact.habits.sealsEdits = false
  const { id } = await phone.receive({ from: contact, text: 'in the open' })
  await phone.receive({ from: contact, edit: id, text: 'all in the open' })
  contact.habits.sealsEdits = true
  const edited = await untilFound('the edit', threadId, ({ body }) => body === 'all in the open')
  expect(edited.edits).toMatchObject([{ body: 'in the open' }])
})

test('what we send can be reacted to in sealed form, and what cannot be opened is counted on its message', async () => {
  const { api, simulator } = shared()
  const contact = phone.contacts[2]!
  const sent = await api.send(accountId, contact.jid, 'from the server')
  await simulator.until(() => phone.truth().received.some(({ text }) => text === 'from the server'))
  const { whatsAppId } = await api.message(sent.threadId, sent.messageId)
  await phone.receive({ from: contact, react: whatsAppId, text: '❤️', sealed: true })
  const reacted = await untilFound(
    'the reaction',
    sent.threadId,
    ({ reactions }) => reactions[0]?.emoji === '❤️'
  )
  expect(reacted.messageId).toBe(sent.messageId)

  await phone.markRead(contact)
  const bad = { encPayload: Buffer.alloc(40, 1), encIv: Buffer.alloc(12, 1) }
  const key = { id: whatsAppId, fromMe: false, remoteJid: contact.jid }
  await phone.receive({ from: contact, message: { encReactionMessage: { targetMessageKey: key, ...bad } } })
  // Newer than this server: it does not know the use case.
  const unknownType: number = 77
  await phone.receive({
    from: contact,
    message: { secretEncryptedMessage: { targetMessageKey: key, ...bad, secretEncType: unknownType } }
  })
  const counted = await untilFound(
    'the count',
    sent.threadId,
    ({ unreadableAddOns }) => unreadableAddOns === 2
  )
  expect(counted).toMatchObject({ messageId: sent.messageId, reactions: [{ emoji: '❤️' }] })
  const [newest] = await messagesOf(sent.threadId)
  expect(newest?.messageId).toBe(sent.messageId)
  expect((await api.thread(sent.threadId)).unreadCount).toBe(0)
  const { key: apiKey, url } = shared().server
  const metrics = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${apiKey}` } })
  const lines = (await metrics.text()).split('\n')
  for (const kind of ['reaction', 'unknown'])
    expect(lines).toContain(`backscroll_add_ons_total{kind="${kind}",outcome="unreadable"} 1`)
})

test('add-ons that came while the server was away, or before the content of their message, are applied', async () => {
  const stage = shared()
  const contact = phone.contacts[1]!
  const { threadId } = await threadOf([contact.jid, contact.lid])
  await stage.server.stop()
  const { id } = await phone.receive({ from: contact, text: 'while away' })
  await phone.receive({ from: contact, edit: id, text: 'edited while away' })
  await stage.restart()
  await untilFound('the edit', threadId, ({ body }) => body === 'edited while away')

  // The message itself cannot be read at first; its edit and a reaction come in between.
  const fault = phone.fault({ kind: 'unavailableMessages' }, { times: 1 })
  phone.goOffline()
  const late = await phone.receive({ from: contact, text: 'late' })
  fault.clear()
  await phone.receive({ from: contact, edit: late.id, text: 'late, and edited' })
  await phone.receive({ from: contact, react: late.id, text: '⏳', sealed: true })
  await untilFound('the placeholder', threadId, ({ type }) => type === 'undecryptable')
  phone.goOnline()
  const filled = await untilFound('the content', threadId, ({ body }) => body === 'late, and edited')
  expect(filled).toMatchObject({ whatsAppId: late.id, type: 'text', reactions: [{ emoji: '⏳' }] })
})

test('a bot’s answers, in parts, are messages of its own chat or of the group it was asked in', async () => {
  const { api, simulator } = shared()
  const question = await phone.askBot('What is a quokka?')
  const first = phone.receiveBotAnswer({ to: question.id, text: 'A quok' })
  phone.receiveBotAnswer({ to: question.id, text: 'A quokka is', continues: first.id })
  phone.receiveBotAnswer({
    to: question.id,
    text: 'A quokka is a marsupial',
    continues: first.id,
    isLast: true
  })
  const { threadId } = await threadOf([META_AI])
  const answer = await untilFound(
    'the whole answer',
    threadId,
    ({ body }) => body === 'A quokka is a marsupial'
  )
  expect(answer).toMatchObject({ whatsAppId: first.id, direction: 'inbound', sender: META_AI, type: 'text' })
  expect(answer.edits.map(({ body }) => body)).toEqual(['A quok'])
  expect((await messagesOf(threadId)).map(({ body }) => body)).toEqual([
    'A quokka is a marsupial',
    'What is a quokka?'
  ])
  expect((await api.thread(threadId)).unreadCount).toBe(1)
  await expect(api.queue(accountId, { threadId, text: 'Are you sure?' })).rejects.toThrow(
    /Nothing can be sent/
  )

  const [ann] = phone.contacts
  const group = phone.createGroup('With a bot', [ann!])
  const asked = await phone.receive({ from: ann!, group, text: '@Meta AI, what is a numbat?' })
  phone.receiveBotAnswer({ to: asked.id, from: ann!, group, text: 'A marsupial, too' })
  const inGroup = await threadOf([group.id])
  const answered = await untilFound('the answer', inGroup.threadId, ({ body }) => body === 'A marsupial, too')
  expect(answered).toMatchObject({ sender: META_AI, direction: 'inbound' })
  // Confirmed, and never refused: WhatsApp has nothing left to deliver.
  await simulator.until(() => phone.truth().offlineQueue.length === 0)
  const again = phone.truth().delivered.filter(({ id, times }) => id === first.id && times > 1)
  expect(again).toEqual([])
})
