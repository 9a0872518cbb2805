// The outbox through HTTP: everything that can be sent arrives as what it is, once; everything else waits, ends or is
// refused with words.
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { once as nextOf } from 'node:events'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import type { Phone } from '../../simulator/phone.ts'
import { untilReceived } from './received.ts'
import { once } from './shared.ts'
import { sharedInProcessStage } from './stage.ts'

const shared = sharedInProcessStage({ MEDIA_URL_PRIVATE: 'true', MEDIA_MAX_MB: '2' })

const linked = () => shared().linked({ history: { chats: 3, messages: 30, groupsShare: 0.34 } })
const linkedOnce = once(linked)

const received = (phone: Phone, id: string) => untilReceived(shared().simulator, phone, id)

describe('what recipients get', () => {
  test('a reply that names somebody, a location, contacts and a poll arrive as what they are', async () => {
    const { api } = shared()
    const { accountId, phone } = await linkedOnce()
    const contact = phone.contacts[0]!
    const to = contact.phoneNumber
    const first = await api.send(accountId, to, 'first')
    await api.untilEntry(accountId, first.entryId, 'sent')

    const reply = await api.queue(accountId, {
      to,
      text: `@${to} yes`,
      replyTo: first.messageId,
      mentions: [to]
    })
    const place = await api.queue(accountId, {
      to,
      location: { latitude: 52.5, longitude: 13.4, name: 'Depot', address: 'Street 1' }
    })
    const card = await api.queue(accountId, {
      to,
      contacts: [{ name: 'Ada; Lovelace', phoneNumber: '+15550100999' }]
    })
    const poll = await api.queue(accountId, {
      to,
      poll: { question: 'When?', options: ['Now', 'Later'], selectable: 1 }
    })

    expect(await received(phone, reply.entryId)).toMatchObject({
      kind: 'text',
      quotedId: first.entryId,
      times: 1
    })
    expect(await received(phone, place.entryId)).toMatchObject({ kind: 'location' })
    expect(await received(phone, card.entryId)).toMatchObject({ kind: 'contact' })
    expect(await received(phone, poll.entryId)).toMatchObject({ kind: 'poll' })

    expect(await api.message(reply.threadId, reply.messageId)).toMatchObject({
      type: 'text',
      quotedMessageId: first.messageId,
      mentions: [expect.stringContaining('@')]
    })
    expect(await api.message(place.threadId, place.messageId)).toMatchObject({
      type: 'location',
      body: 'Depot (52.5,13.4)',
      location: { latitude: 52.5, longitude: 13.4, name: 'Depot', address: 'Street 1' }
    })
    expect(await api.message(card.threadId, card.messageId)).toMatchObject({
      contacts: [{ phoneNumbers: ['+15550100999'] }]
    })
    expect(await api.message(poll.threadId, poll.messageId)).toMatchObject({
      type: 'poll',
      poll: {
        question: 'When?',
        selectable: 1,
        options: [
          { name: 'Now', voters: [] },
          { name: 'Later', voters: [] }
        ]
      }
    })
  })

  test('a vote on a poll of ours is opened and counted', async () => {
    const { api } = shared()
    const { accountId, phone } = await linkedOnce()
    const contact = phone.contacts[0]!
    const poll = await api.queue(accountId, {
      to: contact.phoneNumber,
      poll: { question: 'Tea?', options: ['Yes', 'No'] }
    })
    await received(phone, poll.entryId)
    await phone.receive({ from: contact, vote: poll.entryId, options: ['No'] })
    await phone.receive({ from: contact, vote: poll.entryId, options: ['Yes'] })
    const counted = await api.untilMessage(
      poll.threadId,
      poll.messageId,
      message => message.poll?.options[0]?.voters.length === 1
    )
    expect(counted.poll?.options.map(option => option.voters.length)).toEqual([1, 0])
  })

  test('a reaction, an edit and a deletion change the message, there and here', async () => {
    const { api } = shared()
    const { accountId, phone } = await linkedOnce()
    const contact = phone.contacts[0]!
    const to = contact.phoneNumber
    const { id } = await phone.receive({ from: contact, text: 'How much?' })
    const own = await api.send(accountId, to, 'ten')
    await received(phone, own.entryId)
    await api.untilMessage(own.threadId, `${id}_them`, () => true)

    const reaction = await api.queue(accountId, {
      threadId: own.threadId,
      reaction: { messageId: `${id}_them`, emoji: '👍' }
    })
    const edit = await api.queue(accountId, {
      threadId: own.threadId,
      edit: { messageId: own.messageId, text: 'eleven' }
    })
    expect(await received(phone, reaction.entryId)).toMatchObject({
      kind: 'reaction',
      text: '👍',
      targetId: id
    })
    expect(await received(phone, edit.entryId)).toMatchObject({
      kind: 'edit',
      text: 'eleven',
      targetId: own.entryId
    })
    await api.untilMessage(own.threadId, `${id}_them`, message => message.reactions[0]?.emoji === '👍')
    const edited = await api.untilMessage(own.threadId, own.messageId, message => message.body === 'eleven')
    expect(edited.edits).toMatchObject([{ body: 'ten' }])

    const revoke = await api.queue(accountId, {
      threadId: own.threadId,
      revoke: { messageId: own.messageId }
    })
    expect(await received(phone, revoke.entryId)).toMatchObject({ kind: 'revoke', targetId: own.entryId })
    await api.untilMessage(own.threadId, own.messageId, message => message.type === 'revoked')
  })

  test('an uploaded file arrives byte for byte, with its caption', async () => {
    const { api } = shared()
    const { accountId, phone } = await linkedOnce()
    const bytes = Buffer.alloc(300_000, 'pixels')
    const { body, status } = await api.upload(
      accountId,
      { bytes, type: 'image/jpeg', name: 'cat.jpg' },
      { to: phone.contacts[0]!.phoneNumber, caption: 'Our cat' }
    )
    expect(status).toBe(202)
    expect(await received(phone, body.entryId)).toMatchObject({
      kind: 'image',
      text: 'Our cat',
      sha256: createHash('sha256').update(bytes).digest('hex')
    })
    expect(await api.message(body.threadId, body.messageId)).toMatchObject({
      type: 'image',
      body: 'Our cat',
      media: { mimeType: 'image/jpeg', size: bytes.length, download: { mediaKey: expect.any(String) } }
    })
  })

  test('a file named by an address is fetched once and arrives; its type follows the server', async () => {
    const { api } = shared()
    const { accountId, phone } = await linkedOnce()
    let asked = 0
    const files = createServer((request, response) => {
      asked += 1
      if (request.url === '/moved') response.writeHead(302, { location: '/offer.pdf' }).end()
      else
        response.writeHead(200, { 'content-type': 'application/pdf; charset=binary' }).end('%PDF-1.7 offer')
    })
    await nextOf(files.listen(0, '127.0.0.1'), 'listening')
    const { port } = files.address() as { port: number }
    const request = {
      to: phone.contacts[0]!.phoneNumber,
      media: { url: `http://127.0.0.1:${port}/moved`, fileName: 'offer.pdf' },
      idempotencyKey: 'by-address'
    }
    const queued = await api.queue(accountId, request)
    expect(await api.queue(accountId, request)).toEqual(queued)
    // A link in a text is not asked for, unless a setting says so.
    const link = await api.send(accountId, request.to, request.media.url)
    expect((await received(phone, link.entryId)).linkPreview).toBeUndefined()
    files.close()
    expect(asked).toBe(2)
    expect(await received(phone, queued.entryId)).toMatchObject({ kind: 'document', mediaBytes: 14 })
  })
})

