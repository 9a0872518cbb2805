// What durability is measured against: a message is kept until its receipt, delivered again until then, and gone after it.
import { DEFAULT_CONNECTION_CONFIG } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import { Simulator } from '../../simulator/simulator.ts'
import { Client } from './client.ts'

/** A client that dies between getting a message and confirming it: decryption never ends. */
const neverDecrypts: typeof DEFAULT_CONNECTION_CONFIG.makeSignalRepository = (...options) => ({
  ...DEFAULT_CONNECTION_CONFIG.makeSignalRepository(...options),
  decryptMessage: () => new Promise(() => undefined)
})

describe('the offline queue', () => {
  it('delivers again, in order and marked offline, what was delivered but not confirmed', async () => {
    await using sim = await Simulator.make()
    const phone = sim.createPhone({ history: { chats: 2, messages: 4 } })
    const contact = phone.contacts[0]!
    const client = await Client.linked(sim, phone)
    await client.firstSync()
    await sim.until(() => phone.offlineQueue().length === 0)
    await client.stop()
    await sim.until(() => phone.devices[0]!.connection === undefined)

    const dying = new Client(sim, { makeSignalRepository: neverDecrypts })
    Object.assign(dying.creds, client.creds)
    for (const [key, value] of client.keys.stored) dying.keys.stored.set(key, value)
    dying.connect()
    await dying.until(() => dying.state === 'open', 'open')
    const ids: string[] = []
    for (const text of ['first', 'second', 'third'])
      ids.push((await phone.receive({ from: contact, text })).id)
    await sim.until(() => phone.truth().delivered.filter(({ id }) => ids.includes(id)).length === 3)
    expect(phone.offlineQueue().map(({ id }) => id)).toEqual(ids)
    await dying.stop()
    await sim.until(() => phone.devices[0]!.connection === undefined)
    expect(phone.offlineQueue().map(({ id, deliveries }) => [id, deliveries])).toEqual(ids.map(id => [id, 1]))

    client.connect()
    await client.text('third')
    const again = client.messages.filter(({ key }) => ids.includes(key.id ?? ''))
    expect(again.map(({ key }) => key.id)).toEqual(ids)
    expect(again.map(({ upsertType }) => upsertType)).toEqual(['append', 'append', 'append'])
    await sim.until(() => phone.offlineQueue().length === 0)
    expect(
      phone
        .truth()
        .delivered.filter(({ id }) => ids.includes(id))
        .map(({ id, times, confirmed }) => [id, times, confirmed])
    ).toEqual(ids.map(id => [id, 2, true]))
    await client.stop()
  })

  it('forgets only the receipt of the member an acknowledgement names: all have the id of the message', async () => {
    await using sim = await Simulator.make()
    const phone = sim.createPhone({ history: { chats: 3, messages: 6, groupsShare: 0 } })
    const [ann, ben] = phone.contacts
    for (const contact of [ann!, ben!]) contact.readsAutomatically = false
    const group = phone.createGroup('Trip', [ann!, ben!])
    await using client = await Client.linked(sim, phone)
    await client.firstSync()
    await sim.until(() => phone.offlineQueue().length === 0)
    // Nothing is acknowledged by itself any more.
    client.socket.ws.removeAllListeners('CB:receipt')
    const sent = await client.socket.sendMessage(group.id, { text: 'hello' })
    const receipts = () => phone.offlineQueue().filter(({ id }) => id === sent!.key.id)
    await sim.until(() => receipts().length === 2)
    await client.socket.sendNode({
      tag: 'ack',
      attrs: { id: sent!.key.id!, to: group.id, class: 'receipt', participant: ann!.jid }
    })
    await sim.until(() => receipts().length < 2)
    expect(receipts()).toHaveLength(1)
  })

  it('forgets one stanza of a channel for each acknowledgement: a post and its changes have one id', async () => {
    await using sim = await Simulator.make()
    const phone = sim.createPhone({ history: { chats: 2, messages: 4, groupsShare: 0 } })
    await using client = await Client.linked(sim, phone)
    await client.firstSync()
    await sim.until(() => phone.offlineQueue().length === 0)
    client.socket.ws.removeAllListeners('CB:message')
    const channel = '120363000000000009@newsletter'
    const { id } = phone.receivePost({ channel, message: { conversation: 'news' } })
    phone.receivePost({ channel, id, change: 'delete' })
    const acknowledge = () =>
      client.socket.sendNode({ tag: 'ack', attrs: { id, to: channel, class: 'message' } })
    for (const left of [1, 0]) {
      await acknowledge()
      await sim.until(() => phone.offlineQueue().length <= left)
      expect(phone.offlineQueue()).toHaveLength(left)
    }
  })

  it('keeps each linked device’s own queue, receipts and group changes included', async () => {
    await using sim = await Simulator.make()
    const phone = sim.createPhone({ history: { chats: 2, messages: 4, groupsShare: 0 } })
    const contact = phone.contacts[0]!
    await using here = await Client.linked(sim, phone)
    await using away = await Client.linked(sim, phone)
    await away.firstSync()
    await sim.until(() => phone.offlineQueue().length === 0)
    away.reconnects = false
    phone.disconnect({ device: 2 })
    await away.until(() => away.state === 'close', 'the drop')
    const sent = await here.say(contact.jid, 'from the other device')
    await here.until(() => here.statusOf(sent.key.id) === 4, 'read')
    const { id: group } = await here.socket.groupCreate('While away', [contact.jid])
    const waiting = phone.offlineQueue().filter(({ device }) => device.includes(':2@'))
    expect(waiting.map(({ kind }) => kind)).toEqual(['message', 'receipt', 'receipt', 'notification'])
    expect(
      phone.offlineQueue().filter(({ device, kind }) => device.includes(':1@') && kind === 'message')
    ).toEqual([])
    away.reconnects = true
    away.connect()
    expect((await away.text('from the other device')).key.fromMe).toBe(true)
    await away.until(
      () =>
        away.events.some(
          ({ name, data }) => name === 'groups.upsert' && JSON.stringify(data).includes(group)
        ),
      'the group'
    )
    await away.until(() => away.statusOf(sent.key.id) === 4, 'the receipts')
    await sim.until(() => phone.offlineQueue().length === 0)
  })

  it('takes a receipt for another participant’s message of the same id for what it is', async () => {
    await using sim = await Simulator.make()
    const phone = sim.createPhone({ history: { chats: 3, messages: 6, groupsShare: 0 } })
    const [one, other] = phone.contacts
    await using client = await Client.linked(sim, phone)
    await client.firstSync()
    const group = phone.createGroup('Twins', [one!, other!])
    client.reconnects = false
    phone.disconnect()
    await client.until(() => client.state === 'close', 'the drop')
    await phone.receive({ from: one!, group, text: 'mine', id: 'SAMEID' })
    await phone.receive({ from: other!, group, text: 'mine too', id: 'SAMEID' })
    expect(phone.truth().messages.filter(({ id }) => id === 'SAMEID')).toHaveLength(2)
    client.reconnects = true
    client.connect()
    await sim.until(() => phone.offlineQueue().length === 0)
    // Baileys itself folds the two into one event; on the wire both were delivered and confirmed
    const delivered = phone.truth().delivered.filter(({ id }) => id === 'SAMEID')
    expect(delivered.map(({ participant, confirmed }) => [participant, confirmed])).toEqual([
      [one!.lid, true],
      [other!.lid, true]
    ])
  })

  it('goes on after a connection that breaks in the middle of it, and repeats what a lost receipt left behind', async () => {
    await using sim = await Simulator.make()
    const phone = sim.createPhone({ history: { chats: 2, messages: 4 } })
    await using client = await Client.linked(sim, phone)
    await client.firstSync()
    await sim.until(() => phone.offlineQueue().length === 0)
    client.reconnects = false
    phone.fault({ kind: 'drop' })
    await client.until(() => client.state === 'close', 'the drop')
    const ids: string[] = []
    for (let i = 0; i < 9; i++)
      ids.push((await phone.receive({ from: phone.contacts[0]!, text: `part ${i}` })).id)
    phone.fault({ kind: 'dropAfter', count: 4, stanza: 'message' }, { times: 2 })
    client.reconnects = true
    client.connect()
    await sim.until(() => phone.offlineQueue().length === 0)
    const delivered = phone.truth().delivered.filter(({ id }) => ids.includes(id))
    expect(delivered.map(({ confirmed }) => confirmed)).toEqual(ids.map(() => true))
    expect(client.closes.filter(code => code === 428).length).toBeGreaterThanOrEqual(3)
    phone.fault({ kind: 'loseReceipts' }, { times: 1 })
    const { id } = await phone.receive({ from: phone.contacts[0]!, text: 'confirmed twice' })
    await client.text('confirmed twice')
    expect(phone.offlineQueue().map(entry => entry.id)).toContain(id)
    phone.fault({ kind: 'disconnect', code: 503 })
    await sim.until(() => phone.offlineQueue().length === 0)
    expect(phone.truth().delivered.find(one => one.id === id)).toMatchObject({ times: 2, confirmed: true })
  })

  it('survives a contact that sets WhatsApp up again, in both directions', async () => {
    await using sim = await Simulator.make()
    const phone = sim.createPhone({ history: { chats: 2, messages: 4 } })
    const contact = phone.contacts[0]!
    await using client = await Client.linked(sim, phone)
    await client.firstSync()
    await phone.receive({ from: contact, text: 'before' })
    await client.text('before')
    await client.say(contact.jid, 'answer')
    sim.reinstall(contact)
    await phone.receive({ from: contact, text: 'after' })
    await client.text('after')
    const sent = await client.say(contact.jid, 'answer again')
    await sim.until(() =>
      phone.truth().received.find(({ id, text }) => id === sent.key.id && text === 'answer again')
    )
  })

  it('answers keep-alive pings', async () => {
    await using sim = await Simulator.make()
    await using client = await Client.linked(sim, sim.createPhone(), { keepAliveIntervalMs: 100 })
    let pings = 0
    sim.events.on(({ name, detail }) => {
      if (name === 'query' && detail['xmlns'] === 'w:p') pings++
    })
    await sim.until(() => pings >= 5)
    expect(client.closes).toEqual([515])
  })
})
