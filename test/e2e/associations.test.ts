// Messages that belong to another one, through HTTP: pictures and films in better quality, motion photos, albums, an event's
// picture; in any order, live and from history.
import { createHash } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import type { Message } from '../../src/domain/message.ts'
import { linkAccount } from '../../harness/simulated.ts'
import type { Phone } from '../../simulator/phone.ts'
import type { Account } from '../../simulator/state/account.ts'
import { sharedInProcessStage } from './stage.ts'

const shared = sharedInProcessStage()

let accountId: string
let phone: Phone

beforeAll(async () => {
  ;({ accountId, phone } = await shared().linked({ history: { chats: 1, messages: 4, groupsShare: 0 } }))
})

const file = (kind: 'image' | 'video', content: string, caption?: string) =>
  shared().simulator.fileMessage({
    kind,
    bytes: Buffer.from(content),
    mimetype: kind === 'image' ? 'image/jpeg' : 'video/mp4',
    caption
  })

const base64 = (content: string) => createHash('sha256').update(content).digest('base64')

/** Each test has a chat of its own, so that it can count. */
const newContact = () => shared().simulator.createContact({ name: 'Ann' })

const threadOf = (contact: Account, account = accountId) =>
  shared().api.until('the thread', async () =>
    (await shared().api.threads(account)).find(({ clientJid }) =>
      [contact.jid, contact.lid].includes(clientJid)
    )
  )

const messagesOf = async (threadId: string) => (await shared().api.messagePage(threadId, 'limit=50')).messages

const untilOne = (threadId: string, whatsAppId: string, wanted: (message: Message) => boolean = () => true) =>
  shared().api.until(`${whatsAppId} as wanted`, async () =>
    (await messagesOf(threadId)).find(message => message.whatsAppId === whatsAppId && wanted(message))
  )

const contentOf = async ({ messageKey }: Message, variant?: string) => {
  const query = variant === undefined ? '' : `?variant=${variant}`
  const response = await shared().api.fetch(`/v1/messages/${encodeURIComponent(messageKey)}/media${query}`)
  return response.status === 200 ? response.text() : response.status
}

const isBetter = ({ media }: Message): boolean => media?.variants.some(({ kind }) => kind === 'sd') === true

test('a picture in better quality replaces the file of the first one: one message, unread once, both files to be had', async () => {
  const contact = newContact()
  const { id } = await phone.receive({ from: contact, message: file('image', 'small', 'our cat') })
  const { threadId } = await threadOf(contact)
  const first = await untilOne(threadId, id)
  expect(first.media?.variants).toEqual([])
  expect([await contentOf(first), await contentOf(first, 'sd'), await contentOf(first, 'hd')]).toEqual([
    'small',
    'small',
    404
  ])

  const better = await phone.receive({
    from: contact,
    message: file('image', 'large and sharp', 'our cat'),
    association: { type: 'HD_IMAGE_DUAL_UPLOAD', parent: id }
  })

  const message = await untilOne(threadId, id, isBetter)
  expect(message).toMatchObject({
    type: 'image',
    body: 'our cat',
    media: {
      size: 15,
      whatsAppId: better.id,
      download: { fileSha256: base64('large and sharp') },
      variants: [{ kind: 'sd', size: 5, download: { fileSha256: base64('small') }, stored: true }]
    }
  })
  expect(await messagesOf(threadId)).toHaveLength(1)
  expect(await shared().api.thread(threadId)).toMatchObject({ unreadCount: 1, lastMessageText: 'our cat' })
  expect([
    await contentOf(message),
    await contentOf(message, 'hd'),
    await contentOf(message, 'sd'),
    await contentOf(message, 'motion')
  ]).toEqual(['large and sharp', 'large and sharp', 'small', 404])

  await phone.markRead(contact)
  await shared().api.until('the picture to be read', async () =>
    (await shared().api.thread(threadId)).unreadCount === 0 ? true : undefined
  )

  await phone.receive({ from: contact, revoke: id })
  expect((await untilOne(threadId, id, ({ type }) => type === 'revoked')).media).toBe(null)
})

