// Two independent Baileys clients, linked to two phones, talk to each other through the simulator as through WhatsApp.
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { Agent } from 'node:https'
import { downloadMediaMessage, proto } from '@whiskeysockets/baileys'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Phone } from '../../simulator/simulator.ts'
import { Simulator } from '../../simulator/simulator.ts'
import { Client, textOf } from './client.ts'

describe('two clients of two phones', () => {
  let sim: Simulator
  let phones: [Phone, Phone, Phone]
  let alice: Client
  let bob: Client
  let carol: Client

  beforeAll(async () => {
    sim = await Simulator.make()
    setDefaultCACertificates([...getCACertificates('default'), sim.caCertificate])
    phones = [
      sim.createPhone({ name: 'Alice A' }),
      sim.createPhone({ name: 'Bob B' }),
      sim.createPhone({ name: 'Carol C' })
    ]
    const fetchAgent = new Agent({ ca: sim.caCertificate })
    ;[alice, bob, carol] = await Promise.all([
      Client.linked(sim, phones[0], { fetchAgent }),
      Client.linked(sim, phones[1], { fetchAgent }),
      Client.linked(sim, phones[2], { fetchAgent })
    ])
  })

  afterAll(async () => {
    await Promise.all([alice.stop(), bob.stop(), carol.stop()])
    await sim.stop()
  })

  it('write to each other, push name included, and both phones hold the message', async () => {
    const sent = await alice.say(phones[1].jid, 'hello Bob')
    const received = await bob.text('hello Bob')
    expect(received.key).toMatchObject({ id: sent.key.id, fromMe: false })
    expect(received.pushName).toBe('Alice A')
    await bob.say(phones[0].jid, 'hello Alice')
    expect((await alice.text('hello Alice')).key.fromMe).toBe(false)
    await sim.until(() => phones[0].truth().messages.some(({ text }) => text === 'hello Alice'))
    expect(phones[0].truth().messages.find(({ text }) => text === 'hello Bob')).toMatchObject({
      chatJid: phones[1].jid,
      fromMe: true
    })
    expect(phones[1].truth().messages.find(({ text }) => text === 'hello Bob')).toMatchObject({
      chatJid: phones[0].jid,
      fromMe: false
    })
  })

  it('see each other’s delivery and read receipts', async () => {
    const sent = await alice.say(phones[1].jid, 'did you read this?')
    const received = await bob.text('did you read this?')
    await alice.until(() => alice.statusOf(sent.key.id) >= 3, 'the delivery receipt')
    await bob.socket.readMessages([received.key])
    await alice.until(() => alice.statusOf(sent.key.id) === 4, 'the read receipt')
  })

  it('revoke and edit', async () => {
    const sent = await alice.say(phones[1].jid, 'never mind')
    await bob.text('never mind')
    await alice.socket.sendMessage(phones[1].jid, { text: 'I mean it', edit: sent.key })
    await bob.until(
      () =>
        bob.messages.find(
          ({ message }) =>
            message?.protocolMessage?.type === proto.Message.ProtocolMessage.Type.MESSAGE_EDIT ||
            message?.editedMessage
        ) ?? bob.updates.find(({ update }) => update.message?.editedMessage),
      'the edit'
    )
    await alice.socket.sendMessage(phones[1].jid, { delete: sent.key })
    await bob.until(
      () =>
        bob.messages.find(
          ({ message }) =>
            message?.protocolMessage?.type === proto.Message.ProtocolMessage.Type.REVOKE &&
            message.protocolMessage.key?.id === sent.key.id
        ),
      'the revoke'
    )
    await sim.until(() => phones[1].truth().messages.find(({ id, revoked }) => id === sent.key.id && revoked))
  })

  it('create a group, add, remove, promote and demote members, and only members get its messages', async () => {
    const { id } = await alice.socket.groupCreate('Trip', [phones[1].jid])
    await bob.until(() => upserted(bob, id), 'the group at Bob’s')
    await alice.say(id, 'first')
    expect((await bob.text('first')).key.remoteJid).toBe(id)
    expect((await alice.socket.groupParticipantsUpdate(id, [phones[2].jid], 'add'))[0]?.status).toBe('200')
    await carol.until(() => upserted(carol, id), 'the group at Carol’s')
    expect((await alice.socket.groupMetadata(id)).participants).toHaveLength(3)
    await bob.say(id, 'welcome')
    await Promise.all([alice.text('welcome'), carol.text('welcome')])
    await alice.socket.groupParticipantsUpdate(id, [phones[1].jid], 'promote')
    const rank = async () =>
      (await alice.socket.groupMetadata(id)).participants.find(({ id: one }) => one === phones[1].lid)?.admin
    expect(await rank()).toBe('admin')
    await alice.socket.groupParticipantsUpdate(id, [phones[1].jid], 'demote')
    expect(await rank()).toBeNull()
    await alice.socket.groupParticipantsUpdate(id, [phones[2].jid], 'remove')
    await carol.until(
      () =>
        carol.events.some(
          ({ name, data }) => name === 'group-participants.update' && isRemovalFrom(data, id)
        ),
      'the removal at Carol’s'
    )
    const last = await alice.say(id, 'without Carol')
    await bob.text('without Carol')
    await alice.say(phones[2].jid, 'a sign that nothing is on its way')
    await carol.text('a sign that nothing is on its way')
    expect(carol.messages.some(message => textOf(message) === 'without Carol')).toBe(false)
    expect(
      phones[0]
        .truth()
        .received.filter(one => one.id === last.key.id)
        .map(one => one.recipient)
    ).toEqual([phones[1].jid])
  })

  it('see each other’s typing and presence', async () => {
    await bob.socket.presenceSubscribe(phones[0].jid)
    await alice.socket.sendPresenceUpdate('composing', phones[1].jid)
    await bob.until(
      () => bob.events.some(({ name, data }) => name === 'presence.update' && hasPresence(data, 'composing')),
      'typing'
    )
  })

  it('send each other files through the media host', async () => {
    const file = Buffer.from('%PDF-1.1 a small real file')
    await alice.socket.sendMessage(phones[1].jid, {
      document: file,
      mimetype: 'application/pdf',
      fileName: 'small.pdf'
    })
    const received = await bob.until(
      () => bob.messages.find(({ message }) => message?.documentMessage?.fileName === 'small.pdf'),
      'the document'
    )
    await bob.socket.refreshMediaConn()
    const downloaded = await downloadMediaMessage(received, 'buffer', { host: bob.socket.getMediaHost() })
    expect(Buffer.compare(downloaded, file)).toBe(0)
  })
})

const upserted = (client: Client, id: string): boolean =>
  client.events.some(
    ({ name, data }) => name === 'groups.upsert' && (data as { id: string }[]).some(group => group.id === id)
  )

const isRemovalFrom = (data: unknown, id: string): boolean => {
  const update = data as { id: string; action: string }
  return update.id === id && update.action === 'remove'
}

const hasPresence = (data: unknown, presence: string): boolean =>
  Object.values((data as { presences: Record<string, { lastKnownPresence: string }> }).presences).some(
    ({ lastKnownPresence }) => lastKnownPresence === presence
  )
