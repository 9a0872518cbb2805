// What the owner of a phone has not read: the count on the phone, and the receipts that linked devices and the phone send for it.
import type { proto } from '@whiskeysockets/baileys'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Linked, linked } from './linked.ts'

const PICTURE: proto.IMessage = {
  imageMessage: {
    mimetype: 'image/jpeg',
    mediaKey: Buffer.alloc(32, 1),
    directPath: '/v/t62.unread/picture.enc'
  }
}

let stage: Linked

beforeAll(async () => {
  stage = await linked({ chats: 3, messages: 12 })
  for (const contact of stage.phone.contacts) await stage.phone.markRead(contact)
})

afterAll(() => stage[Symbol.asyncDispose]())

const unreadOf = ({ jid }: Linked['ann']): number | undefined =>
  stage.phone.truth().chats.find(({ chatJid }) => chatJid === jid)?.unread

/** A linked device reads one message. */
const readOnDevice = async ({ ann, client, phone, sim }: Linked, id: string): Promise<void> => {
  const before = phone.truth().readByDevices.length
  await client.socket.readMessages([{ remoteJid: ann.jid, id, fromMe: false }])
  await sim.until(() => phone.truth().readByDevices.length > before)
}

const receive = async (text: string): Promise<string> => {
  const { id } = await stage.phone.receive({ from: stage.ann, text })
  await stage.client.text(text)
  return id
}

describe('unread messages', () => {
  it('are each named in a receipt when the owner reads them, also if a second file came with one', async () => {
    const { ben, client, phone } = stage
    const { id } = await phone.receive({ from: ben, message: PICTURE })
    const association = { type: 'HD_IMAGE_DUAL_UPLOAD', parent: id }
    await phone.receive({ from: ben, message: PICTURE, association })
    expect(unreadOf(ben)).toBe(1)
    await phone.markRead(ben)
    await client.until(() => client.statusOf(id) === 4, 'the picture to be read')
    expect(unreadOf(ben)).toBe(0)
  })

  it('are counted once, however often they come', async () => {
    const { ben, phone } = stage
    for (const text of ['once', 'again']) await phone.receive({ from: ben, id: 'TWICE', text })
    expect(unreadOf(ben)).toBe(1)
  })

  it('stay unread when a linked device reads what the owner had read before', async () => {
    const { ann, phone } = stage
    const id = await receive('read on the phone')
    await phone.markRead(ann)
    await receive('not read')
    await readOnDevice(stage, id)
    await readOnDevice(stage, id)
    expect(unreadOf(ann)).toBe(1)
    await phone.markRead(ann)
  })

  it('are read up to the one that a linked device reads', async () => {
    const { ann } = stage
    await receive('first')
    const second = await receive('second')
    const third = await receive('third')
    expect(unreadOf(ann)).toBe(3)
    await readOnDevice(stage, second)
    expect(unreadOf(ann)).toBe(1)
    await readOnDevice(stage, third)
    expect(unreadOf(ann)).toBe(0)
  })

  it('are none that are older than what was removed with their chat', async () => {
    const { ben, phone } = stage
    await phone.receive({ from: ben, text: 'removed' })
    await phone.changeChat(ben, { deleted: true })
    await phone.receive({ from: ben, text: 'late', timestamp: 1_700_000_000 })
    expect(unreadOf(ben)).toBe(0)
    await phone.receive({ from: ben, text: 'new', timestamp: 4_000_000_000 })
    expect(unreadOf(ben)).toBe(1)
  })
})
