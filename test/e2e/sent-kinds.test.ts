// Kinds of messages as phones send them, through HTTP: what recipients' phones show of them, and that they are stored here as if the
// phone had written them.
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Message } from '../../src/domain/message.ts'
import type { Account } from '../../simulator/state/account.ts'
import { untilReceived } from './received.ts'
import { sharedInProcessStage } from './stage.ts'
import { linkTwoChats, type TwoChats } from './two-chats.ts'

const shared = sharedInProcessStage({ MEDIA_URL_PRIVATE: 'true', WHATSAPP_POST_STATUSES: 'true' })

let linked: TwoChats
beforeAll(async () => {
  linked = await linkTwoChats(shared())
})

/** A server of files that requests name. */
const files = (() => {
  const last = Buffer.from('the last picture')
  const served: Readonly<Record<string, readonly [type: string, bytes: Buffer]>> = {
    '/1': ['image/jpeg', Buffer.from('the first picture')],
    '/2': ['video/mp4', Buffer.from('a film')],
    '/3': ['image/png', last],
    '/note': ['text/plain', Buffer.from('a note')]
  }
  const server = createServer((request, response) => {
    const [type, bytes] = served[request.url ?? ''] ?? ['text/plain', Buffer.from('nothing')]
    response.writeHead(200, { 'content-type': type }).end(bytes)
  })
  const base = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    server,
    base,
    last,
    album: () => [
      { url: `${base()}/1`, caption: `first, for @${linked.contact.phoneNumber}` },
      { url: `${base()}/2` },
      { url: `${base()}/3` }
    ]
  }
})()

beforeAll(() => once(files.server.listen(0, '127.0.0.1'), 'listening'))
afterAll(() => files.server.close())

const inThread = (threadId: string, whatsAppId: string) =>
  shared().api.until(`the message ${whatsAppId}`, async () => {
    const { messages } = await shared().api.messagePage(threadId, 'limit=100')
    return messages.find(message => message.whatsAppId === whatsAppId)
  })

/** What a recipient's phone has got of this entry, once it has. */
const received = (entryId: string) => untilReceived(shared().simulator, linked.phone, entryId)

const queue = (body: object) => shared().api.queue(linked.accountId, body)

/** What stands at the top of the chat, the newest pin first. */
const pinsOf = async (threadId: string) =>
  (
    await shared().api.request<{
      pins: ReadonlyArray<{ message: Message; pinnedAt: number; until: number }>
    }>('GET', `/v1/threads/${encodeURIComponent(threadId)}/pins`)
  ).body.pins

const refusal = async (body: object) => {
  const path = `/v1/accounts/${linked.accountId}/messages`
  const answer = await shared().api.request<{ field?: string; detail?: string }>('POST', path, body)
  expect(answer.status).toBe(400)
  return answer.body
}

/** What applications read of a message, without what differs between any two messages. */
const read = (message: Message) => {
  const { messageId: _1, messageKey: _2, status: _5, whatsAppId: _3, ...rest } = message
  const { media, tsClaimed: _6, tsClient: _7, tsServer: _4, ...shown } = rest
  return {
    ...shown,
    media: media && { mimeType: media.mimeType, fileName: media.fileName, size: media.size }
  }
}

/** The message of an entry is stored like one that the owner wrote on the phone. */
const expectAsFromPhone = async (
  sent: { readonly entryId: string; readonly threadId: string },
  fromPhone: { readonly id: string }
) => {
  const [own, phones] = [
    await inThread(sent.threadId, sent.entryId),
    await inThread(sent.threadId, fromPhone.id)
  ]
  expect(read(own)).toEqual(read(phones))
  return own
}

