// Answers and what they quote, in both directions, through HTTP: in the chat, from a status, in private to a message of a
// group; and what accompanies everything that is sent: the chat's timer, mentions, quotes.
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { untilReceived } from './received.ts'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Message } from '../../src/domain/message.ts'
import { sharedInProcessStage } from './stage.ts'
import { linkTwoChats, type TwoChats } from './two-chats.ts'

const shared = sharedInProcessStage({ MEDIA_URL_PRIVATE: 'true' })

let linked: TwoChats
beforeAll(async () => {
  linked = await linkTwoChats(shared())
})

const inThread = (threadId: string, whatsAppId: string, wanted: (message: Message) => boolean = () => true) =>
  shared().api.until(`the message ${whatsAppId}`, async () => {
    const { messages } = await shared().api.messagePage(threadId, 'limit=100')
    return messages.find(message => message.whatsAppId === whatsAppId && wanted(message))
  })

const received = (entryId: string) => untilReceived(shared().simulator, linked.phone, entryId)

describe('a message that answers another one', () => {
  test('points to it in this thread, with its beginning', async () => {
    const { contact, phone, threadId } = linked
    const long = `${'a'.repeat(199)}🚚 and more`
    const { id } = await phone.receive({ from: contact, text: long })
    const answer = await phone.send({ to: contact, text: 'yes', quote: { id } })
    expect(await inThread(threadId, answer.id)).toMatchObject({
      quotedWhatsAppId: id,
      quotedMessageId: `${id}_them`,
      quoted: { threadId, messageId: `${id}_them`, excerpt: `${'a'.repeat(199)}🚚`, isStatus: false }
    })
  })

  test('points nowhere as long as that one is not held, and to it once it comes', async () => {
    const { api } = shared()
    const { contact, phone, threadId } = linked
    const message = {
      extendedTextMessage: {
        text: 'early answer',
        contextInfo: {
          stanzaId: 'LATER1',
          participant: contact.jid,
          quotedMessage: { imageMessage: { mimetype: 'image/jpeg' } }
        }
      }
    }
    const { id } = await phone.send({ to: contact, message })
    expect(await inThread(threadId, id)).toMatchObject({
      quotedWhatsAppId: 'LATER1',
      quotedMessageId: null,
      quoted: { threadId, messageId: null, excerpt: '[image]', isStatus: false }
    })
    await phone.receive({ from: contact, text: 'it comes', id: 'LATER1' })
    const found = await inThread(threadId, id, one => one.quotedMessageId !== null)
    expect(found.quoted).toMatchObject({ messageId: 'LATER1_them' })
    expect(await api.message(threadId, found.quotedMessageId!)).toMatchObject({ body: 'it comes' })
  })

  test('says that it answers a status, which is in no thread', async () => {
    const { contact, phone, threadId } = linked
    const answer = await phone.receive({
      from: contact,
      text: 'nice boat',
      quote: { id: '3ASTATUS77', in: 'status', said: 'at sea' }
    })
    expect(await inThread(threadId, answer.id)).toMatchObject({
      quotedWhatsAppId: '3ASTATUS77',
      quotedMessageId: null,
      quoted: { threadId: null, messageId: null, excerpt: 'at sea', isStatus: true }
    })
  })

  test('in private to a message of a group points to the group', async () => {
    const { api } = shared()
    const { contact, group, groupThreadId, phone, threadId } = linked
    const own = await phone.send({ to: group, text: 'who comes?' })
    await inThread(groupThreadId, own.id)
    const answer = await phone.receive({ from: contact, text: 'not me', quote: { id: own.id, in: group.id } })
    const found = await inThread(threadId, answer.id)
    expect(found).toMatchObject({
      quotedWhatsAppId: own.id,
      quotedMessageId: null,
      quoted: { threadId: groupThreadId, messageId: `${own.id}_me`, excerpt: 'who comes?', isStatus: false }
    })
    expect(await api.message(found.quoted!.threadId!, found.quoted!.messageId!)).toMatchObject({
      body: 'who comes?'
    })
  })

  test('quotes only what the other one says when it is sent, however long the row of answers is', async () => {
    const { api } = shared()
    const { accountId, contact, phone } = linked
    const poll = await api.queue(accountId, {
      to: contact.phoneNumber,
      poll: { question: 'Tea?', options: ['Yes', 'No'] }
    })
    await received(poll.entryId)
    let before = poll
    const sizes: Array<number> = []
    for (let count = 0; count < 12; count += 1) {
      before = await api.queue(accountId, {
        threadId: before.threadId,
        text: `answer ${String(count).padStart(2, '0')}`,
        replyTo: before.messageId
      })
      const { bytes, quoteCarries } = await received(before.entryId)
      expect(quoteCarries).toEqual([])
      sizes.push(bytes)
    }
    expect(new Set(sizes.slice(1)).size).toBe(1)
    expect(phone.truth().received.find(one => one.id === before.entryId)?.quotedId).toBeDefined()
  })
})

