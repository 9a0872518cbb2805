// What goes from the thread that reads a chunk to the one that stores it comes there as it was.
import { expect, test } from 'vitest'
import type { Fact, MessageFact } from '../../../../src/domain/fact.ts'
import { packFacts, unpackFacts } from '../../../../src/services/whatsapp/chunk/packed-facts.ts'
import { NO_DETAILS_FACT } from '../../../../src/services/whatsapp/convert/content/parts.ts'

const CHAT = { jid: '77@lid' }
const PLAIN: MessageFact = {
  kind: 'message',
  chat: CHAT,
  sender: 'me',
  whatsAppId: 'A',
  timestamp: 1000,
  type: 'text',
  body: 'Hello',
  ...NO_DETAILS_FACT,
  quoted: null,
  status: 'read',
  reactions: [],
  raw: new Uint8Array([1, 2, 3]),
  live: false
}

const FILE = {
  kind: 'image',
  mimeType: 'image/jpeg',
  fileName: null,
  sizeBytes: 3,
  seconds: null,
  width: null,
  height: null,
  download: null,
  fetched: null
}

/** Each field of a message as something else than in most messages. */
const OTHERWISE: { readonly [Field in Exclude<keyof MessageFact, 'kind'>]-?: unknown } = {
  chat: { jid: '1@g.us' },
  sender: { jid: '491@s.whatsapp.net', alt: '77@lid' },
  whatsAppId: 'B',
  timestamp: 2000,
  tsClaimed: 5,
  pushName: 'Ann',
  type: 'image',
  body: null,
  status: 'played',
  statusReason: 'onlyOnPhone',
  editedAt: 3000,
  reactions: [{ by: CHAT, emoji: '👍', at: 1 }],
  starred: true,
  votes: [{ by: 'me', hashes: ['x'], at: 1 }],
  raw: null,
  live: true,
  quoted: { whatsAppId: 'Q', sender: CHAT, excerpt: 'what' },
  parentSender: CHAT,
  media: FILE,
  location: { latitude: 1, longitude: 2, name: null, address: null },
  contacts: [{ name: 'Bob', phoneNumbers: [], vcard: null }],
  poll: { question: 'Which?', options: [] },
  call: { outcome: 'missed' },
  answer: { id: '1', title: 'Yes', parameters: null },
  event: { kind: 'subject', people: [CHAT], value: 'New' },
  eventResponses: [{ sender: 'me', response: 'going', extraGuests: 0, at: 1 }],
  mentions: [CHAT],
  viewOnce: true,
  forwarded: { times: 1 },
  broadcast: true,
  album: { images: 1, videos: 0 },
  association: { whatsAppId: 'P', kind: 'album' },
  sharedBy: 'me',
  shortened: ['body']
}

const MESSAGES = Object.entries(OTHERWISE).map(
  // None of them needs to be a message that WhatsApp could send.
  ([field, value]) => [field, { ...PLAIN, [field]: value } as MessageFact] as const
)

test.each(MESSAGES)('a message keeps what is special of it: %s', (_, message) => {
  expect(packFacts([message]).flatMap(unpackFacts)).toEqual([message])
})

test('facts come in their order, each message with its own protobuf', () => {
  const facts: ReadonlyArray<Fact> = Array.from({ length: 250 }, (_, n): ReadonlyArray<Fact> => [
    { ...PLAIN, whatsAppId: `M${n}`, raw: n % 7 === 0 ? null : new Uint8Array(n % 5).fill(n) },
    { kind: 'contact', person: CHAT, pushName: `${n}` },
    { ...PLAIN, whatsAppId: `N${n}`, viewOnce: true, raw: new Uint8Array([n]) }
  ]).flat()
  const parts = packFacts(facts)
  expect(parts.reduce((sum, part) => sum + part.facts, 0)).toBe(facts.length)
  expect(parts.flatMap(unpackFacts)).toEqual(facts)
})
