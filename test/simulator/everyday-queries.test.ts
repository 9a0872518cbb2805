// What a client asks in everyday use is answered at once and with sense: nobody waits for a time-out.
import { proto, type WAMessage } from '@whiskeysockets/baileys'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Phone } from '../../simulator/simulator.ts'
import { Simulator } from '../../simulator/simulator.ts'
import { Client } from './client.ts'

const PATIENCE = { defaultQueryTimeoutMs: 3000 }

describe('everyday queries', () => {
  let sim: Simulator
  let phone: Phone
  let other: Phone
  let client: Client
  let friend: Client

  beforeAll(async () => {
    sim = await Simulator.make()
    phone = sim.createPhone({ name: 'Ada', history: { chats: 6, messages: 60, mediaShare: 0.3 } })
    other = sim.createPhone({ name: 'Ben' })
    client = await Client.linked(sim, phone, PATIENCE)
    friend = await Client.linked(sim, other, PATIENCE)
    await client.firstSync()
    await client.say(other.jid, 'hello')
    await friend.text('hello')
  })

  afterAll(async () => {
    await Promise.all([client.stop(), friend.stop()])
    await sim.stop()
  })

  it('about people: who is there, their LIDs, status, pictures, devices', async () => {
    const { socket } = client
    const contact = phone.contacts[0]!
    expect(await socket.onWhatsApp(contact.phoneNumber, '+19995550000')).toEqual([
      { jid: contact.jid, exists: true }
    ])
    expect(await socket.signalRepository.lidMapping.getLIDForPN(contact.jid)).toBe(contact.lid)
    await friend.socket.updateProfileStatus('at sea')
    expect(await socket.fetchStatus(other.jid)).toEqual([
      expect.objectContaining({ status: expect.objectContaining({ status: 'at sea' }) })
    ])
    await expect(socket.profilePictureUrl(contact.jid)).rejects.toThrow('item-not-found')
    await friend.socket.query({
      tag: 'iq',
      attrs: { to: 's.whatsapp.net', type: 'set', xmlns: 'w:profile:picture' },
      content: [{ tag: 'picture', attrs: { type: 'image' }, content: Buffer.from('a picture') }]
    })
    const url = await socket.profilePictureUrl(other.jid, 'image')
    const picture = await fetch(url!.replace(/^https:\/\/[^/]+/, sim.mediaUrl))
    expect(await picture.text()).toBe('a picture')
    await client.until(
      () =>
        client.events.some(
          ({ name, data }) => name === 'contacts.update' && JSON.stringify(data).includes('imgUrl')
        ),
      'news of the picture'
    )
    const devices = await socket.getUSyncDevices([other.jid], false, false)
    expect(devices.map(({ device }) => device ?? 0)).toEqual([0, 1])
  })

  it('about the account: privacy, blocklist, limits, settings', async () => {
    const { socket } = client
    const contact = phone.contacts[1]!
    expect((await socket.fetchPrivacySettings(true)).readreceipts).toBe('all')
    await socket.updateLastSeenPrivacy('none')
    expect((await socket.fetchPrivacySettings(true)).last).toBe('none')
    await socket.updateBlockStatus(contact.jid, 'block')
    expect(await socket.fetchBlocklist()).toEqual([contact.lid])
    const { id: unwanted } = await phone.receive({ from: contact, text: 'from someone blocked' })
    expect(phone.truth().messages.some(({ id }) => id === unwanted)).toBe(false)
    expect(phone.offlineQueue().some(({ id }) => id === unwanted)).toBe(false)
    await socket.updateBlockStatus(contact.jid, 'unblock')
    expect(await socket.fetchBlocklist()).toEqual([])
    expect(await socket.fetchAccountReachoutTimelock()).toMatchObject({ isActive: false })
    await socket.fetchNewChatMessageCap()
    await socket.updateDefaultDisappearingMode(86_400)
    await socket.getBotListV2()
    expect(await socket.createCallLink('audio')).toBe('simulated')
    await socket.rotateSignedPreKey()
    await socket.digestKeyBundle()
    await socket.getBusinessProfile(contact.jid)
  })

  it('about groups: metadata, all groups, invites, settings, subjects', async () => {
    const { socket } = client
    const { id } = await socket.groupCreate('Before', [other.jid])
    await socket.groupUpdateSubject(id, 'After')
    await socket.groupUpdateDescription(id, 'what it is about')
    await socket.groupToggleEphemeral(id, 86_400)
    await socket.groupSettingUpdate(id, 'announcement')
    await socket.groupSettingUpdate(id, 'locked')
    await socket.groupMemberAddMode(id, 'admin_add')
    await socket.groupJoinApprovalMode(id, 'on')
    const metadata = await socket.groupMetadata(id)
    expect(metadata).toMatchObject({
      subject: 'After',
      desc: 'what it is about',
      ephemeralDuration: 86_400,
      announce: true,
      restrict: true,
      joinApprovalMode: true,
      owner: phone.lid,
      ownerPn: phone.jid,
      addressingMode: 'lid'
    })
    expect(Object.keys(await socket.groupFetchAllParticipating())).toContain(id)
    const code = await socket.groupInviteCode(id)
    expect((await friend.socket.groupGetInviteInfo(code!)).id).toBe(id)
    expect(await socket.groupRevokeInvite(id)).not.toBe(code)
    expect(await socket.groupRequestParticipantsList(id)).toEqual([])
    await friend.socket.groupLeave(id)
    expect((await socket.groupMetadata(id)).participants).toHaveLength(1)
    await expect(friend.socket.groupMetadata(id)).rejects.toThrow('forbidden')
    await expect(socket.groupMetadata('120363000000000000@g.us')).rejects.toThrow('item-not-found')
  })

  it('changes of a chat reach the other devices of the account', async () => {
    await using second = await Client.linked(sim, phone, PATIENCE)
    await second.firstSync()
    const contact = phone.contacts[2]!
    await client.socket.chatModify({ pin: true }, contact.jid)
    const versionOf = (one: Client): number | undefined =>
      (one.keys.stored.get('app-state-sync-version:regular_low') as { version: number } | undefined)?.version
    await second.until(() => versionOf(second) === versionOf(client), 'the pin')
    await client.socket.updateProfileName('Ada L.')
    await second.until(() => second.creds.me?.name === 'Ada L.', 'the new name')
    await client.say(other.jid, 'under a new name')
    expect((await friend.text('under a new name')).pushName).toBe('Ada L.')
  })

  it('contacts type, come online, post a status and ring', async () => {
    const contact = phone.contacts[0]!
    contact.addressing = 'pn'
    const sees = (name: string, part: string) => () =>
      client.events.some(event => event.name === name && JSON.stringify(event.data).includes(part))
    await client.socket.presenceSubscribe(contact.jid)
    phone.showTyping({ from: contact, state: 'recording' })
    await client.until(sees('presence.update', 'recording'), 'typing')
    await sim.until(() => [...sim.network.presence.subscribersOf(contact)].length === 1)
    phone.showPresence({ from: contact, available: true })
    await client.until(
      sees(
        'presence.update',
        `{"id":"${contact.jid}","presences":{"${contact.jid}":{"lastKnownPresence":"available"`
      ),
      'presence'
    )
    // Baileys does not know the stanzas that statuses come in since July 2026.
    phone.account.statusStanzas = false
    await phone.receiveStatus({ from: contact, text: 'at the sea' })
    expect((await client.text('at the sea')).key).toMatchObject({
      remoteJid: 'status@broadcast',
      participant: contact.jid
    })
    expect(phone.truth().messages.some(({ text }) => text === 'at the sea')).toBe(false)
    const callId = phone.ring({ from: contact, video: true })
    await client.until(sees('call', callId), 'the call')
    await client.until(sees('call', '"timeout"'), 'its end')
    const own = client.creds.me!.id
    await sim.until(() => phone.offlineQueue().every(({ kind, device }) => kind !== 'call' || device !== own))
  })

  it('a contact that cannot decrypt asks again and gets the message once', async () => {
    const contact = phone.contacts[0]!
    phone.fault({ kind: 'recipientCannotDecrypt' }, { times: 1 })
    const sent = await client.say(contact.jid, 'at the second attempt')
    const received = await sim.until(() => phone.truth().received.find(one => one.id === sent.key.id))
    expect(received).toMatchObject({ text: 'at the second attempt', times: 1 })
  })

  it('a contact that was away gets what was sent, confirms it then, and a repeat is not delivered twice', async () => {
    const contact = phone.contacts[0]!
    contact.online = false
    const sent = await client.say(contact.jid, 'are you there?')
    await sim.until(() => sim.network.waitingOffline(contact) > 0)
    expect(client.statusOf(sent.key.id)).toBeLessThan(3)
    await client.socket.relayMessage(contact.jid, sent.message!, { messageId: sent.key.id! })
    contact.online = true
    sim.network.wentOnline(contact)
    await client.until(() => client.statusOf(sent.key.id) === 4, 'read')
    expect(phone.truth().received.filter(one => one.id === sent.key.id)).toMatchObject([{ times: 1 }])
  })

  it('one-time pre-keys are used once, and the client is asked for more when they run low', async () => {
    const device = phone.devices[0]!
    while (device.preKeys.size > 5) device.takeBundle()
    const ids = new Set(device.preKeys.keys())
    await phone.receive({ from: sim.createContact(), text: 'takes the fifth' })
    await client.text('takes the fifth')
    await sim.until(() => device.preKeys.size > 5)
    expect([...device.preKeys.keys()].filter(id => ids.has(id))).toHaveLength(4)
  })

  it('a file that is gone is uploaded again by the phone when it is asked', async () => {
    const { mailbox } = phone
    const info = mailbox.chats
      .flatMap(chat => Array.from({ length: chat.count }, (_, place) => mailbox.infoAt(chat, place)))
      .find(one => one?.message?.imageMessage)
    if (!info) throw new Error('this seed gives no image')
    const message = proto.WebMessageInfo.fromObject(info) as WAMessage
    const path = message.message?.imageMessage?.directPath
    message.message!.imageMessage!.directPath = '/gone'
    await client.socket.updateMediaMessage(message)
    expect(message.message?.imageMessage?.directPath).toBe(path)
  })
})
