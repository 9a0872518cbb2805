// What the simulator costs: many phones at once, a very long history, many messages for a device that is away.
// `node simulator/measure.ts` prints the full figures.
import { describe, expect, it } from 'vitest'
import { buildChunk } from '../../simulator/state/history/chunk.ts'
import { planChunks } from '../../simulator/state/history/plan.ts'
import { Simulator } from '../../simulator/simulator.ts'
import { thorough } from '../thorough.ts'
import { Client } from './client.ts'

const WAITING = thorough(300, 1000)

describe('capacity', () => {
  it('200 phones of 5,000 messages stand in a fraction of 2 GB', async () => {
    const before = process.memoryUsage.rss()
    await using sim = await Simulator.make()
    const phones = Array.from({ length: 200 }, () =>
      sim.createPhone({ history: { chats: 60, messages: 5000 } })
    )
    expect(phones.reduce((sum, phone) => sum + phone.mailbox.generatedCount, 0)).toBe(1_000_000)
    expect([...phones[199]!.heldMessages()]).toHaveLength(5000)
    expect(process.memoryUsage.rss() - before).toBeLessThan(1024 ** 3)
  })

  it('a million messages of one phone are made chunk by chunk, each in exactly one', async () => {
    await using sim = await Simulator.make()
    const { mailbox, account } = sim.createPhone({
      history: { chats: 500, messages: 1_000_000, chunkMessages: 5000 }
    })
    const plan = sim.network.syncPlanOf(account)
    const chunks = planChunks(mailbox, plan, true)
    const planned = chunks
      .flatMap(({ stretches }) => stretches)
      .reduce((sum, { from, to }) => sum + to - from, 0)
    expect(planned).toBe(1_000_000)
    const last = buildChunk(mailbox, chunks.at(-1)!)
    expect(last.conversations?.at(-1)?.endOfHistoryTransferType).toBe(1)
    expect(last.conversations?.at(-1)?.messages?.at(-1)?.message?.key?.id).toBe(
      mailbox.idOf(mailbox.chats.at(-1)!, 0)
    )
  })

  it('hundreds of messages wait for a device that is away and arrive in order', async () => {
    await using sim = await Simulator.make()
    const phone = sim.createPhone({ history: { chats: 2, messages: 4 } })
    await using client = await Client.linked(sim, phone)
    await client.firstSync()
    client.reconnects = false
    phone.disconnect()
    await client.until(() => client.state === 'close', 'the drop')
    for (let i = 0; i < WAITING; i++)
      await phone.receive({ from: phone.contacts[i % 2]!, text: `waiting ${i}` })
    client.reconnects = true
    client.connect()
    await sim.until(() => phone.offlineQueue().length === 0, { timeoutMs: 25_000, what: 'an empty queue' })
    await client.text(`waiting ${WAITING - 1}`)
    const order = client.messages
      .map(({ message }) => message?.conversation)
      .filter(text => text?.startsWith('waiting'))
    expect(order).toEqual(Array.from({ length: WAITING }, (_, i) => `waiting ${i}`))
  })
})