describe('what is sent', () => {
  test('disappears as its chat says, of every kind, in groups too', async () => {
    const { api } = shared()
    const { accountId, contact, group, groupThreadId, phone, threadId } = linked
    await phone.receive({ from: contact, disappearing: 604_800 })
    phone.changeGroup(group, { ephemeralSeconds: 86_400 })
    for (const [id, ephemeralSeconds] of [
      [threadId, 604_800],
      [groupThreadId, 86_400]
    ] as const)
      await api.until('the timer', async () =>
        (await api.thread(id)).ephemeralSeconds === ephemeralSeconds ? true : undefined
      )
    const image = { bytes: Buffer.from('an image'), type: 'image/jpeg', name: 'a.jpg' }
    for (const to of [contact.phoneNumber, group.id]) {
      const text = await api.send(accountId, to, 'text')
      const upload = await api.upload(accountId, image, { to, caption: 'file' })
      const place = await api.queue(accountId, { to, location: { latitude: 1, longitude: 2 } })
      const poll = await api.queue(accountId, { to, poll: { question: 'When?', options: ['a', 'b'] } })
      const card = await api.queue(accountId, { to, contacts: [{ name: 'A', phoneNumber: '+15550100999' }] })
      const event = await api.queue(accountId, { to, event: { name: 'Picnic', startAt: 1_900_000_000_000 } })
      const once = await api.upload(accountId, image, { to, viewOnce: 'true' })
      await api.untilEntry(accountId, text.entryId, 'sent')
      const { messageId, threadId: from } = text
      const forward = await api.queue(accountId, { to, forward: { threadId: from, messageId } })
      const edit = await api.queue(accountId, {
        threadId: text.threadId,
        edit: { messageId: text.messageId, text: 'edited' }
      })
      for (const { entryId } of [text, upload.body, place, poll, card, event, once.body, forward, edit]) {
        const { expiration, kind } = await received(entryId)
        expect([kind, expiration]).toEqual([kind, to === group.id ? 86_400 : 604_800])
      }
    }
    await phone.receive({ from: contact, disappearing: 0 })
    await api.until('no timer', async () =>
      (await api.thread(threadId)).ephemeralSeconds === 0 ? true : undefined
    )
    expect(
      (await received((await api.send(accountId, contact.phoneNumber, 'stays')).entryId)).expiration
    ).toBe(undefined)
  })

  test('mentions people by LID in a group that addresses its members so, and in an edit still', async () => {
    const { api } = shared()
    const { accountId, contact, group, other, phone } = linked
    const { id } = await phone.receive({ from: contact, group, text: 'who drives?' })
    await inThread(linked.groupThreadId, id)
    const { messages } = await api.messagePage(linked.groupThreadId, 'limit=100')
    const asked = messages.find(message => message.whatsAppId === id)!
    const sent = await api.queue(accountId, {
      to: group.id,
      text: `@${contact.phoneNumber} drives`,
      mentions: [contact.phoneNumber],
      replyTo: asked.messageId
    })
    const user = (jid: string) => jid.split('@')[0]
    expect(await received(sent.entryId)).toMatchObject({
      text: `@${user(contact.lid)} drives`,
      mentions: [contact.lid],
      quotedId: id
    })
    await api.untilEntry(accountId, sent.entryId, 'sent')
    const edit = await api.queue(accountId, {
      threadId: sent.threadId,
      edit: { messageId: sent.messageId, text: `@${contact.phoneNumber} drives fast` }
    })
    expect(await received(edit.entryId)).toMatchObject({
      kind: 'edit',
      text: `@${user(contact.lid)} drives fast`,
      mentions: [contact.lid],
      quoteCarries: []
    })
    const again = await api.queue(accountId, {
      threadId: sent.threadId,
      edit: { messageId: sent.messageId, text: `@${other.phoneNumber} drives` },
      mentions: [other.phoneNumber]
    })
    expect(await received(again.entryId)).toMatchObject({
      text: `@${user(other.lid)} drives`,
      mentions: [other.lid],
      quoteCarries: []
    })
    const edited = await api.untilMessage(sent.threadId, sent.messageId, ({ edits }) => edits.length === 2)
    expect(edited.mentions).toHaveLength(1)
    expect([other.jid, other.lid]).toContain(edited.mentions[0])
  })

  test('is a voice message when it is Opus in Ogg, and a document has the name that its server gives it', async () => {
    const { api } = shared()
    const { accountId, contact } = linked
    const files = createServer((request, response) => {
      const headers: Record<string, Record<string, string>> = {
        '/note': { 'content-type': 'audio/ogg; codecs=opus' },
        '/download': {
          'content-type': 'application/pdf',
          'content-disposition': `attachment; filename="fallback.pdf"; filename*=UTF-8''Angebot%20%C3%BC.pdf`
        },
        '/files/price%20list.pdf': { 'content-type': 'application/pdf' }
      }
      response.writeHead(200, headers[request.url ?? ''] ?? {}).end('content')
    }).listen(0, '127.0.0.1')
    await once(files, 'listening')
    const base = `http://127.0.0.1:${(files.address() as AddressInfo).port}`
    const send = async (path: string, media: object = {}) =>
      received(
        (await api.queue(accountId, { to: contact.phoneNumber, media: { url: `${base}${path}`, ...media } }))
          .entryId
      )
    const voice = 'audio/ogg; codecs=opus'
    expect(await send('/note')).toMatchObject({ kind: 'audio', mimetype: voice })
    expect(await send('/note', { type: 'voice', mimeType: 'audio/ogg; codecs=opus' })).toMatchObject({
      mimetype: voice
    })
    const upload = await api.upload(
      accountId,
      { bytes: Buffer.from('note'), type: 'audio/ogg; codecs=opus', name: 'note.ogg' },
      { to: contact.phoneNumber, type: 'voice' }
    )
    expect(await received(upload.body.entryId)).toMatchObject({ mimetype: voice })
    expect(await api.message(upload.body.threadId, upload.body.messageId)).toMatchObject({
      type: 'voice',
      media: { mimeType: voice }
    })
    expect(await send('/download')).toMatchObject({ kind: 'document', fileName: 'Angebot ü.pdf' })
    expect(await send('/files/price%20list.pdf')).toMatchObject({ fileName: 'price list.pdf' })
    expect(await send('/download', { fileName: 'mine.pdf' })).toMatchObject({ fileName: 'mine.pdf' })
    files.close()
  })
})