test('the better file may come first, also before a restart, from the owner and in a group', async () => {
  const { api } = shared()
  const contact = newContact()
  const group = phone.createGroup('Pictures', [contact, phone.contacts[0]!])
  const early = await phone.receive({
    from: contact,
    message: file('video', 'better film'),
    association: { type: 'HD_VIDEO_DUAL_UPLOAD', parent: 'PARENT1', at: 'message' }
  })
  await phone.send({
    to: group,
    message: file('image', 'better of mine'),
    association: { type: 'HD_IMAGE_DUAL_UPLOAD', parent: 'PARENT2' }
  })
  // Only the writer of a message can add a file to it.
  await phone.receive({
    from: contact,
    group,
    message: file('image', 'not of mine'),
    association: { type: 'HD_IMAGE_DUAL_UPLOAD', parent: 'PARENT2' }
  })
  await shared().simulator.until(() => phone.truth().offlineQueue.length === 0)
  expect((await api.threads(accountId)).filter(({ clientJid }) => clientJid === contact.jid)).toEqual([])
  await shared().server.stop()
  await shared().restart()

  await phone.receive({ from: contact, message: file('video', 'film'), id: 'PARENT1' })
  await phone.send({ to: group, message: file('image', 'mine'), id: 'PARENT2' })

  const { threadId } = await threadOf(contact)
  const film = await untilOne(threadId, 'PARENT1', isBetter)
  expect(film.media?.whatsAppId).toBe(early.id)
  expect([await contentOf(film), await contentOf(film, 'sd')]).toEqual(['better film', 'film'])
  expect(await shared().api.thread(threadId)).toMatchObject({ unreadCount: 1 })
  expect(await messagesOf(threadId)).toHaveLength(1)
  const groupThread = (await shared().api.threads(accountId)).find(({ clientJid }) => clientJid === group.id)!
  const mine = await untilOne(groupThread.threadId, 'PARENT2', isBetter)
  expect(mine.direction).toBe('outbound')
  expect([await contentOf(mine), await contentOf(mine, 'sd')]).toEqual(['better of mine', 'mine'])
})

test('the film of a motion photo and a film in another encoding stay beside the file that is shown', async () => {
  const contact = newContact()
  const photo = await phone.receive({ from: contact, message: file('image', 'photo') })
  await phone.receive({
    from: contact,
    message: file('video', 'moving'),
    association: { type: 'MOTION_PHOTO', parent: photo.id }
  })
  const film = await phone.receive({ from: contact, message: file('video', 'film') })
  await phone.receive({
    from: contact,
    message: file('video', 'film as HEVC'),
    association: { type: 'HEVC_VIDEO_DUAL_UPLOAD', parent: film.id }
  })
  const { threadId } = await threadOf(contact)
  const moving = await untilOne(threadId, photo.id, ({ media }) => media?.variants[0]?.kind === 'motion')
  const encoded = await untilOne(threadId, film.id, ({ media }) => media?.variants[0]?.kind === 'hevc')
  expect([await contentOf(moving), await contentOf(moving, 'motion')]).toEqual(['photo', 'moving'])
  expect([await contentOf(encoded), await contentOf(encoded, 'hevc')]).toEqual(['film', 'film as HEVC'])
  expect(await messagesOf(threadId)).toHaveLength(2)
  expect(await shared().api.thread(threadId)).toMatchObject({ unreadCount: 2 })
})

test('a better file that WhatsApp no longer has is uploaded again by the phone, under the message that brought it', async () => {
  const contact = newContact()
  const { id } = await phone.receive({ from: contact, message: file('image', 'sd to expire') })
  const better = await phone.receive({
    from: contact,
    message: file('image', 'hd to expire'),
    association: { type: 'HD_IMAGE_DUAL_UPLOAD', parent: id }
  })
  const { threadId } = await threadOf(contact)
  const message = await untilOne(threadId, id, isBetter)
  phone.expireMedia(better.id)
  phone.expireMedia(id)
  expect([await contentOf(message), await contentOf(message, 'sd')]).toEqual(['hd to expire', 'sd to expire'])
})