describe('files', () => {
  test('a document has its caption where phones show it', async () => {
    const { api, simulator } = shared()
    const { accountId, contact, phone } = linked
    const file = { bytes: Buffer.from('%PDF-1.7 offer'), type: 'application/pdf', name: 'offer.pdf' }
    const { body } = await api.upload(accountId, file, { to: contact.phoneNumber, caption: 'Our offer' })
    const got = await received(body.entryId)
    expect(got).toMatchObject({ kind: 'document', text: 'Our offer', fileName: 'offer.pdf', mediaBytes: 14 })
    expect(got.hiddenBecause).toBe(undefined)
    const message = simulator.fileMessage({
      kind: 'document',
      bytes: file.bytes,
      mimetype: file.type,
      fileName: file.name,
      caption: 'Our offer'
    })
    const fromPhone = await phone.send({ to: contact, message })
    await api.untilEntry(accountId, body.entryId, 'sent')
    await expectAsFromPhone(body, fromPhone)
  })

  test('what is to be viewed once is marked and wrapped: pictures, films, voice messages', async () => {
    const { api, simulator } = shared()
    const { accountId, contact, phone } = linked
    const shownOnce = [
      ['image/jpeg', 'image'],
      ['video/mp4', 'video'],
      ['audio/ogg; codecs=opus', 'audio']
    ] as const
    for (const [type, kind] of shownOnce) {
      const file = { bytes: Buffer.from(`once: ${kind}`), type, name: kind }
      const { body } = await api.upload(accountId, file, {
        to: contact.phoneNumber,
        viewOnce: 'true',
        ...(kind === 'audio' ? { type: 'voice' } : {})
      })
      const got = await received(body.entryId)
      expect(got).toMatchObject({ kind, viewOnce: true, mimetype: type })
      expect(got.hiddenBecause).toBe(undefined)
      expect(got.mediaError).toBe(undefined)
      expect(await inThread(body.threadId, body.entryId)).toMatchObject({ viewOnce: true })
      if (kind !== 'image') continue
      const picture = simulator.fileMessage({ kind, bytes: file.bytes, mimetype: type })
      await expectAsFromPhone(body, await phone.send({ to: contact, message: picture, viewOnce: true }))
    }
    // Phones show neither of them once.
    for (const file of [
      { bytes: Buffer.from('text'), type: 'text/plain', name: 'a.txt' },
      { bytes: Buffer.from('music'), type: 'audio/mpeg', name: 'a.mp3' }
    ]) {
      const refused = await api.upload(accountId, file, { to: contact.phoneNumber, viewOnce: 'true' })
      expect(refused).toMatchObject({ status: 400, body: { detail: expect.stringContaining('once') } })
    }
  })
})

