// What contacts understand of what a client sends: kinds, captions, quotes, files that can really be opened, changes to
// earlier messages; and that typing and reading are seen.
import { createHash, randomBytes } from 'node:crypto'
import { Agent } from 'node:https'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import {
  type AnyMessageContent,
  generateWAMessage,
  type proto,
  type WAMessage
} from '@whiskeysockets/baileys'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Account, Phone } from '../../simulator/simulator.ts'
import { Simulator } from '../../simulator/simulator.ts'
import { Client } from './client.ts'

describe('what contacts understand', () => {
  let sim: Simulator
  let phone: Phone
  let client: Client
  let ann: Account

  beforeAll(async () => {
    sim = await Simulator.make()
    setDefaultCACertificates([...getCACertificates('default'), sim.caCertificate])
    phone = sim.createPhone({ history: { chats: 2, messages: 8, groupsShare: 0, kinds: { text: 1 } } })
    ;[ann] = phone.contacts as unknown as [Account]
    ann.addressing = 'pn'
    client = await Client.linked(sim, phone, { fetchAgent: new Agent({ ca: sim.caCertificate }) })
    await client.firstSync()
  })

  afterAll(async () => {
    await client.stop()
    await sim.stop()
  })

  const send = async (content: AnyMessageContent, quoted?: WAMessage) => {
    const sent = await client.socket.sendMessage(ann.jid, content, quoted ? { quoted } : {})
    return received(sent!.key.id!)
  }

  const received = (id: string) => sim.until(() => phone.truth().received.find(one => one.id === id))

  it.each([
    ['image', (file: Buffer) => ({ image: file, caption: 'a caption', mimetype: 'image/png' }), 'a caption'],
    [
      'document',
      (file: Buffer) => ({ document: file, fileName: 'a.pdf', mimetype: 'application/pdf' }),
      'a.pdf'
    ],
    ['audio', (file: Buffer) => ({ audio: file, ptt: true, seconds: 2, mimetype: 'audio/ogg' }), undefined],
    ['video', (file: Buffer) => ({ video: file, caption: 'moving', mimetype: 'video/mp4' }), 'moving'],
    ['sticker', (file: Buffer) => ({ sticker: file, mimetype: 'image/webp' }), undefined]
  ] as const)('%s: the uploaded file is downloaded, decrypted and the same', async (kind, content, text) => {
    const file = randomBytes(70_001)
    const seen = await send(content(file))
    expect(seen).toMatchObject({
      kind,
      mediaBytes: file.length,
      sha256: createHash('sha256').update(file).digest('hex')
    })
    expect(seen.text).toBe(text)
    expect(seen.mediaError).toBeUndefined()
  })

  it('what phones show before the download is told, and which files they cannot show', async () => {
    const file = randomBytes(500)
    const waveform = Uint8Array.from({ length: 64 }, (_, at) => at)
    const note = { audio: file, ptt: true, seconds: 2, waveform }
    expect(await send({ ...note, mimetype: 'audio/mp4' })).toMatchObject({
      ptt: true,
      seconds: 2,
      waveform: [...waveform],
      unshowable: 'a voice message of audio/mp4'
    })
    const opus = 'audio/ogg; codecs=opus'
    expect(await send({ ...note, mimetype: opus })).toMatchObject({ unshowable: 'no Opus in Ogg' })
    expect(await send({ ...note, audio: Buffer.from('OggS OpusHead'), mimetype: opus })).not.toHaveProperty(
      'unshowable'
    )
    expect(await send({ sticker: file, mimetype: 'image/webp' })).toMatchObject({ unshowable: 'no WebP' })
    const jpegThumbnail = randomBytes(20).toString('base64')
    expect(
      await send({ image: file, mimetype: 'image/png', jpegThumbnail, width: 3, height: 4 })
    ).toMatchObject({ thumbnail: jpegThumbnail, width: 3, height: 4 })
  })

  it('a file that is not what the message says is found out', async () => {
    const media = { document: randomBytes(500), mimetype: 'application/pdf', fileName: 'b.pdf' }
    const message = await generateWAMessage(ann.jid, media, {
      userJid: phone.jid,
      upload: client.socket.waUploadToServer
    })
    const document = message.message!.documentMessage!
    const sendAs = async (change: Partial<proto.Message.IDocumentMessage>) =>
      received(await client.socket.relayMessage(ann.jid, { documentMessage: { ...document, ...change } }, {}))
    expect((await sendAs({})).mediaError).toBeUndefined()
    expect((await sendAs({ mediaKey: randomBytes(32) })).mediaError).toContain('another key')
    expect((await sendAs({ fileSha256: randomBytes(32) })).mediaError).toContain('not the one')
    expect((await sendAs({ directPath: '/v/t62.up/none.enc' })).mediaError).toContain('no file')
  })

  it('locations, contacts, polls, replies, reactions, edits and revokes', async () => {
    const vcard = 'BEGIN:VCARD\nVERSION:3.0\nFN:Jo\nEND:VCARD'
    expect(
      await send({ location: { degreesLatitude: 1, degreesLongitude: 2, name: 'Harbour' } })
    ).toMatchObject({ kind: 'location', text: 'Harbour' })
    expect(
      await send({ contacts: { displayName: 'Jo', contacts: [{ vcard, displayName: 'Jo' }] } })
    ).toMatchObject({
      kind: 'contact',
      text: 'Jo'
    })
    expect(await send({ poll: { name: 'When?', values: ['now', 'later'] } })).toMatchObject({
      kind: 'poll',
      text: 'When?'
    })
    const { id } = await phone.receive({ from: ann, text: 'quote me' })
    const quoted = await client.text('quote me')
    expect(await send({ text: 'quoted' }, quoted)).toMatchObject({
      kind: 'text',
      text: 'quoted',
      quotedId: id
    })
    expect(await send({ react: { text: '🎈', key: quoted.key } })).toMatchObject({
      kind: 'reaction',
      text: '🎈',
      targetId: id
    })
    // Baileys writes into the keys it is given
    const key = { ...(await client.say(ann.jid, 'wrogn')).key }
    expect(await send({ text: 'wrong', edit: { ...key } })).toMatchObject({
      kind: 'edit',
      text: 'wrong',
      targetId: key.id
    })
    expect(await send({ delete: { ...key } })).toMatchObject({ kind: 'revoke', targetId: key.id })
  })

  it('what phones do not show as it was meant says why', async () => {
    const relayed = async (message: proto.IMessage, attributes: Record<string, string> = {}, meta = {}) => {
      const additionalNodes = Object.keys(meta).length === 0 ? [] : [{ tag: 'meta', attrs: meta }]
      const options = { additionalAttributes: attributes, additionalNodes }
      const { hiddenBecause, id } = await received(
        await client.socket.relayMessage(ann.jid, message, options)
      )
      return { hiddenBecause, id }
    }
    const secret = { messageContextInfo: { messageSecret: randomBytes(32) } }
    const event = { eventMessage: { name: 'Picnic', startTime: 1_900_000_000 } }
    const creation = { event_type: 'creation' }
    expect(await relayed(event, {}, creation)).toMatchObject({ hiddenBecause: 'an event without a secret' })
    expect(await relayed({ ...event, ...secret })).toMatchObject({
      hiddenBecause: 'the stanza does not tell of an event'
    })
    expect((await relayed({ ...event, ...secret }, {}, creation)).hiddenBecause).toBe(undefined)

    const { id: theirs } = await phone.receive({ from: ann, text: 'pin me' })
    const pin = (key: proto.IMessageKey, seconds = 86_400) => ({
      pinInChatMessage: { key: { remoteJid: ann.jid, ...key }, type: 1, senderTimestampMs: Date.now() },
      messageContextInfo: { messageAddOnDurationInSecs: seconds }
    })
    const right = pin({ id: theirs, fromMe: false })
    expect((await relayed(right, { edit: '2' })).hiddenBecause).toBe(undefined)
    expect(await relayed(right)).toMatchObject({ hiddenBecause: 'the stanza does not tell of a pin' })
    for (const [wrong, hiddenBecause] of [
      [pin({ id: theirs, fromMe: true }), 'there is no such message'],
      [pin({ id: '3EB0NONE', fromMe: false }), 'there is no such message'],
      [pin({ id: theirs, fromMe: false }, 60), 'a pin for no time that phones know']
    ] as const)
      expect(await relayed(wrong, { edit: '2' })).toMatchObject({ hiddenBecause })

    const imageMessage = { caption: 'one of two' }
    const part = (id: string, fromMe = true) => ({
      imageMessage,
      messageContextInfo: {
        messageAssociation: { associationType: 1, parentMessageKey: { remoteJid: ann.jid, fromMe, id } }
      }
    })
    expect(await relayed(part('3EB0NONE'))).toMatchObject({ hiddenBecause: 'there is no such album' })
    expect(await relayed({ albumMessage: { expectedImageCount: 1 } })).toMatchObject({
      hiddenBecause: 'an album of less than two files'
    })
    const album = await relayed({ albumMessage: { expectedImageCount: 2 } })
    expect(album.hiddenBecause).toBe(undefined)
    expect((await relayed(part(album.id))).hiddenBecause).toBe(undefined)
    expect(await relayed(part(album.id, false))).toMatchObject({
      hiddenBecause: 'the key of the album is not that of its writer'
    })

    expect(await relayed({ imageMessage: { viewOnce: true } })).toMatchObject({
      hiddenBecause: 'it is view once by half'
    })
    expect(await relayed({ viewOnceMessage: { message: { imageMessage: {} } } })).toMatchObject({
      hiddenBecause: 'it is view once by half'
    })
  })

  it('typing and reading: signals, receipts, and what each device read', async () => {
    const states: unknown[] = []
    const off = sim.events.on(({ name, detail }) => name === 'chatstate' && states.push(detail))
    const group = phone.createGroup('Typing', [ann])
    await client.socket.sendPresenceUpdate('composing', ann.jid)
    await client.socket.sendPresenceUpdate('recording', group.id)
    await client.socket.sendPresenceUpdate('paused', ann.jid)
    await sim.until(() => states.length === 3)
    off()
    const from = client.creds.me!.id
    expect(states).toEqual([
      { from, to: ann.jid, state: 'composing' },
      { from, to: group.id, state: 'composing', media: 'audio' },
      { from, to: ann.jid, state: 'paused' }
    ])
    const { id } = await phone.receive({ from: ann, text: 'read me' })
    const inGroup = await phone.receive({ from: ann, group, text: 'and me' })
    await client.socket.readMessages([(await client.text('read me')).key, (await client.text('and me')).key])
    await sim.until(() => phone.truth().readByDevices.length === 2)
    expect(phone.truth().readByDevices).toEqual([
      { id, chatJid: ann.jid, device: 1, type: 'read' },
      { id: inGroup.id, chatJid: group.id, participant: ann.jid, device: 1, type: 'read' }
    ])
  })

  it('a reaction of a contact to the owner’s message names it as the owner’s', async () => {
    const { id } = await phone.send({ to: ann, text: 'my own words' })
    await client.text('my own words')
    const reaction = await phone.receive({ from: ann, react: id, text: '👏' })
    const seen = await client.until(() => client.messages.find(({ key }) => key.id === reaction.id), 'it')
    expect(seen.message?.reactionMessage?.key).toMatchObject({ id, fromMe: true, remoteJid: ann.jid })
  })
})
