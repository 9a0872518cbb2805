// What mutations of app state say, and that none of them, however odd, is lost without being counted.
import { proto } from '@whiskeysockets/baileys'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  factsOfMutation,
  type Mutation,
  mutationKind
} from '../../../../src/services/whatsapp/convert/app-state.ts'

const SELF = { jid: '490@s.whatsapp.net', lid: '90@lid' }
const ANN = '491@s.whatsapp.net'
const GROUP = '120@g.us'
const NOW = Date.UTC(2026, 10, 1)
const AT = NOW - 60_000

const said = (
  index: ReadonlyArray<string>,
  value: proto.ISyncActionValue,
  operation: Mutation['operation'] = 'set'
) => factsOfMutation(SELF, { index, value: { timestamp: AT, ...value }, operation }, NOW)

const settings = (...named: ReadonlyArray<readonly [string, number | null]>) => [
  { settings: named.map(([setting, value]) => ({ setting, value, at: AT })) }
]

test('settings of chats carry the time at which they were made; one whose record is removed ends', () => {
  expect(said(['archive', ANN], { archiveChatAction: { archived: true } })).toMatchObject(
    settings(['archived', 1])
  )
  expect(said(['archive', ANN], {}, 'remove')).toMatchObject(settings(['archived', 0]))
  expect(said(['pin_v1', ANN], { pinAction: { pinned: true } })).toMatchObject(settings(['pinned', AT]))
  expect(said(['pin_v1', ANN], { pinAction: { pinned: false } })).toMatchObject(settings(['pinned', null]))
  expect(said(['mute', ANN], { muteAction: { muted: true, muteEndTimestamp: -1 } })).toMatchObject(
    settings(['muted', -1])
  )
  const messageRange = { lastMessageTimestamp: 1_700_000_000 }
  expect(said(['markChatAsRead', ANN], { markChatAsReadAction: { read: true, messageRange } })).toMatchObject(
    settings(['markedUnread', 0], ['readUpTo', 1_700_000_000_000])
  )
  const listed = (id: string, fromMe: boolean, timestamp = 1_700_000_000) => ({
    key: { id, fromMe },
    timestamp
  })
  const ofLastSecond = {
    ...messageRange,
    messages: [listed('B', false), listed('C', true), listed('A', false, 1)]
  }
  expect(
    said(['markChatAsRead', ANN], { markChatAsReadAction: { read: true, messageRange: ofLastSecond } })
  ).toMatchObject([
    ...settings(['markedUnread', 0], ['readUpTo', 1_699_999_999_999]),
    { kind: 'readByMe', upTo: { whatsAppIds: ['B', 'C'] }, at: AT }
  ])
  expect(said(['markChatAsRead', ANN], { markChatAsReadAction: { read: false } })).toMatchObject(
    settings(['markedUnread', 1])
  )
  expect(said(['clearChat', ANN, '0', '0'], { clearChatAction: {} })).toMatchObject(
    settings(['markedUnread', 0], ['clearedExceptStarred', AT])
  )
  expect(said(['deleteChat', ANN, '1'], {}, 'remove')).toEqual([])
})

test('a star in a group names the writer; one that names nobody is unreadable', () => {
  const index = ['star', GROUP, 'A1', '0', '77@lid']
  expect(said(index, { starAction: { starred: true } })).toMatchObject([
    { kind: 'change', target: { sender: { jid: '77@lid' }, whatsAppId: 'A1' }, change: { starred: true } }
  ])
  expect(said(['star', GROUP, 'A1', '1', '0'], { starAction: { starred: true } })).toMatchObject([
    { target: { sender: 'me' } }
  ])
  expect(said(['star', GROUP, 'A1', '0', '0'], { starAction: { starred: true } })).toBe('unreadable')
})

