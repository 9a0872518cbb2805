// What WhatsApp does with devices that do not acknowledge statuses, or refuse them.
import { describe, expect, it } from 'vitest'
import { Simulator } from '../../simulator/simulator.ts'
import { Client } from './client.ts'

const SMALL = { history: { chats: 2, messages: 4, groupsShare: 0 } }

describe('statuses', () => {
  it('end the connection of a device that leaves several of them unacknowledged, and wait for it', async () => {
    await using sim = await Simulator.make()
    const phone = sim.createPhone(SMALL)
    await using client = await Client.linked(sim, phone)
    await client.firstSync()
    await sim.until(() => phone.offlineQueue().length === 0)
    const [device] = phone.devices
    const before = device!.connection

    // Baileys does not know these stanzas.
    for (let n = 0; n < 4; n += 1)
      await phone.receiveStatus({ from: phone.contacts[0]!, text: `status ${n}` })

    await sim.until(() => device!.connection !== before, { what: 'the connection to end' })
    expect(phone.offlineQueue().map(({ from, kind }) => [kind, from])).toEqual(
      Array.from({ length: 4 }, () => ['status', 'status@broadcast'])
    )
  })

  it('that a device refuses hold back everything behind them until they are acknowledged', async () => {
    await using sim = await Simulator.make()
    const phone = sim.createPhone(SMALL)
    const [contact] = phone.contacts
    await using client = await Client.linked(sim, phone)
    await client.firstSync()
    await sim.until(() => phone.offlineQueue().length === 0)
    phone.account.statusStanzas = false
    const fault = phone.fault({ kind: 'corruptMessages' })
    const refused = new Promise<void>(resolve => {
      sim.events.on(({ name }) => {
        if (name === 'refused') resolve()
      })
    })
    const status = await phone.receiveStatus({ from: contact!, text: 'unreadable' })
    await refused
    fault.clear()

    const { id } = await phone.receive({ from: contact!, text: 'behind it' })
    await client.socket.query({
      tag: 'iq',
      attrs: { id: 'ping', to: 's.whatsapp.net', type: 'get', xmlns: 'w:p' },
      content: [{ tag: 'ping', attrs: {} }]
    })
    const waiting = () => phone.offlineQueue().map(entry => [entry.id, entry.deliveries > 0])
    expect(waiting()).toContainEqual([status.id, true])
    expect(waiting()).toContainEqual([id, false])

    await client.socket.sendNode({
      tag: 'ack',
      attrs: { id: status.id, to: 'status@broadcast', class: 'message', participant: contact!.jid }
    })
    expect((await client.text('behind it')).key.id).toBe(id)
  })
})
