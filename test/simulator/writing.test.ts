// What contacts, members and the owner write, and what becomes of it: in chats and groups, under both addressings, edited,
// revoked and reacted to. The truth and what clients see agree.
import { proto } from '@whiskeysockets/baileys'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Account, Phone, Simulator } from '../../simulator/simulator.ts'
import { Client } from './client.ts'
import { linked, type Linked } from './linked.ts'

describe('writing', () => {
  let link: Linked
  let sim: Simulator
  let phone: Phone
  let client: Client
  let ann: Account
  let ben: Account

  beforeAll(async () => {
    link = await linked({ chats: 3, messages: 30, groupsShare: 0, kinds: { text: 1 } })
    ;({ sim, phone, client, ann, ben } = link)
  })

  afterAll(() => link[Symbol.asyncDispose]())

  it.each(['lid', 'pn'] as const)(
    'in a group addressed by %s: members, the owner and the client',
    async addressing => {
      const group = phone.createGroup(`By ${addressing}`, [ann, ben], { addressing })
      const fromAnn = await phone.receive({ from: ann, group, text: `Ann by ${addressing}` })
      const message = await client.text(`Ann by ${addressing}`)
      expect(message.key).toMatchObject({
        id: fromAnn.id,
        remoteJid: group.id,
        participant: addressing === 'lid' ? ann.lid : ann.jid,
        participantAlt: addressing === 'lid' ? ann.jid : ann.lid
      })
      await phone.receive({ from: ben, group, text: `Ben by ${addressing}` })
      await client.text(`Ben by ${addressing}`)
      await phone.send({ to: group, text: `owner by ${addressing}` })
      expect((await client.text(`owner by ${addressing}`)).key.fromMe).toBe(true)
      const sent = await client.say(group.id, `client by ${addressing}`)
      await sim.until(() => phone.truth().received.filter(({ id }) => id === sent.key.id).length === 2)
      expect(phone.truth().messages.find(({ id }) => id === sent.key.id)).toMatchObject({
        chatJid: group.id,
        fromMe: true,
        text: `client by ${addressing}`
      })
      await client.until(() => client.readersOf(sent.key.id).size === 2, 'both read it')
    }
  )

  it('an edit, a reaction and a revoke change the truth, the client and what a later device gets', async () => {
    const { id } = await phone.receive({ from: ann, text: 'firts' })
    await client.text('firts')
    await phone.receive({ from: ann, edit: id, text: 'first' })
    await phone.send({ to: ann, react: id, text: '👍' })
    await phone.receive({ from: ben, edit: id, text: 'Ben may not' })
    const gone = await phone.receive({ from: ann, text: 'gone soon' })
    await phone.receive({ from: ann, revoke: gone.id })
    await client.until(
      () =>
        client.messages.some(
          ({ message }) => message?.protocolMessage?.type === proto.Message.ProtocolMessage.Type.REVOKE
        ),
      'the revoke'
    )
    const truth = phone.truth().messages
    expect(truth.find(one => one.id === id)).toMatchObject({
      text: 'first',
      edited: true,
      reactions: [{ from: phone.jid, text: '👍' }]
    })
    expect(truth.find(one => one.id === gone.id)).toMatchObject({ revoked: true })
    expect(truth.find(one => one.id === gone.id)?.text).toBeUndefined()
    await using later = await Client.linked(sim, phone)
    const all = () => later.history.flatMap(({ messages }) => messages)
    const editIn = ({ message }: proto.IWebMessageInfo) => message?.editedMessage?.message?.protocolMessage
    const edited = await later.until(
      () => all().find(info => editIn(info)?.key?.id === id),
      'the edited message'
    )
    expect(editIn(edited)?.editedMessage?.conversation).toBe('first')
    expect(edited.key.id).not.toBe(id)
    expect(edited.reactions?.map(({ text }) => text)).toEqual(['👍'])
    const revoked = all().find(({ key }) => key.id === gone.id)
    expect(revoked?.messageStubType).toBe(proto.WebMessageInfo.StubType.REVOKE)
    expect(revoked?.message).toBeFalsy()
  })

  it('a message of the generated past can be edited, and is given away edited', async () => {
    const chat = phone.mailbox.chats.find(({ partner }) => partner === ben)!
    const theirs = Array.from({ length: chat.count }, (_, place) => phone.mailbox.heldAt(chat, place)).find(
      ({ fromMe }) => !fromMe
    )!
    await phone.receive({ from: ben, edit: theirs.id, text: 'history rewritten' })
    expect(phone.truth().messages.find(({ id }) => id === theirs.id)).toMatchObject({
      text: 'history rewritten',
      edited: true
    })
    const message = phone.mailbox.infoAt(chat, phone.mailbox.placeOf(chat, theirs.id)!)?.message
    const edit = message?.editedMessage?.message?.protocolMessage
    expect(edit?.key?.id).toBe(theirs.id)
    expect(edit?.editedMessage?.conversation ?? edit?.editedMessage?.extendedTextMessage?.text).toBe(
      'history rewritten'
    )
  })

  it('poll votes, pins and reactions of the client are no messages of their own', async () => {
    const { id } = await phone.receive({ from: ann, text: 'react to this' })
    const message = await client.text('react to this')
    const before = phone.truth().messages.length
    await client.socket.sendMessage(ann.jid, { react: { text: '🎉', key: message.key } })
    await sim.until(() =>
      phone.truth().messages.find(one => one.id === id && one.reactions?.some(({ text }) => text === '🎉'))
    )
    expect(phone.truth().messages).toHaveLength(before)
  })

  it('only members write to a group', async () => {
    const group = phone.createGroup('Closed', [ann])
    await expect(phone.receive({ from: ben, group, text: 'let me in' })).rejects.toThrow('members')
  })
})
