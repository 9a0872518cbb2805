// Writing to strangers, as WhatsApp restricts it: the reach-out time-lock, capped new chats, and numbers nobody has.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Account, Phone } from '../../simulator/simulator.ts'
import { Simulator } from '../../simulator/simulator.ts'
import { Client } from './client.ts'

const HOUR = 3_600_000
const ERROR = 0

describe('writing to strangers', () => {
  let sim: Simulator
  let phone: Phone
  let client: Client
  let known: Account
  const answers = new Map<string, PromiseWithResolvers<string | undefined>>()

  beforeAll(async () => {
    sim = await Simulator.make()
    phone = sim.createPhone({ history: { chats: 3, messages: 60, groupsShare: 0, kinds: { text: 1 } } })
    ;[known] = phone.contacts as unknown as [Account]
    client = await Client.linked(sim, phone)
    client.socket.ws.on('CB:ack,class:message', ({ attrs }: BinaryNode) => {
      answerTo(attrs['id'] ?? '').resolve(attrs['error'])
    })
    await client.firstSync()
  })

  afterAll(async () => {
    await client.stop()
    await sim.stop()
  })

  const answerTo = (id: string): PromiseWithResolvers<string | undefined> => {
    const known = answers.get(id) ?? Promise.withResolvers<string | undefined>()
    answers.set(id, known)
    return known
  }

  /** The error a message was acknowledged with, if it was with one. */
  const errorOf = (id: string | null | undefined) => answerTo(id ?? '').promise

  const refused = async (jid: string, text: string): Promise<string> => {
    const { key } = await client.say(jid, text)
    expect(await errorOf(key.id)).toBe('463')
    const seen = await client.until(
      () =>
        client.updates.find(one => one.key.id === key.id && one.update.status === ERROR)?.update ??
        client.messages.find(one => one.key.id === key.id && one.status === ERROR),
      'the refusal'
    )
    expect(seen.messageStubParameters?.[0]).toBe('463')
    return key.id!
  }

  const accepted = async (jid: string, text: string): Promise<string> => {
    const { key } = await client.say(jid, text)
    expect(await errorOf(key.id)).toBeUndefined()
    return key.id!
  }

  const lastLock = () =>
    client.events
      .filter(({ name, data }) => name === 'connection.update' && 'reachoutTimeLock' in (data as object))
      .map(({ data }) => (data as { reachoutTimeLock: object }).reachoutTimeLock)
      .at(-1) as { isActive: boolean; timeEnforcementEnds?: Date; enforcementType: string } | undefined

  it('is refused with 463 under the time-lock until the stranger writes; known people are reached', async () => {
    const stranger = sim.createContact()
    const until = (Math.floor(Date.now() / 1000) + 3600) * 1000
    phone.restrict({ until, enforcement: 'WEB_COMPANION_ONLY' })
    const told = await client.until(() => lastLock()?.isActive && lastLock(), 'the notification')
    expect(told).toMatchObject({
      timeEnforcementEnds: new Date(until),
      enforcementType: 'WEB_COMPANION_ONLY'
    })
    expect(await client.socket.fetchAccountReachoutTimelock()).toEqual({
      isActive: true,
      timeEnforcementEnds: new Date(until),
      enforcementType: 'WEB_COMPANION_ONLY'
    })
    const id = await refused(stranger.jid, 'who are you?')
    await refused('19995550111@s.whatsapp.net', 'is anybody there?')
    await accepted(known.jid, 'we know each other')
    await phone.receive({ from: stranger, text: 'now you know me' })
    await client.text('now you know me')
    await accepted(stranger.jid, 'nice to meet you')
    expect(phone.truth().received.some(one => one.id === id)).toBe(false)
  })

  it('is free again once the time-lock is lifted, or is over by itself', async () => {
    phone.restrict(null)
    await client.until(() => lastLock()?.isActive === false, 'the notification')
    await accepted(sim.createContact().jid, 'lifted')
    phone.restrict({ until: Date.now() - 1 })
    expect(await client.socket.fetchAccountReachoutTimelock()).toMatchObject({ isActive: false })
    await accepted(sim.createContact().jid, 'over')
  })

  it('is possible as often as the cap allows; a chat once begun goes on', async () => {
    const [first, second] = [sim.createContact(), sim.createContact()]
    phone.capMessages({ until: Date.now() + HOUR, used: 4, total: 5 })
    const updates = () =>
      client.events
        .filter(({ name }) => name === 'message-capping.update')
        .map(({ data }) => data as { used_quota: number; capping_status: string })
    await client.until(() => updates().at(-1)?.used_quota === 4, 'the notification')
    await accepted(first.jid, 'the fifth')
    await client.until(() => updates().at(-1)?.capping_status === 'CAPPED', 'the end of it')
    expect(await client.socket.fetchNewChatMessageCap()).toMatchObject({
      total_quota: 5,
      used_quota: 5,
      capping_status: 'CAPPED'
    })
    await refused(second.jid, 'the sixth')
    await accepted(first.jid, 'and another word')
    await accepted(known.jid, 'no new chat')
    phone.capMessages(null)
    await client.until(() => updates().at(-1)?.capping_status === 'NONE', 'the notification')
    await accepted(second.jid, 'uncapped')
  })

  it('to a number nobody has is acknowledged and reaches nobody; asked before, WhatsApp does not know it', async () => {
    const number = '19995550222'
    expect(await client.socket.onWhatsApp(number)).toEqual([])
    const id = await accepted(`${number}@s.whatsapp.net`, 'into the void')
    await sim.until(() => phone.truth().messages.some(one => one.id === id))
    await accepted(known.jid, 'a sign that nothing is on its way')
    expect(phone.truth().received.some(one => one.id === id)).toBe(false)
    expect(client.statusOf(id)).toBeLessThan(3)
  })
})
