// Whatever order facts arrive in, the documents are the same: real SQLite, random permutations.
import { Effect } from 'effect'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Fact } from '../../../src/domain/fact.ts'
import { onDatabase } from '../database.ts'
import { ANN, apply, change, message, messagesOf, T0, threads } from './facts.ts'
import { thorough } from '../../thorough.ts'

const mine = { target: { sender: 'me' as const, whatsAppId: 'OWN' }, by: { jid: ANN } }

const picture = (mediaKey: string) => ({
  mimeType: 'image/jpeg',
  fileName: null,
  size: 1,
  duration: null,
  width: null,
  height: null,
  download: { directPath: `/v/${mediaKey}`, mediaKey, fileSha256: null, fileEncSha256: null }
})

const attached = (whatsAppId: string, as: 'hd' | 'hevc' | 'motion', mediaKey: string) =>
  change(whatsAppId, {
    to: 'attached',
    as,
    file: { ...picture(mediaKey), whatsAppId: `${whatsAppId} ${as}` },
    alone: { type: 'image', body: null, at: T0, association: { type: as, whatsAppId } }
  })

const facts: ReadonlyArray<Fact> = [
  message('A', { timestamp: T0 + 1000 }),
  message('B', { timestamp: T0 + 2000, live: false }),
  message('C', { timestamp: T0 + 3000 }),
  message('D', { timestamp: T0 + 4000 }),
  message('OWN', { sender: 'me', status: 'sent', timestamp: T0 + 2500 }),
  change('A', { to: 'edited', body: 'one', at: T0 + 1100 }),
  change('A', { to: 'edited', body: 'two', at: T0 + 1200 }),
  change('A', { to: 'edited', body: 'three', at: T0 + 1300 }),
  message('P', { timestamp: T0 + 500, type: 'image', media: picture('small'), live: false }),
  attached('P', 'hd', 'better'),
  attached('P', 'motion', 'moving'),
  attached('P', 'hevc', 'other encoding'),
  message('Q', {
    timestamp: T0 + 600,
    live: false,
    quoted: { whatsAppId: 'P', sender: { jid: ANN }, excerpt: '[image]' }
  }),
  message('L', {
    timestamp: T0 + 700,
    live: false,
    association: { type: 'mediaAlbum', whatsAppId: 'Q' }
  }),
  // Sent to a broadcast list, and not decrypted: the phone's copy has the content, and says nothing of the list.
  message('E', { timestamp: T0 + 800, type: 'undecryptable', body: null, broadcast: true }),
  message('E', { timestamp: T0 + 800, live: false }),
  // History shows messages as they were at some time, also before what has come live.
  message('A', { timestamp: T0 + 1000, live: false }),
  message('A', { timestamp: T0 + 1000, live: false, body: 'two', editedAt: T0 + 1200 }),
  message('A', { timestamp: T0 + 1000, live: false, body: 'three', editedAt: T0 + 1300 }),
  message('B', { timestamp: T0 + 2000, live: false, type: 'revoked', body: null }),
  message('OWN', {
    sender: 'me',
    status: 'sent',
    timestamp: T0 + 2500,
    live: false,
    reactions: [{ by: { jid: ANN }, emoji: '👍', at: T0 + 2600 }]
  }),
  change('B', { to: 'revoked', at: T0 + 5000 }),
  change('B', { to: 'edited', body: 'never seen', at: T0 + 4000 }),
  change('OWN', { to: 'reacted', emoji: '👍', at: T0 + 2600 }, mine),
  change('OWN', { to: 'reacted', emoji: '', at: T0 + 2700 }, mine),
  change('C', { to: 'reacted', emoji: '🎉', at: T0 + 3100 }, { by: 'me' }),
  { kind: 'readByMe', chat: { jid: ANN }, upTo: { whatsAppIds: ['C'] } },
  { kind: 'readByMe', chat: { jid: ANN }, upTo: { whatsAppIds: ['A'] } },
  { kind: 'chat', chat: { jid: ANN }, name: 'Ann', unread: { count: 1, at: T0 + 1000 } },
  ...(['read', 'delivered', 'played'] as const).map((status, n): Fact => ({
    kind: 'receipt',
    chat: { jid: ANN },
    recipient: { jid: ANN },
    whatsAppIds: ['OWN'],
    status,
    at: T0 + 2600 + n
  }))
]

const outcome = (order: ReadonlyArray<Fact>, batch: number) =>
  onDatabase(
    Effect.gen(function* () {
      for (let at = 0; at < order.length; at += batch) yield* apply(...order.slice(at, at + batch))
      const [found] = yield* threads
      const { createdAt: _, ...thread } = found!
      const messages = (yield* messagesOf(ANN)).map(({ tsServer: _server, ...held }) => held)
      return { thread, messages }
    })
  )

test('messages, edits, reactions, reads and receipts give the same thread in every order and in every batch', async () => {
  const expected = await outcome(facts, facts.length)
  expect(expected.thread).toMatchObject({ unreadCount: 1, lastMessageText: 'body of D', displayName: 'Ann' })
  expect(expected.messages.map(found => [found.whatsAppId, found.type, found.body, found.status])).toEqual([
    ['D', 'text', 'body of D', 'received'],
    ['C', 'text', 'body of C', 'received'],
    ['OWN', 'text', 'body of OWN', 'played'],
    ['B', 'revoked', null, 'received'],
    ['A', 'text', 'three', 'received'],
    ['E', 'text', 'body of E', 'received'],
    ['L', 'text', 'body of L', 'received'],
    ['Q', 'text', 'body of Q', 'received'],
    ['P', 'image', 'body of P', 'received']
  ])
  expect(expected.messages.slice(-3)).toMatchObject([
    { albumMessageId: 'Q_them' },
    { quotedMessageId: 'P_them' },
    { media: { download: { mediaKey: 'better' } } }
  ])
  expect(expected.messages.at(-1)?.media?.variants.map(({ kind }) => kind)).toEqual(['sd', 'hevc', 'motion'])
  expect(expected.messages.filter(({ broadcast }) => broadcast).map(({ whatsAppId }) => whatsAppId)).toEqual([
    'E'
  ])
  expect(expected.messages[4]?.edits.map(edit => edit.body)).toEqual(['body of A', 'one', 'two'])
  expect(expected.messages[2]?.reactions).toEqual([])
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray([...facts], { minLength: facts.length }),
      fc.integer({ min: 1, max: facts.length }),
      fc.shuffledSubarray([...facts]),
      async (order, batch, repeated) => {
        expect(await outcome([...order, ...repeated], batch)).toEqual(expected)
      }
    ),
    { numRuns: thorough(15, 500) }
  )
})
