// Who wrote what, and where it belongs, by the addresses in stanzas: hosted devices, bots, lists, changed numbers.
import { proto, writeRandomPadMax16 } from '@whiskeysockets/baileys'
import { describe, expect, test } from 'vitest'
import { factsOfContacts } from '../../../../src/services/whatsapp/convert/directory.ts'
import {
  convertEntry,
  isJournaledNotification,
  type Journaled,
  listRecipients
} from '../../../../src/services/whatsapp/convert/journaled.ts'
import { factsOfStoredMessage } from '../../../../src/services/whatsapp/convert/stored-message.ts'
import { nodeToJson } from '../../../../src/services/whatsapp/convert/stanza-json.ts'
import { factsOfUsync } from '../../../../src/services/whatsapp/convert/usync.ts'

const SELF = { jid: '490@s.whatsapp.net', lid: '70@lid' }
const ANN = '491@s.whatsapp.net'
const ANN_LID = '77@lid'
const LIST = '17900000000@broadcast'
const T = '1767225600'
const AT = 1_767_225_600_000

const arrived = (
  attributes: Record<string, string>,
  extra: { message?: proto.IMessage; recipients?: ReadonlyArray<{ jid: string; alt?: string }> } = {}
): Extract<Journaled, { kind: 'message' }> => ({
  kind: 'message',
  self: SELF,
  attributes: { id: 'ID1', t: T, ...attributes },
  ...(extra.recipients === undefined ? {} : { recipients: extra.recipients }),
  plaintext: Buffer.from(
    writeRandomPadMax16(proto.Message.encode(extra.message ?? { conversation: 'Hi' }).finish())
  ).toString('base64')
})
const messagesIn = (entry: Journaled) => convertEntry(entry).facts.filter(fact => fact.kind === 'message')

describe('the writer and the chat of a message', () => {
  test.each([
    ['a device hosted at Meta, by number', '491:99@hosted', { jid: ANN }],
    ['a device hosted at Meta, by LID', '77@hosted.lid', { jid: ANN_LID }],
    ['a bot', '867@bot', { jid: '867@bot' }],
    ['somebody of another messenger', '1000@msgr', { jid: '1000@msgr' }]
  ])('%s writes in a chat of their own', (_, from, who) => {
    expect(messagesIn(arrived({ from }))).toMatchObject([{ chat: who, sender: who, broadcast: false }])
  })

  test('own hosted devices are this account', () => {
    expect(messagesIn(arrived({ from: '490:99@hosted', recipient: ANN }))).toMatchObject([
      { chat: { jid: ANN }, sender: 'me' }
    ])
  })

  test.each([
    ['491:99@hosted', ANN],
    ['77:99@hosted.lid', ANN_LID],
    ['867@bot', '867@bot'],
    ['9:3@newserver', '9@newserver'],
    ['@', 'nobody@unknown'],
    ['120@g.us', '120-g.us@unknown']
  ])('the member %s of a group is a person and not the group', (participant, jid) => {
    expect(messagesIn(arrived({ from: '120@g.us', participant }))).toMatchObject([
      { chat: { jid: '120@g.us' }, sender: { jid } }
    ])
  })

  test('an unreadable message of a list waits in the thread of its writer', () => {
    const facts = convertEntry({
      kind: 'undecryptable',
      self: SELF,
      attributes: {
        id: 'ID1',
        t: T,
        from: LIST,
        participant: '491:3@s.whatsapp.net',
        participant_lid: ANN_LID
      },
      reason: 'No session'
    }).facts
    expect(facts).toMatchObject([
      { kind: 'samePerson' },
      { kind: 'message', chat: { jid: ANN, alt: ANN_LID }, broadcast: true }
    ])
  })
})

describe('broadcast lists', () => {
  const own = { from: LIST, participant: '490:0@s.whatsapp.net' }
  const sent: proto.IMessage = {
    deviceSentMessage: { destinationJid: LIST, message: { conversation: 'News' } }
  }

  test('a contact’s list is the chat with the contact; a status is in the one of all statuses, by its poster', () => {
    expect(messagesIn(arrived({ from: LIST, participant: ANN }))).toMatchObject([
      { chat: { jid: ANN }, sender: { jid: ANN }, broadcast: true }
    ])
    expect(messagesIn(arrived({ from: 'status@broadcast', participant: ANN }))).toMatchObject([
      { chat: { jid: 'status@broadcast' }, sender: { jid: ANN }, broadcast: false }
    ])
  })

  test('an own list is the chat with each recipient, who is known by both addresses', () => {
    const recipients = [{ jid: ANN_LID, alt: ANN }, { jid: '492@s.whatsapp.net' }, { jid: '120@g.us' }]
    const { facts } = convertEntry(arrived(own, { message: sent, recipients }))
    expect(facts).toMatchObject([
      { kind: 'samePerson', phoneJid: ANN, lidJid: ANN_LID, at: AT },
      { kind: 'message', chat: { jid: ANN_LID, alt: ANN }, sender: 'me', body: 'News', broadcast: true },
      { kind: 'message', chat: { jid: '492@s.whatsapp.net' }, sender: 'me', body: 'News', broadcast: true }
    ])
  })

  test('the owner is recognised by the LID, too; without recipients the message is kept under the list', () => {
    expect(messagesIn(arrived({ from: LIST, participant: '70:0@lid' }, { message: sent }))).toMatchObject([
      { chat: { jid: LIST }, sender: 'me', body: 'News' }
    ])
  })

  test('recipients are read from the stanza of a list only', () => {
    const participants = {
      tag: 'participants',
      attrs: {},
      content: [
        { tag: 'to', attrs: { jid: ANN_LID, peer_recipient_pn: ANN } },
        { tag: 'to', attrs: { jid: '492@s.whatsapp.net' } },
        { tag: 'other', attrs: { jid: '493@s.whatsapp.net' } }
      ]
    }
    const stanza = (from: string) => ({ tag: 'message', attrs: { from }, content: [participants] })
    expect(listRecipients(stanza(LIST))).toEqual([{ jid: ANN_LID, alt: ANN }, { jid: '492@s.whatsapp.net' }])
    expect(listRecipients(stanza('120@g.us'))).toEqual([])
  })

  test.each([
    [
      'a recipient',
      { from: LIST, participant: '491:2@s.whatsapp.net' },
      { kind: 'receipt', recipient: { jid: ANN } }
    ],
    ['the owner', { from: LIST, participant: SELF.jid, recipient: ANN, type: 'read' }, { kind: 'readByMe' }]
  ])('a receipt of %s belongs to the chat with the recipient', (_, attributes, fact) => {
    const entry: Journaled = {
      kind: 'receipt',
      self: SELF,
      attributes: { id: 'ID1', t: T, ...attributes },
      ids: ['ID1']
    }
    expect(convertEntry(entry).facts).toMatchObject([{ chat: { jid: ANN }, ...fact }])
  })

  test('history marks what came by a list', () => {
    expect(
      factsOfStoredMessage(SELF, {
        key: { remoteJid: ANN, fromMe: false, id: 'A' },
        message: { conversation: 'Hi' },
        broadcast: true
      })
    ).toMatchObject([{ kind: 'message', broadcast: true }])
  })
})

