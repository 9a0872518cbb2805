// What all kinds of messages have in common: envelopes, quotes, mentions, and that nothing is dropped.
import type { proto } from '@whiskeysockets/baileys'
import { describe, expect, test } from 'vitest'
import { NO_DETAILS } from '../../../../src/domain/message.ts'
import { isShown, type Row, shown } from './content/shown.ts'

const text = { conversation: 'Inside' }
const once: proto.IMessage = { imageMessage: { caption: 'Once' } }

const rows: ReadonlyArray<Row> = [
  ['a disappearing text', { ephemeralMessage: { message: text } }, { type: 'text', body: 'Inside' }],
  ['what our own phone sent', { deviceSentMessage: { message: text } }, { body: 'Inside', viewOnce: false }],
  [
    'a disappearing view-once image',
    { ephemeralMessage: { message: { viewOnceMessageV2: { message: once } } } },
    { type: 'image', body: 'Once', viewOnce: true }
  ],
  ['a view-once image, first form', { viewOnceMessage: { message: once } }, { viewOnce: true }],
  [
    'a view-once voice message',
    { viewOnceMessageV2Extension: { message: { audioMessage: { ptt: true } } } },
    { type: 'voice', viewOnce: true }
  ],
  [
    'an image that says itself that it is view-once',
    { imageMessage: { viewOnce: true } },
    { viewOnce: true }
  ],
  ['an animated sticker', { lottieStickerMessage: { message: { stickerMessage: {} } } }, { type: 'sticker' }],
  ['a picture of an album', { associatedChildMessage: { message: { imageMessage: {} } } }, { type: 'image' }],
  ['a message as it was edited', { editedMessage: { message: text } }, { type: 'text', body: 'Inside' }],
  [
    'a reply to somebody',
    {
      extendedTextMessage: { text: 'Yes', contextInfo: { stanzaId: 'Q', participant: '77:3@lid' } }
    },
    { quoted: { whatsAppId: 'Q', sender: { jid: '77@lid' } } }
  ],
  [
    'a reply to us, by our LID',
    { imageMessage: { contextInfo: { stanzaId: 'Q', participant: '70@lid' } } },
    { quoted: { whatsAppId: 'Q', sender: 'me' } }
  ],
  [
    'mentions, each person once, without what is no address',
    {
      extendedTextMessage: {
        text: '@77 @78',
        contextInfo: { mentionedJid: ['77@lid', '78:1@s.whatsapp.net', '77@lid', 'nobody'] }
      }
    },
    { mentions: [{ jid: '77@lid' }, { jid: '78@s.whatsapp.net' }] }
  ],
  [
    'a comment, as an answer to what it comments on',
    { commentMessage: { message: text, targetMessageKey: { id: 'POST', participant: '77@lid' } } },
    { type: 'text', body: 'Inside', quoted: { whatsAppId: 'POST', sender: { jid: '77@lid' } } }
  ],
  [
    'what this server does not know',
    { chat: { displayName: 'x' } },
    { type: 'unsupported:chat', body: null }
  ],
  ['an envelope with nothing in it', { ephemeralMessage: {} }, { type: 'unsupported:ephemeralMessage' }],
  [
    'content beside keys and context',
    { senderKeyDistributionMessage: {}, messageContextInfo: {}, conversation: 'Hi' },
    { type: 'text', body: 'Hi' }
  ]
]

describe('shown is', () => {
  test.each(rows)('%s', isShown)
})

test('what a message does not have is nothing', () => {
  expect(shown({ conversation: 'Hi' })).toEqual({ ...NO_DETAILS, type: 'text', body: 'Hi', quoted: null })
})

test('a quote that does not name its writer has none', () => {
  expect(shown({ extendedTextMessage: { contextInfo: { stanzaId: 'Q' } } })?.quoted).toEqual({
    whatsAppId: 'Q',
    excerpt: null
  })
})

describe('no message of their own are', () => {
  test.each<[string, proto.IMessage]>([
    ['nothing', {}],
    ['keys of a group', { senderKeyDistributionMessage: { groupId: 'x' } }],
    ['context', { messageContextInfo: {} }],
    ['a pinned message, which is an event', { pinInChatMessage: { key: { id: 'A' } } }],
    ['a kept message, which is an event', { keepInChatMessage: { key: { id: 'A' } } }],
    ['a reaction', { reactionMessage: { text: '👍' } }],
    ['a vote', { pollUpdateMessage: {} }]
  ])('%s', (_, message) => {
    expect(shown(message)).toBeUndefined()
  })
})
