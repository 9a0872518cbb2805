// A journal entry alone gives back what arrived.
import { proto, writeRandomPadMax16 } from '@whiskeysockets/baileys'
import { Schema } from 'effect'
import { describe, expect, test } from 'vitest'
import {
  isJournaledCall,
  isJournaledNotification,
  Journaled,
  convertEntry
} from '../../../../src/services/whatsapp/convert/journaled.ts'
import { nodeToJson } from '../../../../src/services/whatsapp/convert/stanza-json.ts'

const SELF = { jid: '490@s.whatsapp.net', lid: '70@lid' }
const { Type } = proto.Message.ProtocolMessage

const arrived = (attributes: Record<string, string>, message: proto.IMessage): Journaled => ({
  kind: 'message',
  self: SELF,
  attributes: { id: 'ID1', t: '1767225600', ...attributes },
  plaintext: Buffer.from(writeRandomPadMax16(proto.Message.encode(message).finish())).toString('base64')
})
const kinds = (entry: Journaled) => convertEntry(entry).facts.map(fact => fact.kind)

test('a contact’s message keeps its writer, time, push name and both addresses', () => {
  const entry = arrived(
    { from: '77:3@lid', sender_pn: '491@s.whatsapp.net', notify: 'Ann' },
    { conversation: 'Hi' }
  )
  expect(convertEntry(entry).facts).toMatchObject([
    { kind: 'samePerson', phoneJid: '491@s.whatsapp.net', lidJid: '77@lid' },
    { kind: 'contact', pushName: 'Ann' },
    {
      kind: 'message',
      sender: { jid: '77@lid', alt: '491@s.whatsapp.net' },
      timestamp: 1767225600000,
      body: 'Hi',
      status: 'received'
    }
  ])
})

test('what the owner wrote on the phone is ours, in the chat it was written to', () => {
  const entry = arrived(
    { from: '490@s.whatsapp.net', recipient: '491@s.whatsapp.net' },
    { deviceSentMessage: { destinationJid: '491@s.whatsapp.net', message: { conversation: 'Mine' } } }
  )
  expect(convertEntry(entry).facts).toMatchObject([
    { kind: 'message', sender: 'me', chat: { jid: '491@s.whatsapp.net' }, body: 'Mine', status: 'sent' }
  ])
})

test('a copy whose stanza does not say where it was written says so itself', () => {
  const copy = { deviceSentMessage: { destinationJid: '77:0@lid', message: { conversation: 'Mine' } } }
  const facts = convertEntry(arrived({ from: '490:2@s.whatsapp.net' }, copy)).facts
  expect(facts).toMatchObject([{ sender: 'me', chat: { jid: '77@lid' }, body: 'Mine' }])
  // Nobody else says where the owner wrote.
  expect(convertEntry(arrived({ from: '491@s.whatsapp.net' }, copy)).facts.at(-1)).toMatchObject({
    chat: { jid: '491@s.whatsapp.net' },
    sender: { jid: '491@s.whatsapp.net' }
  })
})

test('an edit of the better copy of a picture is an edit of the picture', () => {
  const parentMessageKey = { id: 'SD', fromMe: true, remoteJid: '490@s.whatsapp.net' }
  const associationType = proto.MessageAssociation.AssociationType.HD_IMAGE_DUAL_UPLOAD
  const entry = arrived(
    { from: '491@s.whatsapp.net', edit: '1' },
    {
      protocolMessage: {
        type: Type.MESSAGE_EDIT,
        key: { id: 'HD', fromMe: true },
        editedMessage: { associatedChildMessage: { message: { imageMessage: { caption: 'Sea' } } } }
      },
      messageContextInfo: { messageAssociation: { associationType, parentMessageKey } }
    }
  )
  expect(convertEntry(entry).facts).toMatchObject([
    { kind: 'change', target: { whatsAppId: 'SD' }, change: { to: 'edited', body: 'Sea' } }
  ])
})

test('a group message names its member', () => {
  const entry = arrived(
    { from: '120@g.us', participant: '77:1@lid', participant_pn: '491@s.whatsapp.net' },
    { conversation: 'Hi' }
  )
  expect(convertEntry(entry).facts.at(-1)).toMatchObject({
    chat: { jid: '120@g.us' },
    sender: { jid: '77@lid' }
  })
})

const historyNotice: proto.IMessage = {
  protocolMessage: {
    type: Type.HISTORY_SYNC_NOTIFICATION,
    historySyncNotification: { syncType: 2, chunkOrder: 3, progress: 40, directPath: '/x' }
  }
}

test('our phone’s history notification becomes a chunk to fetch and no message', () => {
  const { chunks, facts } = convertEntry(
    arrived({ from: '490@s.whatsapp.net', category: 'peer' }, historyNotice)
  )
  expect(facts).toEqual([])
  expect(chunks).toMatchObject([{ notificationId: 'ID1', syncType: 2, chunkOrder: 3, progress: 40 }])
})

test('a history notification from anybody else is ignored: it would be an attack', () => {
  expect(convertEntry(arrived({ from: '491@s.whatsapp.net' }, historyNotice))).toEqual({
    facts: [{ kind: 'leftOut', name: 'protocolMessage.HISTORY_SYNC_NOTIFICATION' }],
    chunks: [],
    chunkRetries: [],
    refusals: [],
    keys: [],
    recoveries: [],
    undecryptedPeers: [],
    decryptedPeers: []
  })
})