describe('who is who', () => {
  test('a change of number that WhatsApp tells names both numbers and both LIDs', () => {
    const attrs = { old: ANN, new: '492@s.whatsapp.net', old_lid: ANN_LID, new_lid: '78@lid' }
    const stanza = {
      tag: 'notification',
      attrs: { id: 'N1', t: T, type: 'contacts', from: 's.whatsapp.net' },
      content: [{ tag: 'modify', attrs }]
    }
    expect(isJournaledNotification(stanza)).toBe(true)
    expect(convertEntry({ kind: 'notification', self: SELF, stanza: nodeToJson(stanza) }).facts).toEqual([
      { kind: 'samePerson', phoneJid: ANN, lidJid: ANN_LID, at: 0 },
      { kind: 'samePerson', phoneJid: '492@s.whatsapp.net', lidJid: '78@lid', at: AT },
      {
        kind: 'numberChanged',
        from: { jid: ANN, alt: ANN_LID },
        to: { jid: '492@s.whatsapp.net', alt: '78@lid' },
        at: AT,
        live: true
      }
    ])
    expect(isJournaledNotification({ ...stanza, content: [{ tag: 'update', attrs: {} }] })).toBe(false)
  })

  test('a member who changes the number is the one who was listed under the old one, live and in history', () => {
    const stanza = {
      tag: 'notification',
      attrs: { id: 'N1', t: T, type: 'w:gp2', from: '120@g.us', participant: '492@s.whatsapp.net' },
      content: [{ tag: 'modify', attrs: {}, content: [{ tag: 'participant', attrs: { jid: ANN } }] }]
    }
    const changed = { kind: 'numberChanged', from: { jid: ANN }, to: { jid: '492@s.whatsapp.net' }, at: AT }
    expect(
      convertEntry({ kind: 'notification', self: SELF, stanza: nodeToJson(stanza) }).facts
    ).toContainEqual({ ...changed, live: true })
    const { StubType } = proto.WebMessageInfo
    const stub = (remoteJid: string, messageStubType: number, messageStubParameters: Array<string>) =>
      factsOfStoredMessage(SELF, {
        key: { remoteJid, fromMe: false, id: 'S', participant: '492@s.whatsapp.net' },
        messageTimestamp: Number(T),
        messageStubType,
        messageStubParameters
      })
    expect(stub('120@g.us', StubType.GROUP_PARTICIPANT_CHANGE_NUMBER, [ANN])).toContainEqual({
      ...changed,
      live: false
    })
    expect(stub('492@s.whatsapp.net', StubType.INDIVIDUAL_CHANGE_NUMBER, [ANN])).toContainEqual({
      ...changed,
      live: false
    })
  })

  test('a contact tells the other address, under whichever it is listed and even without a name', () => {
    expect(factsOfContacts([{ id: ANN, phoneNumber: ANN, lid: ANN_LID }])).toEqual([
      { kind: 'contact', person: { jid: ANN, alt: ANN_LID }, name: undefined, pushName: undefined }
    ])
    expect(factsOfContacts([{ id: ANN_LID, phoneNumber: ANN, lid: ANN_LID }])).toMatchObject([
      { person: { jid: ANN_LID, alt: ANN } }
    ])
    expect(factsOfContacts([{ id: ANN }])).toEqual([])
  })

  test('an answer about numbers tells whose each of them is now', () => {
    const user = { tag: 'user', attrs: { jid: ANN }, content: [{ tag: 'lid', attrs: { val: ANN_LID } }] }
    const unknown = { tag: 'user', attrs: { jid: '499@s.whatsapp.net' } }
    const list = { tag: 'list', attrs: {}, content: [user, unknown] }
    expect(
      factsOfUsync({ tag: 'iq', attrs: {}, content: [{ tag: 'usync', attrs: {}, content: [list] }] }, AT)
    ).toEqual([{ kind: 'samePerson', phoneJid: ANN, lidJid: ANN_LID, at: AT }])
  })
})
