// An unmodified Baileys links to a simulated phone, gets its history and talks, as with WhatsApp.
import { describe, expect, it } from 'vitest'
import { Simulator } from '../../simulator/simulator.ts'
import { Client, originalIdOf, textOf } from './client.ts'

describe('an unmodified Baileys', () => {
  it('pairs by QR, survives 515, uploads its pre-keys and gets every message of the history once', async () => {
    await using sim = await Simulator.make()
    const phone = sim.createPhone({
      name: 'Ada',
      history: { chats: 12, messages: 300, inlineBelowBytes: 10 ** 9 }
    })
    await using client = await Client.linked(sim, phone, { syncFullHistory: true })
    expect(client.closes).toEqual([515])
    const truth = phone.truth().messages
    expect(truth).toHaveLength(300)
    const got = () => client.history.flatMap(chunk => chunk.messages)
    await client.until(() => got().length >= 300, 'the history')
    const byId = new Map(got().map(message => [originalIdOf(message), message]))
    expect(got()).toHaveLength(300)
    for (const held of truth) {
      const message = byId.get(held.id)
      expect(message, held.id).toBeDefined()
      expect(message?.key.fromMe).toBe(held.fromMe)
      expect(Number(message?.messageTimestamp)).toBe(held.timestamp)
      if (held.kind === 'text') expect(textOf(message!)).toBe(held.text)
    }
    await sim.until(() => phone.devices[0]!.preKeys.size > 800)
  })

  it('receives a live message, receipts it, and what it sends is decrypted, delivered and read', async () => {
    await using sim = await Simulator.make()
    const phone = sim.createPhone({ history: { chats: 5, messages: 20 } })
    const contact = phone.contacts[0]!
    await using client = await Client.linked(sim, phone)
    const written = await phone.receive({ from: contact, text: 'hello from a contact' })
    const message = await client.text('hello from a contact')
    expect(message.key.id).toBe(written.id)
    expect(message.pushName).toBe(contact.pushName)
    await sim.until(() => phone.truth().offlineQueue.every(entry => entry.id !== written.id))
    const sent = await client.say(contact.jid, 'hello back')
    await sim.until(() =>
      phone.truth().received.find(one => one.id === sent.key.id && one.text === 'hello back')
    )
    await client.until(() => client.statusOf(sent.key.id) === 4, 'the read receipt')
    expect(phone.truth().messages.find(one => one.id === sent.key.id)).toMatchObject({
      fromMe: true,
      text: 'hello back'
    })
  })

  it('gets what it missed while it was away, in order, marked offline, and only once', async () => {
    await using sim = await Simulator.make()
    const phone = sim.createPhone({ history: { chats: 3, messages: 9 } })
    const contact = phone.contacts[0]!
    const client = await Client.linked(sim, phone)
    await phone.receive({ from: contact, text: 'before' })
    await client.text('before')
    await sim.until(() => phone.truth().offlineQueue.length === 0)
    await client.stop()
    await sim.until(() => phone.devices[0]!.connection === undefined)
    for (let i = 0; i < 5; i++) await phone.receive({ from: contact, text: `missed ${i}` })
    await phone.send({ to: contact, text: 'from the phone' })
    expect(phone.truth().offlineQueue.filter(entry => entry.kind === 'message')).toHaveLength(6)
    client.connect()
    await client.text('from the phone')
    const missed = client.messages.filter(message => textOf(message)?.startsWith('missed'))
    expect(missed.map(textOf)).toEqual([0, 1, 2, 3, 4].map(i => `missed ${i}`))
    expect(new Set(missed.map(message => message.upsertType))).toEqual(new Set(['append']))
    await sim.until(() => phone.truth().offlineQueue.length === 0)
    await client.stop()
  })
})
