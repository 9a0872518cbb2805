// A conversation of the phone's history.
import { proto } from '@whiskeysockets/baileys'
import { describe, expect, test } from 'vitest'
import {
  callsOfChunk,
  decodedConversation,
  openedConversation,
  peopleOfChunk
} from '../../../../src/services/whatsapp/convert/chunk.ts'
import { SELF } from './content/shown.ts'

const decoded = (given: Partial<proto.IConversation>, madeAt?: number) =>
  decodedConversation(
    SELF,
    openedConversation(proto.Conversation.encode({ id: '77@lid', ...given }).finish()),
    madeAt
  )
const conversation = (given: Partial<proto.IConversation>, madeAt?: number) => [
  ...(decoded(given, madeAt)?.facts ?? [])
]
const said = (id: string, seconds: number) => ({
  message: {
    key: { id, remoteJid: '77@lid', fromMe: false },
    messageTimestamp: seconds,
    message: { conversation: id }
  }
})

describe('unread messages are counted as of', () => {
  test.each([
    ['the newest message', { messages: [said('B', 20), said('A', 10)], conversationTimestamp: 15 }, 20_000],
    [
      'the conversation’s own time when that is later',
      { messages: [said('A', 10)], conversationTimestamp: 30 },
      30_000
    ],
    ['nothing known', {}, 0]
  ])('%s', (_, given, at) => {
    expect(conversation({ unreadCount: 3, ...given })[0]).toMatchObject({
      kind: 'chat',
      unread: { count: 3, at }
    })
  })

  const own = {
    message: { ...said('OWN', 20).message, key: { id: 'OWN', remoteJid: '77@lid', fromMe: true } }
  }
  const reached = { endOfHistoryTransfer: true, endOfHistoryTransferType: 1 }
  test.each([
    ['others’ messages of that second', { messages: [said('C', 20), own, said('B', 20), said('A', 10)] }, 2],
    [
      'all of a conversation that is a second long',
      { messages: [said('B', 20), said('A', 20)], ...reached },
      2
    ],
    [
      'nothing of a second that may have begun before',
      { messages: [said('B', 20), said('A', 20)] },
      undefined
    ],
    ['nothing of a page before it', { messages: [said('A', 10)], conversationTimestamp: 30 }, undefined]
  ])('with %s', (_, given, ofSecond) => {
    const [about] = conversation({ unreadCount: 3, ...given })
    expect(about?.kind === 'chat' && about.unread).toEqual({ count: 3, at: expect.any(Number), ofSecond })
  })

  test('with nothing of a page that ends before the newest message, within its second', () => {
    const page = { messages: [own], conversationTimestamp: 20, unreadCount: 1, ...reached }
    const [asked] = conversation(page, 30_000)
    expect(asked?.kind === 'chat' && asked.unread).toEqual({ count: 1, at: 20_000 })
    const [linked] = conversation(page)
    expect(linked?.kind === 'chat' && linked.unread).toEqual({ count: 1, at: 20_000, ofSecond: 0 })
  })

  test('no time when there is no count', () => {
    expect(conversation({})[0]).toMatchObject({ kind: 'chat', unread: undefined })
  })
})

test('a conversation knows whether its messages disappear', () => {
  expect(conversation({ ephemeralExpiration: 86_400 })[0]).toMatchObject({ ephemeralSeconds: 86_400 })
})

test('the mark as unread is as of the page that a phone was asked for; everything else is as old as the link', () => {
  const about = (madeAt?: number) => conversation({ markedAsUnread: true, archived: true }, madeAt)[0]
  expect(about(5000)).toMatchObject({
    settings: [
      { setting: 'archived', value: 1, at: undefined },
      { setting: 'markedUnread', value: 1, at: 5000 }
    ]
  })
  expect(about()).toMatchObject({ settings: [{ at: undefined }, { at: undefined }] })
})

test('messages come oldest first', () => {
  const facts = conversation({ messages: [said('B', 20), said('A', 10)] })
  expect(facts.flatMap(fact => (fact.kind === 'message' ? fact.whatsAppId : []))).toEqual(['A', 'B'])
})

test('who is who comes from mappings and conversations, in whichever order they name the addresses', () => {
  expect(
    peopleOfChunk(
      {
        syncType: 0,
        phoneNumberToLidMappings: [{ pnJid: '491@s.whatsapp.net', lidJid: '77@lid' }],
        conversations: [{ id: '492@s.whatsapp.net', lidJid: '78@lid' }]
      },
      5000
    )
  ).toEqual([
    { kind: 'samePerson', phoneJid: '491@s.whatsapp.net', lidJid: '77@lid', at: 5000 },
    // How old a conversation's own addresses are, nobody knows.
    { kind: 'samePerson', phoneJid: '492@s.whatsapp.net', lidJid: '78@lid', at: 0 }
  ])
})

test('a chunk has the phone’s log of calls', () => {
  const record = { callId: 'CALL', callCreatorJid: '77@lid', startTime: 1_700_000_000, duration: 3 }
  expect(callsOfChunk(SELF, { syncType: null, callLogRecords: [record, {}] })).toMatchObject([
    { kind: 'message', chat: { jid: '77@lid' }, live: false, call: { outcome: 'answered', duration: 3 } }
  ])
})
