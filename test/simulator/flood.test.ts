// A flood of live messages: every one is written once, in order, and arrives.
import { describe, expect, it } from 'vitest'
import { idInFlood } from '../../simulator/protocol/messages/flood.ts'
import { Simulator } from '../../simulator/simulator.ts'
import { thorough } from '../thorough.ts'
import { Client } from './client.ts'

describe('a flood', () => {
  it('of several contacts is queued as fast as it can be encrypted, and all of it arrives', async () => {
    await using sim = await Simulator.make()
    const phone = sim.createPhone({ history: { chats: 4, messages: 8, groupsShare: 0 } })
    await using client = await Client.linked(sim, phone)
    await client.firstSync()
    const count = thorough(400, 1000)
    const { idPrefix } = await phone.flood({ count, text: 'wave' })
    const waves = phone.truth().messages.filter(({ text }) => text?.startsWith('wave '))
    expect(waves.map(({ id }) => id)).toEqual(
      Array.from({ length: count }, (_, index) => idInFlood(idPrefix, index))
    )
    expect(new Set(waves.map(({ chatJid }) => chatJid)).size).toBe(phone.contacts.length)
    await client.text(`wave ${count - 1}`)
    await sim.until(() => phone.offlineQueue().length === 0, { timeoutMs: 30_000, what: 'an empty queue' })
    expect(new Set(client.messages.map(({ key }) => key.id)).size).toBeGreaterThanOrEqual(count)
  })

  it('comes from whom it should', async () => {
    await using sim = await Simulator.make()
    const phone = sim.createPhone()
    const writer = sim.createContact()
    await phone.flood({ from: writer, count: 5 })
    expect(phone.truth().messages.map(({ chatJid, text }) => `${chatJid} ${text}`)).toEqual(
      [0, 1, 2, 3, 4].map(index => `${writer.jid} flood ${index}`)
    )
    await expect(phone.flood({ count: 1 })).rejects.toThrow('somebody')
  })
})
