// What a phone sends to a linked device beside the chats, when the device could not decrypt it.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { getBinaryNodeChild } from '@whiskeysockets/baileys'
import { expect, it } from 'vitest'
import { Simulator } from '../../simulator/simulator.ts'
import { Client } from './client.ts'

const RECENT = 3

it('sends a peer message again under its id, in the same session first, in a new one when it is given keys', async () => {
  const sim = await Simulator.make()
  const phone = sim.createPhone({ history: { chats: 2, messages: 60, chunkMessages: 20 } })
  const retries: Array<Readonly<Record<string, unknown>>> = []
  sim.events.on(({ detail, name }) => void (name === 'retry' && retries.push(detail)))
  phone.fault({ kind: 'corruptMessages', only: 'peer', syncType: RECENT, chunkOrder: 1 }, { times: 2 })
  const client = new Client(sim)
  const stanzas = new Map<string, Array<BinaryNode>>()
  client.connect()
  await phone.scanQr(await client.until(() => client.qr, 'a QR'))
  await client.until(
    () => client.closes.includes(515) && client.state === 'connecting',
    'the second connection'
  )
  client.socket.ws.on('CB:message', (node: BinaryNode) => {
    if (node.attrs['category'] === 'peer')
      stanzas.set(node.attrs['id']!, [...(stanzas.get(node.attrs['id']!) ?? []), node])
  })
  const unread: Array<BinaryNode> = []
  client.socket.ev.on('messages.upsert', ({ messages }) => {
    for (const { key, messageStubType } of messages)
      if (messageStubType === 2) unread.push(stanzas.get(key.id!)!.at(-1)!)
  })
  const first = await client.until(() => unread[0], 'a peer message that cannot be decrypted')
  const { id, t } = first.attrs
  const hasChunk = () => client.history.some(one => Number(one.syncType) === RECENT && one.chunkOrder === 1)
  await client.socket.sendRetryRequest(first)
  const second = await client.until(() => unread[1], 'the answer, which cannot be decrypted either')
  expect(second.attrs).toMatchObject({ id, t, category: 'peer' })
  expect(getBinaryNodeChild(second, 'enc')?.attrs).toMatchObject({ count: '1' })
  expect(hasChunk()).toBe(false)
  await client.socket.sendRetryRequest(second, true)
  await client.until(hasChunk, 'the history chunk')
  const [, , third] = stanzas.get(id!)!
  expect(getBinaryNodeChild(third, 'enc')?.attrs).toMatchObject({ type: 'pkmsg', count: '2' })
  expect(retries.map(({ count, withKeys }) => [count, withKeys])).toEqual([
    [1, false],
    [2, true]
  ])
  await client.stop()
  await sim.stop()
}, 60_000)
