// The copy of a message that is forwarded: what it says by now, where its file is by now, and nothing of its old chat.
import { proto } from '@whiskeysockets/baileys'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Message } from '../../../../src/domain/message.ts'
import { forwardedCopy, forwardedMessage } from '../../../../src/services/whatsapp/convert/forwarding.ts'

type Source = Pick<Message, 'body' | 'direction' | 'media' | 'poll'>

const copyOf = (message: proto.IMessage, source: Partial<Source>) => {
  const encoded = proto.Message.encode(message).finish()
  const copy = forwardedCopy(encoded, {
    body: null,
    direction: 'inbound',
    media: null,
    poll: null,
    ...source
  })
  return copy && { score: copy.forwardingScore, message: forwardedMessage(copy.message, {}) }
}

const OLD_CHAT: proto.IContextInfo = {
  stanzaId: 'Q1',
  participant: '491@s.whatsapp.net',
  quotedMessage: { conversation: 'quoted' },
  mentionedJid: ['492@s.whatsapp.net'],
  expiration: 86_400,
  remoteJid: '1203@g.us'
}

const fields = {
  extendedTextMessage: { text: 'said' },
  imageMessage: { caption: 'said', mimetype: 'image/png' },
  documentMessage: { caption: 'said', fileName: 'a.pdf' },
  stickerMessage: { isAnimated: true },
  locationMessage: { degreesLatitude: 1, degreesLongitude: 2 },
  contactMessage: { displayName: 'Ada', vcard: 'BEGIN:VCARD' },
  pollCreationMessageV3: { name: 'Tea?', encKey: Buffer.alloc(32, 1) }
} satisfies proto.IMessage

test('nothing of the old chat is in it, whatever it is, however it was wrapped and marked', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.entries(fields)),
      fc.constantFrom('', 'ephemeralMessage', 'documentWithCaptionMessage', 'editedMessage'),
      fc.nat(200),
      fc.boolean(),
      ([field, part], envelope, forwardingScore, isForwarded) => {
        const contextInfo = { ...OLD_CHAT, forwardingScore, isForwarded }
        const inner = { [field]: { ...part, contextInfo } }
        const context = { messageContextInfo: { messageSecret: Buffer.alloc(32, 7) } }
        const whole = envelope === '' ? inner : { [envelope]: { message: inner } }
        const copy = copyOf({ ...whole, ...context }, { body: 'said' })!
        const text = JSON.stringify(copy.message)
        for (const left of [
          'contextInfo',
          'messageContextInfo',
          'encKey',
          'quoted',
          '@s.whatsapp.net',
          '@g.us'
        ])
          expect(text).not.toContain(left)
        expect(copy.score).toBe(forwardingScore >= 4 ? 127 : forwardingScore + 1)
      }
    )
  )
})

describe('a text', () => {
  const preview = { matchedText: 'https://a.example', title: 'A page', description: 'about it' }

  test('keeps its preview until it is edited', () => {
    const message = { extendedTextMessage: { text: 'https://a.example', ...preview } }
    expect(copyOf(message, { body: 'https://a.example' })!.message).toMatchObject(message)
    const edited = copyOf(message, { body: 'no link' })!.message.extendedTextMessage!
    expect(edited).toMatchObject({ text: 'no link' })
    expect(edited.title ?? null).toBe(null)
  })

  test('of a business with buttons is sent on as what a person read', () => {
    const message = {
      buttonsMessage: { contentText: 'Choose', buttons: [{ buttonText: { displayText: 'A' } }] }
    }
    expect(copyOf(message, { body: 'Choose\n• A' })!.message).toMatchObject({
      extendedTextMessage: { text: 'Choose\n• A' }
    })
  })

  test('without words is nothing to send on', () => {
    expect(copyOf({ protocolMessage: {} }, {})).toBe(undefined)
  })
})

test('a file is the one that is shown: in better quality, where it was uploaded last, with the caption of today', () => {
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  const media: NonNullable<Message['media']> = {
    mimeType: 'image/jpeg',
    fileName: null,
    size: 900,
    duration: null,
    width: 1600,
    height: 1200,
    download: {
      directPath: '/v/hd',
      mediaKey: base64('hd key'),
      fileSha256: base64('hd hash'),
      fileEncSha256: base64('hd encrypted')
    },
    stored: false,
    fetched: null,
    whatsAppId: 'HD1',
    variants: []
  }
  const message = {
    imageMessage: {
      directPath: '/v/sd',
      url: 'https://mmg.whatsapp.net/v/sd',
      mediaKey: Buffer.from('sd key'),
      caption: 'first',
      width: 800,
      height: 600,
      jpegThumbnail: Buffer.from('thumbnail'),
      scansSidecar: Buffer.from('of the small file')
    }
  }
  const { imageMessage } = copyOf(message, { body: 'second', media })!.message
  expect(imageMessage).toMatchObject({
    directPath: '/v/hd',
    mimetype: 'image/jpeg',
    caption: 'second',
    width: 1600,
    height: 1200
  })
  expect(Buffer.from(imageMessage!.mediaKey!).toString()).toBe('hd key')
  expect(Buffer.from(imageMessage!.jpegThumbnail!).toString()).toBe('thumbnail')
  expect([imageMessage!.url || null, imageMessage!.scansSidecar?.length || null]).toEqual([null, null])
})

test('own words are not marked until somebody else has forwarded them', () => {
  const own = { direction: 'outbound', body: 'mine' } as const
  expect(copyOf({ conversation: 'mine' }, own)!.score).toBe(undefined)
  const contextInfo = { isForwarded: true, forwardingScore: 2 }
  expect(copyOf({ extendedTextMessage: { text: 'mine', contextInfo } }, own)!.score).toBe(3)
})