test('the address book names a person under both addresses, and forgets the name when the contact is removed', () => {
  const contactAction = { fullName: 'Ann', lidJid: '77@lid' }
  expect(said(['contact', ANN], { contactAction })).toMatchObject([
    { kind: 'samePerson', phoneJid: ANN, lidJid: '77@lid' },
    { kind: 'contact', person: { jid: ANN }, name: 'Ann', nameAt: AT }
  ])
  expect(said(['contact', ANN], { contactAction: {} }, 'remove')).toMatchObject([{ name: null }])
})

test('a time that is missing or lies ahead is now', () => {
  for (const timestamp of [null, NOW + 1e12, 0, -5])
    expect(said(['archive', ANN], { timestamp, archiveChatAction: { archived: true } })).toMatchObject([
      { settings: [{ at: NOW }] }
    ])
})

test('whatever a mutation is, it says something, is counted, or is reported; it never throws', () => {
  const word = fc.oneof(
    fc.constantFrom('archive', 'star', 'contact', 'label_jid', 'label_message', 'toString', '__proto__', ''),
    fc.constantFrom(ANN, GROUP, '77@lid', 'x@newsletter', '0', '1'),
    fc.string()
  )
  fc.assert(
    fc.property(fc.array(word), fc.boolean(), (index, isRemoved) => {
      const mutation: Mutation = { index, value: {}, operation: isRemoved ? 'remove' : 'set' }
      const outcome = factsOfMutation(SELF, mutation, NOW)
      expect(Array.isArray(outcome) || outcome === 'unknown' || outcome === 'unreadable').toBe(true)
      expect(mutationKind(mutation)).toMatch(/^\w{1,64}$/)
    })
  )
})

test('calls of the phone’s log are messages: who called, with whom, when and how long', () => {
  const { CallResult } = proto.CallLogRecord
  const logged = (creator: string, record: proto.ICallLogRecord, operation?: Mutation['operation']) =>
    said(['call_log', creator, 'CALL', '0'], { callLogAction: { callLogRecord: record } }, operation)
  const startTime = AT
  const incoming = { callResult: CallResult.MISSED, startTime, participants: [{ userJid: SELF.jid }] }
  expect(logged(ANN, incoming)).toMatchObject([
    {
      type: 'call',
      whatsAppId: 'CALL',
      chat: { jid: ANN },
      sender: { jid: ANN },
      timestamp: AT,
      call: { outcome: 'missed' }
    }
  ])
  // What a record claims of its direction is the wrong way round on some devices.
  const outgoing = {
    isIncoming: true,
    isVideo: true,
    duration: 7,
    startTime: AT / 1000,
    participants: [{ userJid: ANN }]
  }
  expect(logged(SELF.lid, outgoing)).toMatchObject([
    {
      chat: { jid: ANN },
      sender: 'me',
      timestamp: AT,
      call: { video: true, outcome: 'answered', duration: 7 }
    }
  ])
  expect(
    logged(ANN, { callResult: CallResult.REJECTED, startTime: AT * 1000, groupJid: GROUP })
  ).toMatchObject([
    { chat: { jid: GROUP }, sender: { jid: ANN }, timestamp: AT, call: { outcome: 'declined' } }
  ])
  expect(logged('', { ...incoming, isIncoming: true, participants: [{ userJid: ANN }] })).toMatchObject([
    { chat: { jid: ANN }, sender: { jid: ANN } }
  ])
  expect(logged('', { startTime, participants: [{ userJid: ANN }] })).toMatchObject([{ sender: 'me' }])
  // Planned, of nobody, without a time, and taken out of the log.
  expect(logged(ANN, { ...incoming, callResult: CallResult.UPCOMING })).toEqual([])
  expect(logged('', { startTime })).toEqual([])
  expect(logged(ANN, { participants: [] })).toEqual([])
  expect(logged(ANN, incoming, 'remove')).toEqual([])
  expect(said(['call_log', ANN, 'CALL', '0'], {})).toBe('unreadable')
})