test.each(['491@s.whatsapp.net', '120@g.us', '1@2@3', ''])(
  'what says that it is of the own phone, but comes from "%s", is not asked of the phone',
  from => {
    const attributes = { id: 'ID1', t: '1767225600', from, category: 'peer' }
    const unread = { kind: 'undecryptable', self: SELF, attributes, reason: 'Bad MAC' } as const
    expect(convertEntry(unread).undecryptedPeers).toEqual([])
    expect(convertEntry(arrived({ from, category: 'peer' }, historyNotice)).decryptedPeers).toEqual([])
    for (const own of [SELF.jid, SELF.jid.replace('@', ':3@')])
      expect(
        convertEntry({ ...unread, attributes: { ...attributes, from: own } }).undecryptedPeers
      ).toHaveLength(1)
  }
)

describe('nothing is made of', () => {
  test.each([
    [
      'keys of a group',
      arrived(
        { from: '120@g.us', participant: '77@lid' },
        { senderKeyDistributionMessage: { groupId: '120@g.us' } }
      )
    ]
  ])('%s', (_, entry) => {
    expect(kinds(entry)).not.toContain('message')
  })
})

describe('receipts', () => {
  const receipt = (attributes: Record<string, string>, ids = ['A']): Journaled => ({
    kind: 'receipt',
    self: SELF,
    attributes: { t: '1767225600', ...attributes },
    ids
  })
  test.each([
    [{ from: '491@s.whatsapp.net' }, 'delivered'],
    [{ from: '491:4@s.whatsapp.net', type: 'read' }, 'read'],
    [{ from: '491@s.whatsapp.net', type: 'played' }, 'played'],
    [{ from: '491@s.whatsapp.net', type: 'inactive' }, 'delivered']
  ])('%o → %s', (attributes, status) => {
    expect(convertEntry(receipt(attributes, ['A', 'B'])).facts).toMatchObject([
      {
        kind: 'receipt',
        chat: { jid: '491@s.whatsapp.net' },
        whatsAppIds: ['A', 'B'],
        status,
        at: 1767225600000
      }
    ])
  })
  test('of a group name the member', () => {
    expect(
      convertEntry(receipt({ from: '120@g.us', participant: '77:2@lid', type: 'read' })).facts
    ).toMatchObject([{ chat: { jid: '120@g.us' }, recipient: { jid: '77@lid' } }])
  })
  test('by our own phone mean that the chat was read', () => {
    expect(
      convertEntry(receipt({ from: '490@s.whatsapp.net', recipient: '491@s.whatsapp.net', type: 'read' }))
        .facts
    ).toMatchObject([{ kind: 'readByMe', chat: { jid: '491@s.whatsapp.net' }, upTo: { whatsAppIds: ['A'] } }])
    expect(
      convertEntry(receipt({ from: '70:1@lid', recipient: '77@lid', type: 'read' }, ['A', 'B'])).facts
    ).toMatchObject([{ kind: 'readByMe', chat: { jid: '77@lid' }, upTo: { whatsAppIds: ['A', 'B'] } }])
  })
  test('of unknown kinds change nothing', () => {
    expect(convertEntry(receipt({ from: '491@s.whatsapp.net', type: 'server-error' })).facts).toEqual([])
    expect(convertEntry(receipt({ from: '491@s.whatsapp.net', type: 'constructor' })).facts).toEqual([])
  })
})

test('an undecryptable message keeps its place and the reason', () => {
  const entry: Journaled = {
    kind: 'undecryptable',
    self: SELF,
    attributes: { id: 'X', from: '491@s.whatsapp.net', t: '1767225600' },
    reason: 'No session record'
  }
  expect(convertEntry(entry).facts).toMatchObject([
    { type: 'undecryptable', status: 'undecryptable', statusReason: 'No session record' }
  ])
})

describe('stanzas kept whole', () => {
  const throughTheJournal = (entry: Journaled) =>
    convertEntry(Schema.decodeUnknownSync(Journaled)(JSON.parse(JSON.stringify(entry))))

  test('a group’s change is understood from the journal alone', () => {
    const stanza = {
      tag: 'notification',
      attrs: { id: 'N1', type: 'w:gp2', from: '120@g.us', participant: '77@lid', t: '1767225600' },
      content: [{ tag: 'subject', attrs: { subject: 'Trip' } }]
    }
    expect(isJournaledNotification(stanza)).toBe(true)
    const entry = { kind: 'notification', self: SELF, stanza: nodeToJson(stanza) } as const
    expect(throughTheJournal(entry).facts).toMatchObject([
      { kind: 'chat', name: 'Trip' },
      { kind: 'message', type: 'system', whatsAppId: 'N1' }
    ])
  })

  test('a call is understood from the journal alone', () => {
    const stanza = {
      tag: 'call',
      attrs: { id: 'S1', from: '77:2@lid', t: '1767225600' },
      content: [{ tag: 'offer', attrs: { 'call-id': 'C1', 'call-creator': '77:2@lid' } }]
    }
    expect(isJournaledCall(stanza)).toBe(true)
    const entry = { kind: 'call', self: SELF, stanza: nodeToJson(stanza) } as const
    expect(throughTheJournal(entry).facts).toMatchObject([
      { kind: 'message', type: 'call', whatsAppId: 'C1' }
    ])
  })

  test.each([
    ['devices of a contact', { tag: 'notification', attrs: { type: 'devices', from: '77@lid' } }],
    ['a contact’s picture', { tag: 'notification', attrs: { type: 'picture', from: '77@lid' } }],
    ['a call’s transport', { tag: 'call', attrs: {}, content: [{ tag: 'transport', attrs: {} }] }],
    ['a call of nothing', { tag: 'call', attrs: {} }]
  ])('%s need not be kept', (_, stanza) => {
    expect(isJournaledNotification(stanza) || isJournaledCall(stanza)).toBe(false)
  })
})
