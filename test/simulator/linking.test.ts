// How devices are linked and unlinked: by code, several of one phone, one connection each, and out for good.
import { Browsers } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import { Simulator } from '../../simulator/simulator.ts'
import { Client } from './client.ts'

describe('linking', () => {
  it('works by pairing code, and a wrong code is refused', async () => {
    await using sim = await Simulator.make()
    const phone = sim.createPhone({ history: { chats: 2, messages: 10 } })
    // WhatsApp gives no pairing code to desktop clients.
    await using client = new Client(sim, { browser: Browsers.macOS('Chrome') })
    client.connect()
    await client.until(() => client.qr, 'the first QR')
    const code = await client.socket.requestPairingCode(phone.phoneNumber)
    await expect(phone.enterPairingCode('WRONGWRG')).rejects.toThrow('pairing code was wrong')
    await phone.enterPairingCode(`${code.slice(0, 4)}-${code.slice(4)}`)
    await client.until(() => client.state === 'open', 'open')
    expect(client.creds.me?.id).toBe(phone.devices[0]!.jid)
    await client.until(() => client.history.length > 0, 'the history')
  })

  it('gives several devices of one phone distinct numbers and copies of what the others send', async () => {
    await using sim = await Simulator.make()
    const phone = sim.createPhone({ history: { chats: 3, messages: 10 } })
    await using first = await Client.linked(sim, phone)
    await using second = await Client.linked(sim, phone)
    expect(phone.devices.map(({ number }) => number)).toEqual([1, 2])
    const contact = phone.contacts[0]!
    const sent = await first.say(contact.jid, 'from the first device')
    const copy = await second.text('from the first device')
    expect(copy.key).toMatchObject({ id: sent.key.id, fromMe: true })
    await phone.receive({ from: contact, text: 'for both' })
    await Promise.all([first.text('for both'), second.text('for both')])
    await phone.send({ to: contact, text: 'from the phone itself' })
    const own = await Promise.all([first.text('from the phone itself'), second.text('from the phone itself')])
    expect(own.map(({ key }) => key.fromMe)).toEqual([true, true])
  })

  it('tells linked devices what the owner read on the phone', async () => {
    await using sim = await Simulator.make()
    const phone = sim.createPhone({ history: { chats: 3, messages: 10 } })
    await using client = await Client.linked(sim, phone)
    const contact = phone.contacts[0]!
    const { id } = await phone.receive({ from: contact, text: 'unread' })
    await client.text('unread')
    await phone.markRead(contact)
    await client.until(() => client.statusOf(id) === 4, 'read on the phone')
  })

  it('turns a device away with 401 once it was unlinked, and one that logs itself out', async () => {
    await using sim = await Simulator.make()
    const phone = sim.createPhone()
    await using client = await Client.linked(sim, phone)
    phone.unlinkDevice(1)
    await client.until(() => client.closes.includes(401), 'the removal')
    client.connect()
    await client.until(() => client.closes.filter(code => code === 401).length === 2, 'the refused login')
    await using another = await Client.linked(sim, phone)
    expect(phone.devices.map(({ number }) => number)).toEqual([2])
    await another.socket.logout()
    await sim.until(() => phone.devices.length === 0)
  })

  it('turns a device away that nobody linked', async () => {
    await using sim = await Simulator.make()
    await using other = await Simulator.make()
    const client = await Client.linked(sim, sim.createPhone())
    await client.stop()
    const stranger = new Client(other)
    Object.assign(stranger.creds, client.creds)
    stranger.connect()
    await stranger.until(() => stranger.closes.includes(401), 'the refused login')
    await stranger.stop()
  })

  it('lets the second connection of a device replace the first', async () => {
    await using sim = await Simulator.make()
    const phone = sim.createPhone()
    await using client = await Client.linked(sim, phone)
    await using twin = new Client(sim)
    Object.assign(twin.creds, client.creds)
    twin.keys.stored.clear()
    for (const [key, value] of client.keys.stored) twin.keys.stored.set(key, value)
    twin.connect()
    await twin.until(() => twin.state === 'open', 'the second connection')
    await client.until(() => client.closes.includes(440), 'replaced')
    expect(phone.devices).toHaveLength(1)
  })
})
