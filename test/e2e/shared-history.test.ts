// The past of a group that a member shares with this account, through HTTP: stored as history of the group with its mark, taken
// only if it is meant for this account, and never more than the member's word.
import { expect, test } from 'vitest'
import type { Message } from '../../src/domain/message.ts'
import { sharedInProcessStage } from './stage.ts'
import { thoroughTest } from '../thorough.ts'

const shared = sharedInProcessStage()

const DAY_S = 86_400

const groupOf = async (addressing: 'lid' | 'pn' = 'lid') => {
  const { accountId, phone } = await shared().linked({ history: { chats: 3, messages: 12, groupsShare: 0 } })
  const [ann, ben] = phone.contacts
  const group = phone.createGroup('Old friends', [ann!, ben!], { addressing })
  const before = Math.floor(Date.now() / 1000) - 3 * DAY_S
  return { accountId, phone, ann: ann!, ben: ben!, group, before }
}

const threadOf = (accountId: string, groupId: string) =>
  shared().api.until('the group', async () =>
    (await shared().api.threads(accountId)).find(({ clientJid }) => clientJid === groupId)
  )

const messagesOf = async (threadId: string) =>
  (await shared().api.messagePage(threadId, 'limit=200')).messages

const untilOne = (threadId: string, whatsAppId: string, wanted: (message: Message) => boolean = () => true) =>
  shared().api.until(`${whatsAppId} as wanted`, async () =>
    (await messagesOf(threadId)).find(message => message.whatsAppId === whatsAppId && wanted(message))
  )

test('what a member shares is history of the group, with its mark, and nothing to be read', async () => {
  const { api, simulator } = shared()
  const { accountId, ann, before, ben, group, phone } = await groupOf()
  const image = (content: string) =>
    simulator.fileMessage({ kind: 'image', bytes: Buffer.from(content), mimetype: 'image/jpeg' })
  await phone.receiveSharedHistory({
    from: ann,
    group,
    messages: [
      { from: ann, text: 'from the one who shares', id: 'PAST1', timestamp: before },
      { from: ben, text: 'from another member', id: 'PAST2', timestamp: before + 1 },
      { from: ben, message: image('small'), id: 'PAST3', timestamp: before + 2 }
    ],
    associated: [
      { parent: 'PAST3', type: 10, from: ben, message: image('better'), id: 'PAST3HD', timestamp: before + 3 }
    ],
    comments: [{ from: ben, text: 'a comment', id: 'PAST4', timestamp: before + 4 }],
    pinned: [{ from: ben, text: 'pinned long ago', id: 'PAST0', timestamp: before - 300 * DAY_S }]
  })
  const { threadId } = await threadOf(accountId, group.id)
  const first = await untilOne(threadId, 'PAST1')
  expect([ann.jid, ann.lid]).toContain(first.sender)
  expect(first).toMatchObject({
    body: 'from the one who shares',
    direction: 'inbound',
    sharedBy: first.sender
  })
  const second = await untilOne(threadId, 'PAST2')
  expect([ben.jid, ben.lid]).toContain(second.sender)
  expect(second.sharedBy).toBe(first.sender)
  const picture = await untilOne(threadId, 'PAST3', ({ media }) => media?.variants.length === 1)
  expect(picture.sharedBy).toBe(first.sender)
  expect((await api.media(picture.messageKey)).bytes.toString()).toBe('better')
  for (const id of ['PAST4', 'PAST0'])
    expect(await untilOne(threadId, id)).toMatchObject({ sharedBy: first.sender })
  const stored = (await messagesOf(threadId)).filter(({ type }) => type !== 'system')
  expect(stored.map(({ whatsAppId }) => whatsAppId)).toEqual(['PAST4', 'PAST3', 'PAST2', 'PAST1', 'PAST0'])
  expect(await api.thread(threadId)).toMatchObject({ unreadCount: 0, lastMessageText: 'a comment' })

  const live = await phone.receive({ from: ben, group, text: 'welcome' })
  expect(await untilOne(threadId, live.id)).toMatchObject({ sharedBy: null })
  expect(await api.thread(threadId)).toMatchObject({ unreadCount: 1 })
})

test('it changes no message that is stored, and deletes none', async () => {
  const { accountId, ann, before, ben, group, phone } = await groupOf('pn')
  const { id } = await phone.receive({ from: ben, group, text: 'my own words' })
  const { threadId } = await threadOf(accountId, group.id)
  await untilOne(threadId, id)
  await phone.receiveSharedHistory({
    from: ann,
    group,
    messages: [
      { from: ben, text: 'words that ann makes up', id, timestamp: before },
      {
        from: ben,
        message: { protocolMessage: { type: 0, key: { remoteJid: group.id, id, fromMe: false } } },
        id: 'REVOKE1',
        timestamp: before
      },
      { from: ben, text: 'something new', id: 'NEW1', timestamp: before }
    ]
  })
  expect(await untilOne(threadId, 'NEW1')).toMatchObject({ body: 'something new' })
  expect(await untilOne(threadId, id)).toMatchObject({ body: 'my own words', sharedBy: null, edits: [] })
  expect((await messagesOf(threadId)).map(({ whatsAppId }) => whatsAppId)).not.toContain('REVOKE1')
})

test('what is shared with somebody else is left alone, and leaves no message', async () => {
  const { accountId, ann, ben, group, phone } = await groupOf()
  await phone.receiveSharedHistory({
    from: ann,
    group,
    receivers: [ben],
    messages: [{ from: ann, text: 'not for you', id: 'OTHER1' }]
  })
  const { id } = await phone.receive({ from: ann, group, text: 'after it' })
  const { threadId } = await threadOf(accountId, group.id)
  await untilOne(threadId, id)
  const found = await messagesOf(threadId)
  expect(found.filter(({ type }) => type !== 'system').map(({ whatsAppId }) => whatsAppId)).toEqual([id])
  const { sync } = await shared().api.untilAccount(
    accountId,
    'to have read its history',
    account => account.sync.chunksPending === 0
  )
  expect(sync).toMatchObject({ chunksFailed: 0 })
  expect((await messagesOf(threadId)).map(({ whatsAppId }) => whatsAppId)).not.toContain('OTHER1')
})

thoroughTest(
  'a large one is read in a thread: live messages come through meanwhile, and all of it is stored',
  async () => {
    const { api } = shared()
    const { accountId, ann, before, ben, group, phone } = await groupOf()
    const count = 10_000
    const messages = Array.from({ length: count }, (_, index) => ({
      from: index % 2 === 0 ? ann : ben,
      text: `line ${index} ${'x'.repeat(200)}`,
      id: `LARGE${String(index).padStart(6, '0')}`,
      timestamp: before + index
    }))
    await phone.receiveSharedHistory({ from: ann, group, messages })
    const { id } = await phone.receive({ from: ben, text: 'are you there?' })
    await api.until('the live message', async () => {
      const threads = await api.threads(accountId)
      const { threadId } = threads.find(({ clientJid }) => [ben.jid, ben.lid].includes(clientJid)) ?? {}
      return (
        threadId !== undefined && (await messagesOf(threadId)).find(({ whatsAppId }) => whatsAppId === id)
      )
    })
    await api.untilAccount(accountId, 'all of it', ({ counts }) => counts.messages >= count)
    const { threadId } = await threadOf(accountId, group.id)
    expect(await api.thread(threadId)).toMatchObject({ unreadCount: 0 })
  }
)
