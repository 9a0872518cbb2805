// Each kind of WhatsApp message to what an application shows of it.
import { proto } from '@whiskeysockets/baileys'
import { describe, expect, test } from 'vitest'
import { contentOf } from '../../../src/services/whatsapp/convert/content.ts'

const quoting = { contextInfo: { stanzaId: 'QUOTED' } }
const rows: ReadonlyArray<[string, proto.IMessage, object]> = [
  [
    'plain text',
    { conversation: 'Hello' },
    { type: 'text', body: 'Hello', media: null, quotedWhatsAppId: null }
  ],
  ['emoji and right-to-left text', { conversation: 'שלום 👋🏽' }, { type: 'text', body: 'שלום 👋🏽' }],
  [
    'a reply',
    { extendedTextMessage: { text: 'Yes', ...quoting } },
    { type: 'text', body: 'Yes', quotedWhatsAppId: 'QUOTED' }
  ],
  [
    'an image with caption',
    { imageMessage: { caption: 'Look', mimetype: 'image/jpeg', fileLength: 12345, width: 640, height: 480 } },
    { type: 'image', body: 'Look', media: { mimeType: 'image/jpeg', size: 12345, width: 640, height: 480 } }
  ],
  [
    'an image that quotes',
    { imageMessage: { ...quoting } },
    { type: 'image', body: null, quotedWhatsAppId: 'QUOTED' }
  ],
  [
    'a video',
    { videoMessage: { seconds: 12, mimetype: 'video/mp4' } },
    { type: 'video', media: { duration: 12 } }
  ],
  ['a round video', { ptvMessage: { seconds: 3 } }, { type: 'video' }],
  ['a voice message', { audioMessage: { ptt: true, seconds: 7 } }, { type: 'voice', media: { duration: 7 } }],
  ['audio', { audioMessage: { seconds: 200 } }, { type: 'audio' }],
  [
    'a document with caption',
    {
      documentWithCaptionMessage: {
        message: { documentMessage: { fileName: 'a.pdf', caption: 'The offer' } }
      }
    },
    { type: 'document', body: 'The offer', media: { fileName: 'a.pdf' } }
  ],
  [
    'a sticker',
    { stickerMessage: { mimetype: 'image/webp' } },
    { type: 'sticker', media: { mimeType: 'image/webp' } }
  ],
  [
    'a contact card',
    { contactMessage: { vcard: 'BEGIN:VCARD\nFN:Ada Lovelace\nEND:VCARD' } },
    { type: 'contact', body: 'Ada Lovelace' }
  ],
  [
    'several contact cards',
    { contactsArrayMessage: { contacts: [{ displayName: 'Ada' }, { displayName: 'Bo' }] } },
    { type: 'contact', body: 'Ada, Bo' }
  ],
  [
    'a location',
    { locationMessage: { degreesLatitude: 52.5, degreesLongitude: 13.4, name: 'Berlin' } },
    { type: 'location', body: 'Berlin (52.5,13.4)' }
  ],
  [
    'a live location',
    { liveLocationMessage: { degreesLatitude: 1, degreesLongitude: 2 } },
    { type: 'location', body: '1,2' }
  ],
  [
    'a poll',
    { pollCreationMessageV3: { name: 'When?', options: [{ optionName: 'Now' }, { optionName: 'Later' }] } },
    { type: 'poll', body: 'When?\n• Now\n• Later' }
  ],
  [
    'a disappearing text',
    { ephemeralMessage: { message: { conversation: 'Gone soon' } } },
    { type: 'text', body: 'Gone soon' }
  ],
  [
    'a view-once image',
    { viewOnceMessageV2: { message: { imageMessage: { caption: 'Once' } } } },
    { type: 'image', body: 'Once' }
  ],
  [
    'a pressed button',
    { buttonsResponseMessage: { selectedDisplayText: 'Yes, please' } },
    { type: 'text', body: 'Yes, please' }
  ],
  ['a chosen list row', { listResponseMessage: { title: 'Large' } }, { type: 'text', body: 'Large' }],
  [
    'what this server does not know',
    { orderMessage: { orderId: '1' } },
    { type: 'unsupported:orderMessage', body: null }
  ]
]

describe('content', () => {
  test.each(rows)('%s', (_, message, shown) => {
    // Through the wire format and back, as it arrives.
    expect(contentOf(proto.Message.decode(proto.Message.encode(message).finish()))).toMatchObject(shown)
  })

  test('keys and context alone are no message', () => {
    expect(contentOf({ senderKeyDistributionMessage: { groupId: 'x' } })).toBeUndefined()
    expect(contentOf({ messageContextInfo: {} })).toBeUndefined()
    expect(contentOf({})).toBeUndefined()
  })
})