describe('the same request twice', () => {
  test('gets the same answer and is sent once; the order of fields and the place of the key do not matter', async () => {
    const { api } = shared()
    const { accountId, phone } = await linkedOnce()
    const to = phone.contacts[0]!.phoneNumber
    const path = `/v1/accounts/${accountId}/messages`
    const first = await api.queue(accountId, { to, text: 'once', idempotencyKey: 'k1' })
    await api.untilEntry(accountId, first.entryId, 'sent')
    const again = await api.queue(accountId, { idempotencyKey: 'k1', text: 'once', to })
    const byHeader = await api.request('POST', path, { text: 'once', to }, { 'idempotency-key': 'k1' })
    expect(again).toEqual(first)
    expect(byHeader).toEqual({ status: 202, body: first })
    expect(await received(phone, first.entryId)).toMatchObject({ times: 1 })

    for (const [key, slot] of [
      ['k2', 'payload'],
      ['k'.repeat(201), 'headers']
    ] as const)
      expect(
        await api.request(
          'POST',
          path,
          { text: 'once', to, idempotencyKey: 'k1' },
          { 'idempotency-key': key }
        )
      ).toMatchObject({ status: 400, body: { errors: [{ path: [slot, expect.any(String)] }] } })
    const other = await api.request('POST', path, { to, text: 'another', idempotencyKey: 'k1' })
    expect(other).toMatchObject({
      status: 409,
      body: { type: 'urn:backscroll:problem:idempotency-key-reused' }
    })
  })
})

