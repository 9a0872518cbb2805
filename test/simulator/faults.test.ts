// Trouble on demand: each fault does what it says, and what is promised still holds afterwards.
import { describe, expect, it } from 'vitest'
import { textOf } from './client.ts'
import { linked } from './linked.ts'

const setUp = () => linked({ chats: 3, messages: 9 })

describe('faults', () => {
  it('close the connection with any stream error, or drop it without a word; the client comes back', async () => {
    await using it = await setUp()
    it.phone.disconnect({ code: 503 })
    await it.client.until(() => it.client.closes.includes(503), '503')
    await it.client.until(() => it.client.state === 'open', 'open again')
    it.phone.disconnect()
    await it.client.until(() => it.client.closes.includes(428), 'the drop')
    await it.client.until(() => it.client.state === 'open', 'open again')
    await it.phone.receive({ from: it.ann, text: 'still here' })
    await it.client.text('still here')
  })

  it('refuse logins with a reason, as often as asked', async () => {
    await using it = await setUp()
    it.phone.fault({ kind: 'refuseLogins', reason: 503 }, { times: 2 })
    it.phone.disconnect()
    await it.client.until(() => it.client.closes.filter(code => code === 503).length === 2, 'two refusals')
    await it.client.until(() => it.client.state === 'open', 'open again')
  })

  it('delay, duplicate and reorder stanzas, and the truth still says what was delivered how often', async () => {
    await using it = await setUp()
    const duplicate = it.phone.fault({ kind: 'duplicate', stanza: 'message' })
    const { id } = await it.phone.receive({ from: it.ann, text: 'twice' })
    await it.client.text('twice')
    await it.sim.until(() => it.phone.offlineQueue().every(entry => entry.id !== id))
    duplicate.clear()
    it.phone.fault({ kind: 'reorder', count: 3, stanza: 'message' }, { times: 3 })
    for (const text of ['one', 'two', 'three']) await it.phone.receive({ from: it.ann, text })
    await it.client.text('one')
    const order = it.client.messages.map(textOf).filter(text => ['one', 'two', 'three'].includes(text ?? ''))
    expect(order).toEqual(['three', 'two', 'one'])
    const before = Date.now()
    it.phone.fault({ kind: 'delay', ms: 300, stanza: 'message' }, { times: 1 })
    await it.phone.receive({ from: it.ann, text: 'late' })
    await it.client.text('late')
    expect(Date.now() - before).toBeGreaterThanOrEqual(290)
  })

  it('hold acknowledgements back, and reject what is sent', async () => {
    await using it = await setUp()
    const held = it.phone.fault({ kind: 'holdAcks' })
    const acks: string[] = []
    const acked = new Promise<void>(resolve =>
      it.client.socket.ws.on('CB:ack,class:message', (node: { attrs: { id: string } }) => {
        acks.push(node.attrs.id)
        resolve()
      })
    )
    const sent = await it.client.say(it.ann.jid, 'waiting')
    await it.sim.until(() => it.phone.truth().received.some(one => one.id === sent.key.id))
    expect(acks).toEqual([])
    held.clear()
    await acked
    await it.client.until(() => it.client.statusOf(sent.key.id) >= 3, 'receipts')
    expect(acks).toEqual([sent.key.id])
    it.phone.fault({ kind: 'rejectMessages', error: 463 }, { times: 1 })
    const refused = await it.client.say(it.ann.jid, 'refused')
    await it.client.until(
      () =>
        it.client.updates.some(({ key, update }) => key.id === refused.key.id && update.status === 0) ||
        it.client.messages.some(({ key, status }) => key.id === refused.key.id && status === 0),
      'the refusal'
    )
    expect(it.phone.truth().received.some(one => one.id === refused.key.id)).toBe(false)
  })

  it('send a message that cannot be decrypted; the client asks again and gets it under a fresh session', async () => {
    await using it = await setUp()
    await it.phone.receive({ from: it.ann, text: 'a session' })
    await it.client.text('a session')
    it.phone.fault({ kind: 'corruptMessages' }, { times: 1 })
    const { id } = await it.phone.receive({ from: it.ann, text: 'garbled at first' })
    const message = await it.client.text('garbled at first')
    expect(message.key.id).toBe(id)
    await it.sim.until(() => it.phone.offlineQueue().every(entry => entry.id !== id))
    const group = it.phone.createGroup('Garbled', [it.ann])
    await it.phone.receive({ from: it.ann, group, text: 'group session' })
    await it.client.text('group session')
    it.phone.fault({ kind: 'corruptMessages' }, { times: 1 })
    await it.phone.receive({ from: it.ann, group, text: 'garbled in the group' })
    expect((await it.client.text('garbled in the group')).key.remoteJid).toBe(group.id)
  })

  it('leave a placeholder, which the phone fills when it is asked', async () => {
    await using it = await setUp()
    it.phone.fault({ kind: 'unavailableMessages' }, { times: 1 })
    const { id } = await it.phone.receive({ from: it.ann, text: 'behind a placeholder' })
    await it.client.until(
      () => it.client.messages.some(({ key, messageStubType }) => key.id === id && messageStubType === 2),
      'the placeholder'
    )
    expect((await it.client.text('behind a placeholder')).key.id).toBe(id)
  })

  it('stamp messages far in the future', async () => {
    await using it = await setUp()
    it.phone.fault({ kind: 'futureTimestamps', seconds: 10 ** 9 }, { times: 1 })
    const { timestamp } = await it.phone.receive({ from: it.ann, text: 'from 2050' })
    expect(Number((await it.client.text('from 2050')).messageTimestamp)).toBe(timestamp + 10 ** 9)
  })

  it('let the phone chat on while its linked devices are away, and messages arrive under a LID', async () => {
    await using it = await setUp()
    it.client.reconnects = false
    it.phone.disconnect()
    await it.client.until(() => it.client.state === 'close', 'the drop')
    it.ann.addressing = 'lid'
    await it.phone.receive({ from: it.ann, text: 'by lid' })
    await it.phone.send({ to: it.ann, text: 'own, by lid' })
    it.client.reconnects = true
    it.client.connect()
    const message = await it.client.text('by lid')
    expect(message.key).toMatchObject({ remoteJid: it.ann.lid, remoteJidAlt: it.ann.jid })
    expect((await it.client.text('own, by lid')).key).toMatchObject({
      remoteJid: it.ann.lid,
      fromMe: true
    })
    const reply = await it.client.say(it.ann.lid, 'reply by lid')
    await it.sim.until(() => it.phone.truth().received.some(one => one.id === reply.key.id))
  })
})
