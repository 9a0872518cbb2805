// What happens in chats besides messages, as clients see it and the truth tells it: group changes, calls, disappearing time.
import { type BaileysEventMap, proto, WAMessageStubType } from '@whiskeysockets/baileys'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Account, Phone, Simulator } from '../../simulator/simulator.ts'
import type { Client } from './client.ts'
import { linked, type Linked } from './linked.ts'

describe('what happens in chats besides messages', () => {
  let link: Linked
  let sim: Simulator
  let phone: Phone
  let client: Client
  let ann: Account
  let ben: Account

  beforeAll(async () => {
    link = await linked({ chats: 3, messages: 9, groupsShare: 0, kinds: { text: 1 } })
    ;({ sim, phone, client, ann, ben } = link)
  })

  afterAll(() => link[Symbol.asyncDispose]())

  const stub = (type: proto.WebMessageInfo.StubType, chat: string) =>
    client.until(
      () =>
        client.messages.findLast(
          ({ messageStubType, key }) => messageStubType === type && key.remoteJid === chat
        ),
      WAMessageStubType[type] ?? String(type)
    )

  it('groups: every change is told under an id of its own, with who did it', async () => {
    const { GROUP_CHANGE_SUBJECT, GROUP_CHANGE_DESCRIPTION } = WAMessageStubType
    const group = phone.createGroup('Before', [ann])
    phone.addMembers(group, [ben])
    phone.changeGroup(group, { promote: [ann] })
    phone.changeGroup(group, { subject: 'After' }, { by: ann })
    phone.changeGroup(group, { description: 'what it is about' })
    phone.changeGroup(group, { ephemeralSeconds: 86_400 })
    phone.changeGroup(group, { announce: true })
    phone.changeGroup(group, { locked: true })
    phone.changeGroup(group, { demote: [ann] })
    phone.removeMembers(group, [ben])
    const subject = await stub(GROUP_CHANGE_SUBJECT, group.id)
    expect(subject).toMatchObject({
      messageStubParameters: ['After'],
      key: { participant: ann.lid }
    })
    expect((await stub(GROUP_CHANGE_DESCRIPTION, group.id)).messageStubParameters).toEqual([
      'what it is about'
    ])
    await client.until(
      () =>
        client.messages.some(
          ({ key, message }) =>
            key.remoteJid === group.id && message?.protocolMessage?.ephemeralExpiration === 86_400
        ),
      'the disappearing time'
    )
    expect((await stub(WAMessageStubType.GROUP_CHANGE_ANNOUNCE, group.id)).messageStubParameters).toEqual([
      'on'
    ])
    expect((await stub(WAMessageStubType.GROUP_CHANGE_RESTRICT, group.id)).messageStubParameters).toEqual([
      'on'
    ])
    await stub(WAMessageStubType.GROUP_PARTICIPANT_PROMOTE, group.id)
    await stub(WAMessageStubType.GROUP_PARTICIPANT_DEMOTE, group.id)
    await stub(WAMessageStubType.GROUP_PARTICIPANT_REMOVE, group.id)
    const events = phone.truth().events.filter(({ chatJid }) => chatJid === group.id)
    expect(events.map(({ type, value }) => (value === undefined ? type : `${type} ${value}`))).toEqual([
      'create Before',
      'add',
      'promote',
      'subject After',
      'description what it is about',
      'ephemeral 86400',
      'announcement',
      'locked',
      'demote',
      'remove'
    ])
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
    expect(events.find(({ type }) => type === 'subject')).toMatchObject({ id: subject.key.id, by: ann.jid })
    expect(events.find(({ type }) => type === 'add')?.participants).toEqual([ben.jid])
    expect(phone.truth().messages.some(({ chatJid }) => chatJid === group.id)).toBe(false)
    expect(await client.socket.groupMetadata(group.id)).toMatchObject({
      subject: 'After',
      desc: 'what it is about',
      ephemeralDuration: 86_400,
      announce: true,
      restrict: true
    })
    expect(() => phone.changeGroup(group, { subject: 'x' }, { by: ben })).toThrow('no member')
    expect(() => phone.changeGroup(group, { promote: [ben] })).toThrow('no member')
    phone.changeGroup(group, { description: null })
    phone.changeGroup(group, { ephemeralSeconds: 0 })
    await client.until(
      () =>
        client.messages.some(
          ({ key, message }) =>
            key.remoteJid === group.id && message?.protocolMessage?.ephemeralExpiration === 0
        ),
      'messages stay'
    )
  })

  it.each([
    ['missed', ['offer', 'timeout']],
    ['answered', ['offer', 'accept', 'terminate']],
    ['declined', ['offer', 'reject']]
  ] as const)('calls: %s', async (outcome, statuses) => {
    const id = phone.ring({ from: ann, video: true, outcome })
    const calls = () =>
      client.events
        .filter(({ name }) => name === 'call')
        .flatMap(({ data }) => data as BaileysEventMap['call'])
        .filter(call => call.id === id)
    await client.until(() => calls().length === statuses.length, 'every step')
    expect(calls().map(({ status }) => status)).toEqual(statuses)
    for (const call of calls()) {
      expect(call).toMatchObject({ from: ann.address(ann.addressing), isVideo: true })
      expect(Math.abs(call.date.getTime() - Date.now())).toBeLessThan(60_000)
    }
    expect(phone.truth().events.at(-1)).toMatchObject({ type: 'call', id, chatJid: ann.jid, value: outcome })
    await sim.until(() => phone.offlineQueue().every(({ kind }) => kind !== 'call'))
  })

  it('a chat’s disappearing time, which is no message', async () => {
    const before = phone.truth().messages.length
    const { id } = await phone.receive({ from: ann, disappearing: 604_800 })
    const seen = await client.until(() => client.messages.find(({ key }) => key.id === id), 'the setting')
    expect(seen.message?.protocolMessage).toMatchObject({
      type: proto.Message.ProtocolMessage.Type.EPHEMERAL_SETTING,
      ephemeralExpiration: 604_800
    })
    expect(phone.truth().messages).toHaveLength(before)
    expect(phone.truth().events.at(-1)).toMatchObject({ type: 'disappearing', id, value: '604800' })
  })

  it('a picture to be viewed once comes wrapped, and is held as a picture', async () => {
    const message = { imageMessage: { mimetype: 'image/jpeg', caption: 'look once' } }
    const { id } = await phone.receive({ from: ann, viewOnce: true, message })
    const seen = await client.until(() => client.messages.find(({ key }) => key.id === id), 'the picture')
    expect(seen.message?.viewOnceMessageV2?.message?.imageMessage).toMatchObject({
      caption: 'look once',
      viewOnce: true
    })
    expect(phone.truth().messages.find(one => one.id === id)).toMatchObject({
      kind: 'image',
      text: 'look once'
    })
  })
})