describe('albums', () => {
  test('are one album on the phone, and here: a message that announces its files, and one for each', async () => {
    const { api, simulator } = shared()
    const { accountId, contact, group, groupThreadId, phone, threadId } = linked
    const asked = files.album()
    await phone.receive({ from: contact, disappearing: 604_800 })
    await api.until('the timer', async () =>
      (await api.thread(threadId)).ephemeralSeconds === 604_800 ? true : undefined
    )
    for (const [to, chat, thread] of [
      [contact.phoneNumber, contact, threadId],
      [group.id, group, groupThreadId]
    ] as const) {
      const { id: answered } = await phone.receive(
        chat === group ? { from: contact, group, text: 'show us' } : { from: contact, text: 'show us' }
      )
      const { messageId: replyTo } = await inThread(thread, answered)
      const mentions = [contact.phoneNumber]
      const request = { to, replyTo, mentions, album: asked, idempotencyKey: `album for ${to}` }
      const sent = await queue(request)
      expect(await queue(request)).toEqual(sent)
      expect(sent.parts).toHaveLength(3)
      const parent = await received(sent.entryId)
      expect(parent).toMatchObject({ kind: 'album', album: { images: 2, videos: 1 }, quotedId: answered })
      expect(parent.mentions).toBe(undefined)
      expect(parent.expiration).toBe(chat === group ? undefined : 604_800)
      const parts = []
      for (const { entryId } of sent.parts!) parts.push(await received(entryId))
      expect(parts.map(({ kind, text }) => [kind, text])).toEqual([
        ['image', `first, for @${(chat === group ? contact.lid : contact.jid).split('@')[0]}`],
        ['video', undefined],
        ['image', undefined]
      ])
      for (const part of [parent, ...parts]) expect(part.hiddenBecause).toBe(undefined)
      for (const part of parts) {
        expect(part).toMatchObject({ albumId: sent.entryId, times: 1 })
        expect(part.mediaError).toBe(undefined)
        expect(part.expiration).toBe(parent.expiration)
      }
      expect(parts.map(({ mentions: named }) => named?.length)).toEqual([1, undefined, undefined])

      const last = sent.parts!.at(-1)!
      await api.untilEntry(accountId, last.entryId, 'sent')
      expect(await inThread(thread, sent.entryId)).toMatchObject({
        type: 'album',
        body: '2 photos, 1 video',
        album: { images: 2, videos: 1 },
        quotedMessageId: replyTo
      })
      const picture = simulator.fileMessage({ kind: 'image', bytes: files.last, mimetype: 'image/png' })
      const fromPhone = await phone.send({
        to: chat,
        message: picture,
        association: { type: 'MEDIA_ALBUM', parent: sent.entryId }
      })
      const own = await expectAsFromPhone({ entryId: last.entryId, threadId: thread }, fromPhone)
      expect(own).toMatchObject({ albumMessageId: sent.messageId, association: { type: 'mediaAlbum' } })
    }
    await phone.receive({ from: contact, disappearing: 0 })
  })

  test('have two to thirty pictures and films; cancelled or refused, nothing of one is sent', async () => {
    const { api } = shared()
    const { accountId, contact, phone } = linked
    const [picture, film] = files.album() as [object, object]
    const to = contact.phoneNumber
    expect((await refusal({ to, album: [picture] })).detail).toContain('album')
    const note = { url: `${files.base()}/note` }
    expect((await refusal({ to, album: [picture, note] })).detail).toContain('album.1.type')
    expect((await refusal({ to, album: [picture, { ...film, viewOnce: true }] })).detail).toContain(
      'viewOnce'
    )

    await api.command(accountId, 'disconnect')
    const album = await queue({ to, album: [picture, film] })
    const path = `/v1/accounts/${accountId}/outbox/${album.entryId}`
    expect(await api.request('DELETE', path)).toMatchObject({ status: 200 })
    await api.command(accountId, 'connect')
    for (const { entryId } of album.parts!)
      expect(await api.entry(accountId, entryId)).toMatchObject({ status: 'cancelled' })

    phone.fault({ kind: 'rejectMessages', error: 403 }, { times: 1 })
    const refused = await queue({ to, album: [picture, film] })
    for (const { entryId, messageId } of [refused, ...refused.parts!]) {
      await api.untilEntry(accountId, entryId, 'failed')
      expect(await api.message(refused.threadId, messageId)).toMatchObject({ status: 'failed' })
    }
    const after = await api.send(accountId, to, 'after the albums')
    await received(after.entryId)
    const sent = new Set([album, refused].flatMap(one => [one, ...one.parts!]).map(({ entryId }) => entryId))
    expect(phone.truth().received.filter(({ id }) => sent.has(id))).toEqual([])
  })
})