test('history has them as well: one message, whatever comes first', async () => {
  const { api, simulator } = shared()
  const old = simulator.createPhone({ name: 'Old', history: { chats: 1, messages: 2, groupsShare: 0 } })
  const [contact] = old.contacts as [Account]
  const timestamp = Math.floor(Date.now() / 1000) - 3600
  await old.receive({ from: contact, message: file('image', 'old small'), id: 'OLD1', timestamp })
  await old.receive({
    from: contact,
    message: file('image', 'old large'),
    id: 'OLD1HD',
    timestamp: timestamp + 1,
    association: { type: 'HD_IMAGE_DUAL_UPLOAD', parent: 'OLD1' }
  })
  await old.receive({
    from: contact,
    message: file('image', 'late large'),
    id: 'OLD2HD',
    timestamp: timestamp + 2,
    association: { type: 'HD_IMAGE_DUAL_UPLOAD', parent: 'OLD2' }
  })
  await old.receive({
    from: contact,
    message: file('image', 'late small'),
    id: 'OLD2',
    timestamp: timestamp + 3
  })
  const linked = await linkAccount(api, 'Old', qr => old.scanQr(qr))
  const { threadId } = await threadOf(contact, linked)
  for (const [id, hd, sd] of [
    ['OLD1', 'old large', 'old small'],
    ['OLD2', 'late large', 'late small']
  ] as const) {
    const message = await untilOne(threadId, id, isBetter)
    expect([await contentOf(message), await contentOf(message, 'sd')]).toEqual([hd, sd])
  }
  const ids = (await messagesOf(threadId)).map(({ whatsAppId }) => whatsAppId)
  expect(ids.filter(id => id.endsWith('HD'))).toEqual([])
  expect((await api.account(linked)).counts.messages).toBe(old.truth().messages.length)
})

test('an album says what to expect, and its pictures name it once it is there', async () => {
  const contact = newContact()
  const early = await phone.receive({
    from: contact,
    message: file('image', 'one'),
    association: { type: 'MEDIA_ALBUM', parent: 'ALBUM1' }
  })
  const { threadId } = await threadOf(contact)
  expect(await untilOne(threadId, early.id)).toMatchObject({
    albumMessageId: null,
    association: { type: 'mediaAlbum', whatsAppId: 'ALBUM1', messageId: null }
  })
  await phone.receive({
    from: contact,
    id: 'ALBUM1',
    message: { albumMessage: { expectedImageCount: 1, expectedVideoCount: 1 } }
  })
  const film = await phone.receive({
    from: contact,
    message: file('video', 'two'),
    association: { type: 'MEDIA_ALBUM', parent: 'ALBUM1' }
  })
  const album = await untilOne(threadId, 'ALBUM1')
  expect(album).toMatchObject({ type: 'album', album: { images: 1, videos: 1 }, albumMessageId: null })
  for (const id of [early.id, film.id]) {
    const message = await untilOne(threadId, id, ({ albumMessageId }) => albumMessageId !== null)
    expect(message.albumMessageId).toBe(album.messageId)
  }
})

test('an event has its picture; every other message that belongs to one is a message that says so', async () => {
  const contact = newContact()
  const event = await phone.receive({
    from: contact,
    message: { eventMessage: { name: 'Picnic', startTime: 1_800_000_000 } }
  })
  await phone.receive({
    from: contact,
    message: file('image', 'the lake'),
    association: { type: 'EVENT_COVER_IMAGE', parent: event.id }
  })
  const { threadId } = await threadOf(contact)
  const picnic = await untilOne(threadId, event.id, ({ media }) => media !== null)
  expect(picnic.type).toBe('event')
  expect(await contentOf(picnic)).toBe('the lake')
  expect(await shared().api.thread(threadId)).toMatchObject({ unreadCount: 1 })

  for (const [type, name] of [
    ['MEDIA_POLL', 'mediaPoll'],
    [20, 'pollAddOption'],
    [77, 'unknown:77']
  ] as const) {
    const other = await phone.receive({
      from: contact,
      message: file('image', `of ${name}`),
      association: { type, parent: event.id }
    })
    expect(await untilOne(threadId, other.id)).toMatchObject({
      type: 'image',
      association: { type: name, whatsAppId: event.id, messageId: picnic.messageId }
    })
  }
})
