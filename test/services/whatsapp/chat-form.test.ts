// The addresses within a message follow the form of the chat that it goes to.
import { type GroupMetadata, proto } from '@whiskeysockets/baileys'
import { describe, expect, test } from 'vitest'
import { type Chat, writeInFormOf } from '../../../src/services/whatsapp/chat-form.ts'

const ANN = { number: '491@s.whatsapp.net', lid: '91@lid' }
const SELF = { jid: '490@s.whatsapp.net', lid: '90@lid' }
const GROUP = '1203@g.us'

const groupBy = (addressingMode: 'lid' | 'pn') =>
  ({
    id: GROUP,
    addressingMode,
    participants: [{ id: ANN.lid, phoneNumber: ANN.number }]
  }) as unknown as GroupMetadata

const chat = (jid: string, group?: GroupMetadata): Chat => ({
  jid,
  group,
  self: SELF,
  lidOf: async () => null,
  numberOf: async jid_ => (jid_ === ANN.lid ? ANN.number : null)
})

const written = async (into: Chat, message: proto.IMessage) => {
  const decoded = proto.Message.decode(proto.Message.encode(message).finish())
  await writeInFormOf(into, decoded)
  return decoded
}

const reaction = (key: proto.IMessageKey): proto.IMessage => ({ reactionMessage: { key, text: '👍' } })
const answer = (participant: string): proto.IMessage => ({
  viewOnceMessage: { message: { imageMessage: { contextInfo: { stanzaId: 'A', participant } } } }
})

describe.each([
  ['a chat of two by LID', chat(ANN.lid), { remoteJid: ANN.lid }, ANN.lid, SELF.lid],
  ['a chat of two by number', chat(ANN.number), { remoteJid: ANN.number }, ANN.number, SELF.jid],
  ['a group by LID', chat(GROUP, groupBy('lid')), { remoteJid: GROUP }, ANN.lid, SELF.lid],
  ['a group by number', chat(GROUP, groupBy('pn')), { remoteJid: GROUP }, ANN.number, SELF.jid]
])('in %s', (_, into, { remoteJid }, ann, self) => {
  const isGroup = into.group !== undefined
  // Nothing but a group says which LID a number has.
  const known = isGroup || ann === ANN.number ? [ANN.number, ANN.lid] : [ANN.lid]

  test.each(known)('a reaction to a message of %s names its author so', async author => {
    const key = isGroup ? { remoteJid, id: 'A', participant: author } : { remoteJid: author, id: 'A' }
    const { reactionMessage } = await written(into, reaction(key))
    expect(reactionMessage?.key?.remoteJid).toBe(remoteJid)
    if (isGroup) expect(reactionMessage?.key?.participant).toBe(ann)
  })

  test('so do answers, in their envelopes, to others and to oneself', async () => {
    for (const author of known) {
      const { viewOnceMessage } = await written(into, answer(author))
      expect(viewOnceMessage?.message?.imageMessage?.contextInfo?.participant).toBe(ann)
    }
    for (const author of [SELF.jid, SELF.lid]) {
      const { viewOnceMessage } = await written(into, answer(author))
      expect(viewOnceMessage?.message?.imageMessage?.contextInfo?.participant).toBe(self)
    }
  })
})

test('who has no known address in that form stays as they are; statuses stay as they are', async () => {
  const stranger = '499@s.whatsapp.net'
  const { viewOnceMessage } = await written(chat(GROUP, groupBy('lid')), answer(stranger))
  expect(viewOnceMessage?.message?.imageMessage?.contextInfo?.participant).toBe(stranger)
  const key = { remoteJid: 'status@broadcast', id: 'A', fromMe: true }
  const revoke = { protocolMessage: { key, type: proto.Message.ProtocolMessage.Type.REVOKE } }
  expect((await written(chat('status@broadcast'), revoke)).protocolMessage?.key).toMatchObject(key)
})