describe('waiting', () => {
  test('what is not being sent yet can be taken back; what was sent cannot', async () => {
    const { api } = shared()
    const { accountId, phone } = await linked()
    const to = phone.contacts[0]!.phoneNumber
    await api.command(accountId, 'disconnect')
    const [kept, taken] = [await api.send(accountId, to, 'kept'), await api.send(accountId, to, 'taken back')]
    const path = `/v1/accounts/${accountId}/outbox/${taken.entryId}`
    expect(await api.request('DELETE', path)).toMatchObject({ status: 200, body: { status: 'cancelled' } })
    expect(await api.request('DELETE', path)).toMatchObject({
      status: 409,
      body: { entryStatus: 'cancelled' }
    })
    await api.command(accountId, 'connect')
    await received(phone, kept.entryId)
    expect(phone.truth().received.some(entry => entry.id === taken.entryId)).toBe(false)
    expect(await api.message(taken.threadId, taken.messageId)).toMatchObject({ status: 'cancelled' })
    expect(await api.thread(taken.threadId)).toMatchObject({ lastMessageText: 'kept' })
    const sent = await api.untilEntry(accountId, kept.entryId, 'sent')
    expect(sent.attempts).toBe(1)
    expect(await api.request('DELETE', `/v1/accounts/${accountId}/outbox/${kept.entryId}`)).toMatchObject({
      status: 409
    })
    const { body } = await api.request<{ entries: ReadonlyArray<{ entryId: string }> }>(
      'GET',
      `/v1/accounts/${accountId}/outbox?status=cancelled`
    )
    expect(body.entries.map(entry => entry.entryId)).toEqual([taken.entryId])
  })

  test('what expires while the account is offline is never sent, and says so', async () => {
    const { api } = shared()
    const { accountId, phone } = await linkedOnce()
    const to = phone.contacts[0]!.phoneNumber
    await api.command(accountId, 'disconnect')
    const expiring = await api.queue(accountId, { to, text: 'today only', expiresAt: Date.now() + 3000 })
    expect(await api.untilEntry(accountId, expiring.entryId, 'expired')).toMatchObject({ attempts: 0 })
    expect(await api.message(expiring.threadId, expiring.messageId)).toMatchObject({
      status: 'failed',
      statusReason: expect.stringContaining('expired')
    })
    await api.command(accountId, 'connect')
    const later = await api.send(accountId, to, 'later')
    await received(phone, later.entryId)
    expect(phone.truth().received.some(entry => entry.id === expiring.entryId)).toBe(false)
  })

  test('a scheduled message waits for its time without holding up others', async () => {
    const { api } = shared()
    const { accountId, phone } = await linkedOnce()
    const to = phone.contacts[0]!.phoneNumber
    const [soon, late] = [Date.now() + 1500, Date.now() + 3_600_000]
    const queueAt = (at: number) =>
      api.queue(accountId, { to, text: `scheduled for ${at}`, sendAt: new Date(at).toISOString() })
    const [first, last] = [await queueAt(soon), await queueAt(late)]
    const now = await api.send(accountId, to, 'at once')
    await received(phone, now.entryId)
    expect(await api.entry(accountId, last.entryId)).toMatchObject({
      status: 'queued',
      sendAt: late,
      nextAttemptAt: late
    })
    await received(phone, first.entryId)
    expect(Date.now()).toBeGreaterThanOrEqual(soon)
  })
})

