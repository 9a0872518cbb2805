// A message is a message, or a change to another one: whose, is decided here and must not be left to the sender.
import { proto } from '@whiskeysockets/baileys'
import { describe, expect, test } from 'vitest'
import { factsOfLiveMessage } from '../../../../src/services/whatsapp/convert/message.ts'
import { factsOfStoredMessage } from '../../../../src/services/whatsapp/convert/stored-message.ts'
import { overTheWire, SELF } from './content/shown.ts'

const { Type } = proto.Message.ProtocolMessage
const GROUP = '120@g.us'
const ANN = '77@lid'

const live = (key: proto.IMessageKey, given: proto.IMessage) => {
  const message = overTheWire(given)
  const info = { key: { id: 'M1', ...key }, messageTimestamp: 1_767_225_600 }
  return factsOfLiveMessage(SELF, info, message, proto.Message.encode(message).finish())
}
const fromAnn = { remoteJid: ANN, fromMe: false }
const fromMe = { remoteJid: ANN, fromMe: true }
const fromAnnInGroup = { remoteJid: GROUP, fromMe: false, participant: ANN }

const revoke = (key: proto.IMessageKey) => ({ protocolMessage: { type: Type.REVOKE, key } })
const edit = (key: proto.IMessageKey, text = 'New'): proto.IMessage => ({
  protocolMessage: {
    type: Type.MESSAGE_EDIT,
    key,
    editedMessage: { conversation: text },
    timestampMs: 1_767_225_700_000
  }
})

describe('a revocation', () => {
  test.each([
    ['by a contact is of their own message', fromAnn, { id: 'A', fromMe: true }, { jid: ANN }],
    ['by us is of our own message', fromMe, { id: 'A', fromMe: true }, 'me'],
    ['in a group is of the sender’s own message', fromAnnInGroup, { id: 'A', fromMe: true }, { jid: ANN }],
    [
      'by a group’s admin is of the named member’s message',
      fromAnnInGroup,
      { id: 'A', fromMe: false, participant: '78@lid' },
      { jid: '78@lid' }
    ],
    [
      'by a group’s admin can be of ours',
      fromAnnInGroup,
      { id: 'A', fromMe: false, participant: '490@s.whatsapp.net' },
      'me'
    ]
  ])('%s', (_, from, key, sender) => {
    expect(live(from, revoke(key))).toEqual([
      {
        kind: 'change',
        chat: { jid: from.remoteJid },
        target: { sender, whatsAppId: 'A' },
        by: from.fromMe ? 'me' : { jid: ANN },
        change: { to: 'revoked', at: 1_767_225_600_000 }
      }
    ])
  })

  test('of nothing changes nothing', () => {
    expect(live(fromAnn, revoke({}))).toEqual([{ kind: 'leftOut', name: 'changeOfNothing' }])
  })
})

describe('an edit', () => {
  test.each([
    ['as such', edit({ id: 'A' })],
    ['in its envelope', { editedMessage: { message: edit({ id: 'A' }) } }]
  ])('%s has the new body and its time', (_, message) => {
    expect(live(fromAnn, message)).toMatchObject([
      {
        target: { sender: { jid: ANN }, whatsAppId: 'A' },
        change: { to: 'edited', body: 'New', at: 1_767_225_700_000 }
      }
    ])
  })

  test('of somebody else’s message is one of the sender’s own, whoever it names', () => {
    const key = { id: 'A', participant: '490@s.whatsapp.net', fromMe: false }
    expect(live(fromAnnInGroup, edit(key))).toMatchObject([{ target: { sender: { jid: ANN } } }])
  })
})

describe('a reaction', () => {
  const react = (key: proto.IMessageKey): proto.IMessage => ({
    reactionMessage: { key, text: '👍', senderTimestampMs: 5 }
  })
  test.each([
    ['of a contact to our message', fromAnn, { id: 'A', fromMe: false }, 'me'],
    ['of a contact to their own message', fromAnn, { id: 'A', fromMe: true }, { jid: ANN }],
    ['of ours to the contact’s message', fromMe, { id: 'A', fromMe: false }, { jid: ANN }],
    ['in a group to a member', fromAnnInGroup, { id: 'A', participant: '78@lid' }, { jid: '78@lid' }]
  ])('%s', (_, from, key, sender) => {
    expect(live(from, react(key))).toMatchObject([
      { target: { sender, whatsAppId: 'A' }, change: { to: 'reacted', emoji: '👍', at: 5 } }
    ])
  })
})

