// A stanza without a usable time is dated by its arrival.
import { proto, writeRandomPadMax16 } from '@whiskeysockets/baileys'
import { expect, test } from 'vitest'
import { convertArrival } from '../../../../src/services/whatsapp/convert/arrival.ts'
import type { Journaled } from '../../../../src/services/whatsapp/convert/journaled.ts'

const SELF = { jid: '490@s.whatsapp.net' }
const RECEIVED_AT = 1_800_000_000_500

const arrived = (t: string | undefined, message: proto.IMessage): Journaled => ({
  kind: 'message',
  self: SELF,
  attributes: { id: 'ID1', from: '491@s.whatsapp.net', ...(t === undefined ? {} : { t }) },
  plaintext: Buffer.from(writeRandomPadMax16(proto.Message.encode(message).finish())).toString('base64')
})

test.each([
  ['0', 0],
  ['1800090000', 1_800_090_000_000],
  ['-5', -5000],
  ['NaN', undefined],
  ['', undefined],
  [undefined, undefined]
])(
  'a message with the time %s is dated by its arrival, and a number that it claims is kept',
  (t, claimed) => {
    const { facts } = convertArrival(arrived(t, { conversation: 'Hi' }), RECEIVED_AT)
    const [fact] = facts.filter(({ kind }) => kind === 'message')
    expect(fact).toMatchObject({ timestamp: 1_800_000_000_000 })
    expect(fact && 'tsClaimed' in fact ? fact.tsClaimed : undefined).toBe(claimed)
  }
)

test('a usable time counts, however late the message arrives', () => {
  const [fact] = convertArrival(arrived('1767225600', { conversation: 'Hi' }), RECEIVED_AT).facts
  expect(fact).toMatchObject({ kind: 'message', timestamp: 1_767_225_600_000 })
  expect(fact).not.toHaveProperty('tsClaimed')
})

test('a receipt and a deletion without a usable time happen when they arrive', () => {
  const receipt: Journaled = {
    kind: 'receipt',
    self: SELF,
    attributes: { id: 'A', from: '491@s.whatsapp.net', type: 'read', t: '0' },
    ids: ['A']
  }
  const deletion = arrived('0', {
    protocolMessage: { type: proto.Message.ProtocolMessage.Type.REVOKE, key: { id: 'A', fromMe: false } }
  })
  expect(convertArrival(receipt, RECEIVED_AT).facts).toMatchObject([{ at: 1_800_000_000_000 }])
  expect(convertArrival(deletion, RECEIVED_AT).facts).toMatchObject([
    { change: { to: 'revoked', at: 1_800_000_000_000 } }
  ])
})

test('what claims to change a message days ahead changed it when it arrived, so that the next one can replace it', () => {
  const reaction = arrived('1799999000', {
    reactionMessage: { key: { id: 'A', fromMe: false }, text: '👍', senderTimestampMs: 1_900_000_000_000 }
  })
  expect(convertArrival(reaction, RECEIVED_AT).facts).toMatchObject([
    { change: { to: 'reacted', at: RECEIVED_AT } }
  ])
  const gathered: Journaled = {
    kind: 'receipt',
    self: SELF,
    attributes: { id: 'A', from: '120@g.us', type: 'read', t: '1799999000' },
    ids: ['A'],
    gathered: [{ id: 'A', participant: '491@s.whatsapp.net', t: '1900000000' }]
  }
  expect(convertArrival(gathered, RECEIVED_AT).facts).toMatchObject([{ at: RECEIVED_AT }])
})