describe('what is forwarded', () => {
  const uploads = () => {
    const paths: Array<unknown> = []
    const stop = shared().simulator.events.on(({ detail, name }) => name === 'uploaded' && paths.push(detail))
    return { paths, stop }
  }

  test('has its mark, which grows until it says many times, and nothing of the old chat', async () => {
    const { api } = shared()
    const { accountId, contact, other, phone, threadId } = linked
    const { id: before } = await phone.receive({ from: contact, text: 'before it' })
    const message = {
      extendedTextMessage: {
        text: `@${phone.phoneNumber} have you heard?`,
        contextInfo: {
          stanzaId: before,
          participant: contact.jid,
          quotedMessage: { conversation: 'before it' },
          mentionedJid: [phone.jid],
          expiration: 86_400
        }
      }
    }
    const { id } = await phone.receive({ from: contact, message })
    let source = await inThread(threadId, id)
    expect(source).toMatchObject({ forwarded: null })
    const scores = []
    for (let times = 1; times <= 6; times += 1) {
      const { messageId, threadId: from } = source
      const sent = await queue({ to: other.phoneNumber, forward: { threadId: from, messageId } })
      const got = await received(sent.entryId)
      expect(got).toMatchObject({ kind: 'text', text: source.body })
      expect([got.quotedId, got.mentions, got.expiration, got.hiddenBecause]).toEqual(
        Array(4).fill(undefined)
      )
      scores.push(got.forwardingScore)
      await api.untilEntry(accountId, sent.entryId, 'sent')
      source = await inThread(sent.threadId, sent.entryId)
      expect(source).toMatchObject({ quoted: null, mentions: [], forwarded: { frequently: times >= 5 } })
    }
    expect(scores).toEqual([1, 2, 3, 4, 127, 127])
    const contextInfo = { isForwarded: true, forwardingScore: 127 }
    const fromPhone = await phone.send({
      to: other,
      message: { extendedTextMessage: { text: source.body, contextInfo } }
    })
    await expectAsFromPhone({ entryId: source.whatsAppId, threadId: source.threadId }, fromPhone)
  })

  test('says what the message says by now; own words have no mark', async () => {
    const { api } = shared()
    const { accountId, contact, group, phone, threadId } = linked
    const { id } = await phone.receive({ from: contact, text: 'at ten' })
    await phone.receive({ from: contact, edit: id, text: 'at eleven' })
    const { messageId } = await inThread(threadId, id)
    await api.untilMessage(threadId, messageId, ({ body }) => body === 'at eleven')
    const edited = await queue({ to: group.id, forward: { threadId, messageId } })
    expect(await received(edited.entryId)).toMatchObject({ text: 'at eleven', forwardingScore: 1 })
    const own = await api.send(accountId, contact.phoneNumber, 'my words')
    await api.untilEntry(accountId, own.entryId, 'sent')
    const sent = await queue({ to: group.id, forward: { threadId: own.threadId, messageId: own.messageId } })
    const got = await received(sent.entryId)
    expect(got).toMatchObject({ text: 'my words' })
    expect(got.forwardingScore).toBe(undefined)
    expect(await inThread(sent.threadId, sent.entryId)).toMatchObject({ forwarded: null })
  })

  test('is a new poll, with votes of its own', async () => {
    const { api } = shared()
    const { contact, group, phone, threadId } = linked
    const asked = {
      name: 'Tea?',
      options: [{ optionName: 'Yes' }, { optionName: 'No' }],
      selectableOptionsCount: 1
    }
    const { id } = await phone.receive({ from: contact, message: { pollCreationMessageV3: asked } })
    const { messageId } = await inThread(threadId, id)
    const sent = await queue({ to: group.id, forward: { threadId, messageId } })
    expect(await received(sent.entryId)).toMatchObject({ kind: 'poll', text: 'Tea?', forwardingScore: 1 })
    await phone.receive({ from: contact, group, vote: sent.entryId, options: ['No'] })
    const counted = await api.untilMessage(
      sent.threadId,
      sent.messageId,
      ({ poll }) => poll?.options[1]?.voters.length === 1
    )
    expect(counted).toMatchObject({ type: 'poll', forwarded: { score: 1, frequently: false } })
  })

  test('is not uploaded again while WhatsApp has the file, and is when it has not', async () => {
    const { simulator } = shared()
    const { contact, group, other, phone, threadId } = linked
    const bytes = Buffer.from('%PDF-1.7 to be forwarded')
    const message = simulator.fileMessage({
      kind: 'document',
      bytes,
      mimetype: 'application/pdf',
      fileName: 'plan.pdf',
      caption: 'the plan'
    })
    const { id } = await phone.receive({ from: contact, message })
    const { messageId } = await inThread(threadId, id)
    const seen = uploads()
    const expected = { kind: 'document', text: 'the plan', fileName: 'plan.pdf', mediaBytes: bytes.length }
    for (const to of [other.phoneNumber, group.id]) {
      const sent = await queue({ to, forward: { threadId, messageId } })
      const got = await received(sent.entryId)
      expect(got).toMatchObject({ ...expected, forwardingScore: 1 })
      expect(got.mediaError).toBe(undefined)
      expect(await inThread(sent.threadId, sent.entryId)).toMatchObject({
        type: 'document',
        body: 'the plan',
        media: { fileName: 'plan.pdf', size: bytes.length, download: { mediaKey: expect.any(String) } },
        forwarded: { score: 1 }
      })
    }
    expect(seen.paths).toEqual([])

    phone.expireMedia(id)
    const anew = await queue({ to: other.phoneNumber, forward: { threadId, messageId } })
    const got = await received(anew.entryId)
    expect(got).toMatchObject({ ...expected, forwardingScore: 1 })
    expect(got.mediaError).toBe(undefined)
    expect(seen.paths).toHaveLength(1)
    seen.stop()

    const { id: lost } = await phone.receive({
      from: contact,
      message: simulator.fileMessage({ kind: 'image', bytes: Buffer.from('lost'), mimetype: 'image/png' })
    })
    const { messageId: lostId } = await inThread(threadId, lost)
    phone.expireMedia(lost, { lost: true })
    const refused = await refusal({ to: other.phoneNumber, forward: { threadId, messageId: lostId } })
    expect(refused.detail).toContain('file')
  })

  test('is nothing that phones do not forward', async () => {
    const { simulator } = shared()
    const { contact, other, phone, threadId } = linked
    const picture = simulator.fileMessage({
      kind: 'image',
      bytes: Buffer.from('once'),
      mimetype: 'image/png'
    })
    const once = await phone.receive({ from: contact, message: picture, viewOnce: true })
    const live = { liveLocationMessage: { degreesLatitude: 1, degreesLongitude: 2 } }
    const moving = await phone.receive({ from: contact, message: live })
    const album = await phone.receive({ from: contact, message: { albumMessage: { expectedImageCount: 2 } } })
    for (const { id } of [once, moving, album]) {
      const { messageId } = await inThread(threadId, id)
      const { detail } = await refusal({ to: other.phoneNumber, forward: { threadId, messageId } })
      expect(detail).toContain('forward')
    }
    const none = await refusal({ to: other.phoneNumber, forward: { threadId, messageId: '3EB0NONE_them' } })
    expect(none.detail).toContain('no such message')
  })
})

