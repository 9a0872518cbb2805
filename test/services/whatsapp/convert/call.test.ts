// A ringing call is a message; what becomes of it is a change to that message.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { describe, expect, test } from 'vitest'
import { factsOfCall } from '../../../../src/services/whatsapp/convert/call.ts'
import { SELF } from './content/shown.ts'

const ANN = '77@lid'
const call = (
  tag: string,
  attrs: Record<string, string> = {},
  outer: Record<string, string> = {},
  content: BinaryNode[] = []
) =>
  factsOfCall(SELF, {
    tag: 'call',
    attrs: { id: 'S1', from: '77:3@lid', t: '1767225600', ...outer },
    content: [{ tag, attrs: { 'call-id': 'C1', 'call-creator': '77:3@lid', ...attrs }, content }]
  })

test('a call rings as a message of the caller', () => {
  const facts = call('offer', { caller_pn: '491@s.whatsapp.net' }, { notify: 'Ann' })
  const ann = { jid: ANN, alt: '491@s.whatsapp.net' }
  expect(facts).toMatchObject([
    { kind: 'samePerson', phoneJid: '491@s.whatsapp.net', lidJid: ANN },
    { kind: 'contact', person: ann, pushName: 'Ann' },
    {
      kind: 'message',
      chat: ann,
      sender: ann,
      whatsAppId: 'C1',
      timestamp: 1_767_225_600_000,
      type: 'call',
      body: 'Voice call',
      call: { video: false, outcome: 'ringing', duration: null },
      status: 'received',
      live: true
    }
  ])
})

test('a video call is one', () => {
  const video = { body: 'Video call', call: { video: true } }
  expect(call('offer', {}, {}, [{ tag: 'video', attrs: {} }])).toMatchObject([video])
  expect(call('offer_notice', { media: 'video' })).toMatchObject([video])
})

test('a group’s call is in the group', () => {
  expect(call('offer', { 'group-jid': '120@g.us' })).toMatchObject([
    { chat: { jid: '120@g.us' }, sender: { jid: ANN } }
  ])
})

describe('what becomes of a call:', () => {
  test.each([
    ['accept', {}, 'answered'],
    ['reject', {}, 'declined'],
    ['terminate', {}, 'missed'],
    ['terminate', { reason: 'timeout' }, 'missed'],
    ['terminate', { reason: 'accepted_elsewhere' }, 'answered'],
    ['terminate', { reason: 'rejected_elsewhere' }, 'declined'],
    ['timeout', {}, 'missed']
  ])('%s %o is %s', (tag, attrs, outcome) => {
    expect(call(tag, attrs)).toEqual([
      {
        kind: 'change',
        chat: { jid: ANN },
        target: { sender: { jid: ANN }, whatsAppId: 'C1' },
        by: { jid: ANN },
        change: { to: 'called', call: { video: false, outcome, duration: null } }
      }
    ])
  })

  test('our phone takes it: it is still the caller’s call in the caller’s chat', () => {
    expect(call('accept', {}, { from: '490:0@s.whatsapp.net' })).toMatchObject([
      { chat: { jid: ANN }, target: { sender: { jid: ANN } }, by: 'me' }
    ])
  })

  test('they take a call of ours', () => {
    expect(call('accept', { 'call-creator': '70:0@lid' })).toMatchObject([
      { chat: { jid: ANN }, target: { sender: 'me' }, by: { jid: ANN } }
    ])
  })
})

describe('nothing is made of', () => {
  test.each([
    ['latency', call('relaylatency')],
    ['a call without id', call('offer', { 'call-id': '' })],
    ['a call by nobody', call('offer', { 'call-creator': 'x' }, { from: 'y' })],
    [
      'a call of ours to ourselves',
      call('accept', { 'call-creator': '70@lid' }, { from: '490@s.whatsapp.net' })
    ],
    ['a call from a server', call('offer', { 'call-creator': '1@call' })],
    ['an empty stanza', factsOfCall(SELF, { tag: 'call', attrs: {} })]
  ])('%s', (_, facts) => {
    expect(facts).toEqual([])
  })
})