describe('what is not sent yet', () => {
  test('is neither edited, deleted nor reacted to: it is cancelled instead, and its words are gone', async () => {
    const { api } = shared()
    const { accountId, phone } = await linkedOnce()
    const to = phone.contacts[0]!.phoneNumber
    const later = await api.queue(accountId, { to, text: 'Krapfen', sendAt: Date.now() + 3_600_000 })
    const path = `/v1/accounts/${accountId}/messages`
    for (const change of [
      { edit: { messageId: later.messageId, text: 'x' } },
      { revoke: { messageId: later.messageId } },
      { reaction: { messageId: later.messageId, emoji: '👍' } }
    ]) {
      const answer = await api.request('POST', path, { threadId: later.threadId, ...change })
      expect(answer).toMatchObject({ status: 400, body: { detail: expect.stringContaining('not sent yet') } })
    }
    const cancelled = await api.request('DELETE', `/v1/accounts/${accountId}/outbox/${later.entryId}`)
    expect(cancelled.body).toMatchObject({ status: 'cancelled', reason: expect.any(String) })
    const edit = await api.request('POST', path, {
      threadId: later.threadId,
      edit: { messageId: later.messageId, text: 'x' }
    })
    expect(edit).toMatchObject({ status: 400, body: { detail: expect.stringContaining('never sent') } })
  })

  test('a scheduled message does not hide what comes in before it', async () => {
    const { api } = shared()
    const { accountId, phone } = await linkedOnce()
    const contact = phone.contacts[0]!
    const later = await api.queue(accountId, {
      to: contact.phoneNumber,
      text: 'tomorrow',
      sendAt: Date.now() + 20 * 3_600_000
    })
    await api.request('POST', `/v1/threads/${encodeURIComponent(later.threadId)}/read`)
    await phone.receive({ from: contact, text: 'today' })
    const thread = await api.until('the message of today', async () => {
      const found = await api.thread(later.threadId)
      return found.unreadCount === 1 ? found : undefined
    })
    expect(thread.lastMessageText).toBe('today')
  })

  test('cancelling the first of a thread lets the next go', async () => {
    const { api } = shared()
    const { accountId, phone } = await linked()
    const contact = phone.contacts[0]!
    await phone.receive({ from: contact, text: 'hello' })
    phone.fault({ kind: 'rejectMessages', error: 463 }, { times: 1 })
    const first = await api.send(accountId, contact.phoneNumber, 'refused for now')
    const second = await api.send(accountId, contact.phoneNumber, 'waits behind it')
    await api.untilAccount(accountId, 'the refusal', ({ restriction }) => restriction !== null)
    expect(await api.untilEntry(accountId, first.entryId, 'queued')).toMatchObject({ attempts: 0 })
    await api.request('DELETE', `/v1/accounts/${accountId}/outbox/${first.entryId}`)
    await received(phone, second.entryId)
    expect(phone.truth().received.some(entry => entry.id === first.entryId)).toBe(false)
  })
})

describe('a client that waits', () => {
  const waiting = (accountId: string, query: string, body: object) =>
    shared().api.request<Record<string, unknown>>('POST', `/v1/accounts/${accountId}/messages?${query}`, body)

  test('is told that the message was sent or delivered; an album tells of each picture, a reaction is only sent', async () => {
    const { api } = shared()
    const { accountId, phone } = await linkedOnce()
    const to = phone.contacts[0]!.phoneNumber
    const sent = await waiting(accountId, 'wait=sent', { to, text: 'sent?', idempotencyKey: 'wait-1' })
    expect(sent).toMatchObject({
      status: 200,
      body: { status: 'sent', kind: 'text', attempts: 1, reason: null, messageStatus: expect.any(String) }
    })
    expect(sent.body).toMatchObject(await api.entry(accountId, String(sent.body['entryId'])))

    const delivered = await waiting(accountId, 'wait=delivered&timeout=2m', { to, text: 'delivered?' })
    expect(delivered).toMatchObject({
      status: 200,
      body: { status: 'sent', messageStatus: expect.stringMatching(/^(delivered|read)$/) }
    })
    // The same request again is answered at once with what became of it.
    expect(
      await waiting(accountId, 'wait=sent&timeout=1ms', { to, text: 'sent?', idempotencyKey: 'wait-1' })
    ).toMatchObject({ status: 200, body: { entryId: sent.body['entryId'], status: 'sent' } })

    const reaction = await waiting(accountId, 'wait=delivered', {
      to,
      reaction: { messageId: delivered.body['messageId'], emoji: '👍' }
    })
    expect(reaction).toMatchObject({ status: 200, body: { kind: 'reaction', messageStatus: null } })

    const picture = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
      .png()
      .toBuffer()
    const files = createServer((_, response) =>
      response.writeHead(200, { 'content-type': 'image/png' }).end(picture)
    )
    await nextOf(files.listen(0, '127.0.0.1'), 'listening')
    const { port } = files.address() as { port: number }
    const url = `http://127.0.0.1:${port}/`
    const album = await waiting(accountId, 'wait=delivered&timeout=2m', { to, album: [{ url }, { url }] })
    files.close()
    const part = {
      status: 'sent',
      reason: null,
      messageStatus: expect.stringMatching(/^(delivered|read)$/)
    }
    expect(album).toMatchObject({ status: 200, body: { kind: 'album', parts: [part, part] } })
  })

  test('is told why a message was not sent, and who took it back', async () => {
    const { api } = shared()
    const { accountId, phone } = await linkedOnce()
    expect(await waiting(accountId, 'wait=sent', { to: '+4915100000003', text: 'anybody?' })).toMatchObject({
      status: 422,
      body: {
        code: 'not-sent',
        detail: 'The entry is failed: recipient.notOnWhatsApp',
        entry: { status: 'failed', reason: 'recipient.notOnWhatsApp', attempts: 1 }
      }
    })
    const later = waiting(accountId, 'wait=sent&timeout=2m', {
      to: phone.contacts[0]!.phoneNumber,
      text: 'tomorrow',
      sendAt: Date.now() + 86_400_000
    })
    const [entry] = await api.until('the entry', async () => {
      const { body } = await api.request<{ entries: ReadonlyArray<{ entryId: string }> }>(
        'GET',
        `/v1/accounts/${accountId}/outbox?status=queued`
      )
      return body.entries.length > 0 ? body.entries : undefined
    })
    await api.request('DELETE', `/v1/accounts/${accountId}/outbox/${entry!.entryId}`)
    expect(await later).toMatchObject({
      status: 422,
      body: { code: 'not-sent', entry: { status: 'cancelled' } }
    })
  })

  test('is told how far it is when the time is over; a time that is none is refused before anything is sent', async () => {
    const { accountId, phone } = await linkedOnce()
    const to = phone.contacts[0]!.phoneNumber
    const tomorrow = { to, text: 'tomorrow', sendAt: Date.now() + 86_400_000 }
    expect(await waiting(accountId, 'wait=delivered&timeout=20ms', tomorrow)).toMatchObject({
      status: 202,
      body: { status: 'queued', messageId: expect.any(String), threadId: expect.any(String) }
    })
    for (const query of [
      'timeout=30s',
      'wait=sent&timeout=30',
      'wait=sent&timeout=3m',
      'wait=sent&timeout=0s',
      'wait=read',
      'wait=sent&patience=1s'
    ]) {
      expect(await waiting(accountId, query, { to, text: 'never' }), query).toMatchObject({
        status: 400,
        body: { code: 'bad-field' }
      })
    }
    expect(phone.truth().received.some(({ text }) => text === 'never')).toBe(false)
  })
})