describe('events', () => {
  test('are shown with place and time, and can be answered', async () => {
    const { api } = shared()
    const { accountId, contact, group, groupThreadId, phone } = linked
    const startAt = 1_900_000_000_000
    const sent = await queue({
      to: group.id,
      event: {
        name: 'Picnic',
        description: 'Bring a blanket',
        location: { name: 'Park' },
        startAt: new Date(startAt).toISOString(),
        endAt: startAt + 7_200_000
      }
    })
    const got = await received(sent.entryId)
    expect(got).toMatchObject({
      kind: 'event',
      text: 'Picnic',
      event: { startTime: 1_900_000_000, endTime: 1_900_007_200 }
    })
    expect(got.hiddenBecause).toBe(undefined)
    await api.untilEntry(accountId, sent.entryId, 'sent')
    const fromPhone = await phone.send({
      to: group,
      message: {
        eventMessage: {
          name: 'Picnic',
          description: 'Bring a blanket',
          location: { name: 'Park' },
          startTime: 1_900_000_000,
          endTime: 1_900_007_200
        }
      }
    })
    const own = await expectAsFromPhone(sent, fromPhone)
    expect(own).toMatchObject({
      type: 'event',
      body: 'Picnic\n2030-03-17 17:46 UTC – 2030-03-17 19:46 UTC\nPark\nBring a blanket',
      location: null
    })

    await phone.receive({ from: contact, group, respond: sent.entryId, response: 'going', extraGuests: 1 })
    const answered = await api.untilMessage(
      groupThreadId,
      sent.messageId,
      ({ eventResponses }) => eventResponses.length === 1
    )
    expect(answered.eventResponses).toMatchObject([{ response: 'going', extraGuests: 1 }])
  })

  test('that are over, end before they start or are half a place are refused with their field', async () => {
    const { contact } = linked
    const to = contact.phoneNumber
    const startAt = 1_900_000_000_000
    const event = { name: 'Picnic', startAt }
    expect((await refusal({ to, event: { ...event, startAt: 1_000_000_000_000 } })).detail).toContain(
      'event.startAt'
    )
    expect((await refusal({ to, event: { ...event, endAt: startAt } })).detail).toContain('event.endAt')
    expect(
      (await refusal({ to, event: { ...event, location: { name: 'Park', latitude: 1 } } })).detail
    ).toContain('event.location')
  })
})