describe('a setting of disappearing messages', () => {
  const setting = (ephemeralExpiration?: number): proto.IMessage => ({
    protocolMessage: {
      type: Type.EPHEMERAL_SETTING,
      ...(ephemeralExpiration === undefined ? {} : { ephemeralExpiration })
    }
  })
  test.each([
    [604_800, 'Disappearing messages: 7 days'],
    [86_400, 'Disappearing messages: 1 day'],
    [5400, 'Disappearing messages: 90 minutes'],
    [0, 'Disappearing messages are off'],
    [undefined, 'Disappearing messages are off']
  ])('of %s seconds is “%s”', (seconds, body) => {
    expect(live(fromAnn, setting(seconds))).toMatchObject([
      { kind: 'chat', chat: { jid: ANN }, ephemeralSeconds: seconds ?? 0 },
      {
        kind: 'message',
        type: 'system',
        body,
        event: { kind: 'ephemeral', people: [], value: String(seconds ?? 0) }
      }
    ])
  })

  test('long ago says nothing about today', () => {
    const info = { key: { id: 'A', ...fromAnn }, message: overTheWire(setting(5)) }
    expect(factsOfStoredMessage(SELF, info).map(fact => fact.kind)).toEqual(['message'])
  })
})

describe('a message of the phone’s history', () => {
  const stored = (info: proto.IWebMessageInfo) =>
    factsOfStoredMessage(
      SELF,
      proto.WebMessageInfo.decode(
        proto.WebMessageInfo.encode({ key: { id: 'A', ...fromAnn }, ...info }).finish()
      )
    )

  test('has the secret, which is kept beside it, in its protobuf', () => {
    const secret = Buffer.alloc(32, 7)
    const [fact] = stored({ message: { pollCreationMessageV3: { name: 'x' } }, messageSecret: secret })
    const raw = fact?.kind === 'message' ? fact.raw : null
    expect(proto.Message.decode(raw!).messageContextInfo?.messageSecret).toEqual(secret)
  })

  test('has its reactions', () => {
    const reactions = [
      { key: { fromMe: true }, text: '👍', senderTimestampMs: 5 },
      { key: { fromMe: false }, text: '🎉', senderTimestampMs: 6 }
    ]
    expect(stored({ message: { conversation: 'x' }, reactions })).toMatchObject([
      {
        reactions: [
          { by: 'me', emoji: '👍', at: 5 },
          { by: { jid: ANN }, emoji: '🎉', at: 6 }
        ]
      }
    ])
  })

  const edit = (key?: proto.IMessageKey): proto.IMessage => ({
    protocolMessage: {
      type: Type.MESSAGE_EDIT,
      ...(key === undefined ? {} : { key }),
      editedMessage: { conversation: 'after' },
      timestampMs: 1_767_225_700_123
    }
  })
  test.each<[string, proto.IMessage, string, number]>([
    [
      'as the edit in its envelope',
      { editedMessage: { message: edit({ id: 'FIRST' }) } },
      'FIRST',
      1_767_225_700_123
    ],
    ['as the edit alone', edit({ id: 'FIRST' }), 'FIRST', 1_767_225_700_123],
    ['as an edit that names no message', edit(), 'A', 1_767_225_700_123],
    [
      'as the new content, without a time',
      { editedMessage: { message: { conversation: 'after' } } },
      'A',
      1_767_225_600_000
    ]
  ])('that was edited is one message, shown %s', (_, message, whatsAppId, editedAt) => {
    const secret = Buffer.alloc(32, 7)
    const info = { message, messageSecret: secret, messageTimestamp: 1_767_225_600 }
    const [fact, ...others] = stored(info)
    expect(fact).toMatchObject({ kind: 'message', whatsAppId, type: 'text', body: 'after', editedAt })
    expect(others).toEqual([])
    const raw = fact?.kind === 'message' ? proto.Message.decode(fact.raw!) : undefined
    expect(raw).toMatchObject({ messageContextInfo: { messageSecret: secret } })
    expect(raw?.protocolMessage).toBeNull()
  })

  test('that nests deeper than can be encoded is kept without its protobuf', () => {
    const message: proto.IMessage = {}
    let inner = message
    for (let depth = 0; depth < 20_000; depth++) {
      const next: proto.IMessage = {}
      inner.ephemeralMessage = { message: next }
      inner = next
    }
    expect(factsOfStoredMessage(SELF, { key: { id: 'A', ...fromAnn }, message })).toMatchObject([
      { kind: 'message', raw: null }
    ])
  })
})