describe('reading and typing', () => {
  test('a thread marked as read tells the writers and counts nothing any more', async () => {
    const { api, simulator } = shared()
    const { accountId, phone } = await linkedOnce()
    const contact = phone.contacts[0]!
    const { id } = await phone.receive({ from: contact, text: 'Anybody there?' })
    const thread = await api.until('the unread message', async () =>
      (await api.threads(accountId)).find(
        found =>
          [contact.jid, contact.lid].includes(found.clientJid) && found.lastMessageText === 'Anybody there?'
      )
    )
    expect(thread.unreadCount).toBeGreaterThan(0)
    const path = `/v1/threads/${encodeURIComponent(thread.threadId)}/read`
    expect(await api.request('POST', path)).toMatchObject({ status: 202, body: { unreadCount: 0 } })
    await simulator.until(() => phone.truth().readByDevices.some(read => read.id === id), {
      what: 'the read receipt'
    })
  })

  test('more messages than one receipt takes are confirmed in several', async () => {
    const { api, simulator } = shared()
    const { accountId, phone } = await linkedOnce()
    const contact = phone.contacts[0]!
    await phone.flood({ count: 300, from: contact, text: 'read me' })
    const thread = await api.until('all of them', async () =>
      (await api.threads(accountId)).find(
        found => [contact.jid, contact.lid].includes(found.clientJid) && found.unreadCount >= 300
      )
    )
    const read = new Set<string>()
    const { signals } = simulator.network
    const stop = signals.on(({ detail, name }) => {
      if (name !== 'receiptSent' || detail['type'] !== 'read' || !Array.isArray(detail['ids'])) return
      for (const id of detail['ids']) read.add(String(id))
    })
    await api.request('POST', `/v1/threads/${encodeURIComponent(thread.threadId)}/read`)
    await signals.until(() => read.size >= 300, { what: 'all receipts' })
    stop()
  })

  test('typing is shown while online, and refused with the state otherwise', async () => {
    const { api, simulator } = shared()
    const { accountId, phone } = await linkedOnce()
    const sent = await api.send(accountId, phone.contacts[0]!.phoneNumber, 'One moment')
    const path = `/v1/threads/${encodeURIComponent(sent.threadId)}/typing`
    const shown = new Promise<void>(resolve => {
      simulator.events.on(({ name }) => name === 'chatstate' && resolve())
    })
    expect(await api.request('POST', path, { state: 'composing' })).toMatchObject({ status: 204 })
    await shown
    await api.command(accountId, 'disconnect')
    expect(await api.request('POST', path, { state: 'composing' })).toMatchObject({
      status: 409,
      body: { state: 'stopped' }
    })
  })
})