describe('pins', () => {
  test('name the message, its author and the time, in both kinds of chats, until they are taken back', async () => {
    const { api } = shared()
    const { accountId, contact, group, groupThreadId, phone, threadId } = linked
    for (const [to, thread, chat] of [
      [contact.phoneNumber, threadId, contact],
      [group.id, groupThreadId, group]
    ] as const) {
      const own = await api.send(accountId, to, 'the address is 7 Harbour Road')
      await api.untilEntry(accountId, own.entryId, 'sent')
      const { id: theirs } = await phone.receive(
        chat === group ? { from: contact, group, text: 'noted' } : { from: contact, text: 'noted' }
      )
      const { messageId: theirMessageId } = await inThread(thread, theirs)
      for (const [messageId, whatsAppId, seconds] of [
        [own.messageId, own.entryId, 86_400],
        [theirMessageId, theirs, undefined]
      ] as const) {
        const pin = await queue({
          threadId: thread,
          pin: { messageId, ...(seconds === undefined ? {} : { seconds }) }
        })
        const got = await received(pin.entryId)
        expect(got).toMatchObject({ kind: 'pin', targetId: whatsAppId, pinnedFor: seconds ?? 604_800 })
        expect(got.hiddenBecause).toBe(undefined)
        await api.untilEntry(accountId, pin.entryId, 'sent')
        const [present] = await pinsOf(thread)
        expect(present).toMatchObject({ message: { messageId } })
        expect(present!.until - present!.pinnedAt).toBe((seconds ?? 604_800) * 1000)
        const unpin = await queue({ threadId: thread, unpin: { messageId } })
        const ended = await received(unpin.entryId)
        expect(ended).toMatchObject({ kind: 'pin', targetId: whatsAppId, pinnedFor: 0 })
        expect(ended.hiddenBecause).toBe(undefined)
        await api.untilEntry(accountId, unpin.entryId, 'sent')
        expect(await inThread(thread, pin.entryId)).toMatchObject({ event: { kind: 'pin' } })
        expect(await inThread(thread, unpin.entryId)).toMatchObject({
          type: 'system',
          body: 'A message was unpinned',
          event: { kind: 'unpin' },
          quotedMessageId: messageId,
          direction: 'outbound'
        })
        expect(await pinsOf(thread)).toEqual([])
      }
    }
    // What phones show at the top of a chat, whoever pinned it: the newest three, each for its time, and nothing that was deleted.
    const ids: Array<string> = []
    for (const text of ['first', 'second', 'third', 'fourth']) {
      const { id } = await phone.receive({ from: contact, text })
      ids.push(id)
      await phone.receive({
        from: contact,
        message: {
          pinInChatMessage: { key: { remoteJid: contact.jid, fromMe: true, id }, type: 1 },
          messageContextInfo: { messageAddOnDurationInSecs: 86_400 }
        },
        ...(text === 'second' ? { timestamp: Math.floor(Date.now() / 1000) - 90_000 } : {})
      })
    }
    await inThread(threadId, ids[3]!)
    const standing = async () => (await pinsOf(threadId)).map(({ message: { whatsAppId } }) => whatsAppId)
    await expect.poll(standing).toEqual([ids[3], ids[2], ids[0]])
    await phone.receive({ from: contact, revoke: ids[2]! })
    await expect.poll(standing).toEqual([ids[3], ids[0]])
  })

  test('are stored like those of the phone, and neither answer anything nor last for any time', async () => {
    const { api } = shared()
    const { accountId, contact, phone, threadId } = linked
    const { id } = await phone.receive({ from: contact, text: 'to be pinned' })
    const { messageId } = await inThread(threadId, id)
    const pin = await queue({ threadId, pin: { messageId, seconds: 2_592_000 } })
    await api.untilEntry(accountId, pin.entryId, 'sent')
    const key = { remoteJid: contact.jid, fromMe: false, id }
    const fromPhone = await phone.send({
      to: contact,
      message: {
        pinInChatMessage: { key, type: 1, senderTimestampMs: Date.now() },
        messageContextInfo: { messageAddOnDurationInSecs: 2_592_000 }
      }
    })
    await expectAsFromPhone(pin, fromPhone)
    expect((await refusal({ threadId, pin: { messageId, seconds: 60 } })).detail).toContain('pin.seconds')
    expect((await refusal({ threadId, pin: { messageId }, replyTo: messageId })).detail).toContain('replyTo')
    expect((await refusal({ threadId, pin: { messageId: pin.messageId } })).detail).toContain(
      'Only messages can be pinned'
    )
  })
})

describe('statuses', () => {
  const to = 'status@broadcast'

  /** What these people got of it, and nobody else. */
  const seenBy = async (entryId: string, ...people: ReadonlyArray<Account>) => {
    const { api, simulator } = shared()
    const { accountId, phone } = linked
    await api.untilEntry(accountId, entryId, 'sent')
    await simulator.until(() => phone.account.statuses.some(({ id }) => id === entryId))
    const got = () => phone.truth().received.filter(({ id }) => id === entryId)
    await simulator.until(() => got().length >= people.length)
    expect(
      got()
        .map(({ recipient }) => recipient)
        .toSorted()
    ).toEqual(people.map(({ jid }) => jid).toSorted())
    return got()
  }

  test('reach those in the address book whom the owner shows them, and say who has seen them', async () => {
    const { api } = shared()
    const { accountId, contact, other, phone } = linked
    for (const [index, person] of phone.contacts.entries())
      await phone.nameContact(person, ['Ann in the book', 'Ben in the book'][index])
    await phone.receive({ from: other, text: 'hello' })
    await api.until('the names', async () => {
      const threads = await api.threads(accountId)
      const named = threads.filter(({ displayName }) => displayName?.endsWith('in the book'))
      return named.length === 2 ? true : undefined
    })

    const sent = await queue({ to, text: 'at sea' })
    const got = await seenBy(sent.entryId, contact, other)
    for (const one of got) expect(one).toMatchObject({ kind: 'text', text: 'at sea', chatJid: to, times: 1 })
    expect(got.map(({ expiration, hiddenBecause }) => expiration ?? hiddenBecause)).toEqual(
      got.map(() => undefined)
    )
    expect(await api.thread(sent.threadId)).toMatchObject({ kind: 'status', unreadCount: 0 })
    const seen = await api.untilMessage(
      sent.threadId,
      sent.messageId,
      ({ receipts }) => receipts.filter(({ readAt }) => readAt !== null).length === got.length
    )
    expect(seen).toMatchObject({ direction: 'outbound', type: 'text', body: 'at sea' })

    contact.strangers.add(phone.account)
    phone.showStatusesTo('blacklist', [other])
    const [hidden] = await seenBy((await queue({ to, text: 'not for Ben' })).entryId, contact)
    expect(hidden?.hiddenBecause).toContain('stranger')
    contact.strangers.clear()
    phone.showStatusesTo('whitelist', [other])
    const [shown] = await seenBy(
      (await queue({ threadId: sent.threadId, text: 'for Ben alone' })).entryId,
      other
    )
    expect(shown?.hiddenBecause).toBe(undefined)
  })

  test('are pictures too, and can be deleted; nothing else is posted', async () => {
    const { api } = shared()
    const { accountId, other, phone } = linked
    phone.showStatusesTo('whitelist', [other])
    const file = { bytes: Buffer.from('a boat'), type: 'image/jpeg', name: 'boat.jpg' }
    const { body } = await api.upload(accountId, file, { to, caption: 'our boat' })
    const [got] = await seenBy(body.entryId, other)
    expect(got).toMatchObject({ kind: 'image', text: 'our boat', recipient: other.jid })
    expect(got?.mediaError ?? got?.hiddenBecause).toBe(undefined)
    const revoke = await queue({ to, revoke: { messageId: body.messageId } })
    expect(await received(revoke.entryId)).toMatchObject({ kind: 'revoke', targetId: body.entryId })
    await shared().simulator.until(() => !phone.account.statuses.some(({ id }) => id === body.entryId))
    await api.untilMessage(body.threadId, body.messageId, ({ type }) => type === 'revoked')
    for (const content of [
      { poll: { question: 'Tea?', options: ['a', 'b'] } },
      { location: { latitude: 1, longitude: 2 } },
      { text: 'with @15550100999', mentions: ['15550100999'] }
    ])
      expect((await refusal({ to, ...content })).detail).toContain('A status is')
  })
})
