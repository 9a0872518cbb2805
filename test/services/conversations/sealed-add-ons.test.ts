// Encrypted add-ons wait for the message that has their secret, whatever order things come in: real SQLite, real encryption.
import { createHash } from 'node:crypto'
import { proto } from '@whiskeysockets/baileys'
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Fact, MessageFact } from '../../../src/domain/fact.ts'
import type { AddOnKind, SealedAddOn } from '../../../src/domain/sealed-add-on.ts'
import { Ingest } from '../../../src/services/intake/ingest.ts'
import { seal } from '../../sealing.ts'
import { onDatabase } from '../database.ts'
import { ACCOUNT, ANN, ANN_LID, apply, change, GROUP, message, messagesOf, T0, threads } from './facts.ts'
import { thorough } from '../../thorough.ts'

const BOB = '492@s.whatsapp.net'
const SECRETS = { post: Buffer.alloc(32, 1), edit: Buffer.alloc(32, 2), poll: Buffer.alloc(32, 3) }
const encoded = (content: proto.IMessage, secret?: Uint8Array) =>
  proto.Message.encode(
    secret === undefined ? content : { ...content, messageContextInfo: { messageSecret: secret } }
  ).finish()

const inGroup = { chat: { jid: GROUP }, sender: { jid: ANN } }
const written = (content: proto.IMessage, secret?: Uint8Array): Partial<MessageFact> => ({
  ...inGroup,
  raw: encoded(content, secret)
})

const post = message('POST', written({ conversation: 'body of POST' }, SECRETS.post))
const poll = message('POLL', {
  ...written({ pollCreationMessage: { name: 'Where?' } }, SECRETS.poll),
  timestamp: T0 + 10,
  type: 'poll',
  body: 'Where?\n• Sea',
  poll: { question: 'Where?', options: [{ name: 'Sea', voters: [] }], selectable: 0 }
})
const event = message('EVENT', {
  ...written({ eventMessage: { name: 'Picnic' } }, SECRETS.poll),
  timestamp: T0 + 20,
  type: 'event',
  body: 'Picnic'
})

const USE_CASES: Partial<Record<AddOnKind, string>> = {
  messageEdit: 'Message Edit',
  eventEdit: 'Event Edit',
  pollAddOption: 'Poll Add Option',
  pollEdit: 'Poll Edit',
  reaction: 'Enc Reaction',
  comment: 'Enc Comment',
  eventResponse: 'Event Response',
  pollVote: 'Poll Vote'
}

const addOn = (
  kind: AddOnKind,
  targetId: string,
  secret: Uint8Array,
  plaintext: Uint8Array,
  more: Partial<SealedAddOn> & { readonly author?: string } = {}
): SealedAddOn => {
  const { author = ANN, ...given } = more
  const parts = { secret, targetId, targetAuthor: ANN, author, plaintext, useCase: USE_CASES[kind] ?? kind }
  const { encIv, encPayload } = seal(parts)
  return {
    kind: 'sealed',
    addOn: kind,
    chat: { jid: GROUP },
    target: { sender: { jid: ANN }, whatsAppId: targetId },
    by: { jid: author },
    whatsAppId: `${kind}-of-${targetId}`,
    timestamp: T0 + 100,
    live: true,
    self: { jid: '490@s.whatsapp.net' },
    payload: encPayload.toString('base64'),
    iv: encIv.toString('base64'),
    keyId: targetId,
    authors: [author],
    targetAuthors: [ANN],
    ...given
  }
}

const edited = (body: string, at: number) =>
  encoded({ protocolMessage: { type: 14, editedMessage: { conversation: body }, timestampMs: at } })
const reacted = (text: string) =>
  proto.Message.ReactionMessage.encode({ text, senderTimestampMs: T0 + 1 }).finish()
const answered = (response: number, timestampMs: number) =>
  proto.Message.EventResponseMessage.encode({ response, timestampMs, extraGuestCount: 1 }).finish()
const option = (name: string) =>
  // Field 121 of a message, field 2 in it: both are newer than the schema.
  Buffer.concat([
    Buffer.from([0xca, 0x07, name.length + 4, 0x12, name.length + 2, 0x0a, name.length]),
    Buffer.from(name)
  ])

const voted = (...options: ReadonlyArray<string>) =>
  proto.Message.PollVoteMessage.encode({
    selectedOptions: options.map(name => createHash('sha256').update(name).digest())
  }).finish()

const changedPoll = (question: string, at: number) =>
  encoded({
    protocolMessage: {
      type: 14,
      editedMessage: { pollCreationMessage: { name: question, options: [{ optionName: 'Sea' }] } },
      timestampMs: at
    }
  })

const byBob = { author: BOB }
const facts: ReadonlyArray<Fact> = [
  post,
  poll,
  event,
  addOn('messageEdit', 'POST', SECRETS.post, edited('second', T0 + 1000), {
    secret: SECRETS.edit.toString('base64')
  }),
  // Sealed with the secret that the edit before brought.
  addOn('messageEdit', 'POST', SECRETS.edit, edited('third', T0 + 2000), { whatsAppId: 'E2' }),
  addOn('reaction', 'POST', SECRETS.post, reacted('👍'), byBob),
  addOn('comment', 'POST', SECRETS.post, encoded({ conversation: 'well said' }), {
    ...byBob,
    secret: SECRETS.edit.toString('base64')
  }),
  // On the comment.
  addOn('reaction', 'comment-of-POST', SECRETS.edit, reacted('🎉'), {
    target: { sender: { jid: BOB }, whatsAppId: 'comment-of-POST' },
    targetAuthors: [BOB],
    payload: '',
    iv: ''
  }),
  addOn('pollAddOption', 'POLL', SECRETS.poll, option('Hills'), { ...byBob, timestamp: T0 + 30 }),
  addOn('pollAddOption', 'POLL', SECRETS.poll, option('Lake'), { timestamp: T0 + 40, whatsAppId: 'O2' }),
  addOn('pollVote', 'POLL', SECRETS.poll, voted('Hills', 'Sea'), byBob),
  addOn('eventResponse', 'EVENT', SECRETS.poll, answered(1, T0 + 50), byBob),
  addOn('eventResponse', 'EVENT', SECRETS.poll, answered(3, T0 + 60), { ...byBob, whatsAppId: 'R2' }),
  // Made with another secret than the message has.
  addOn('reaction', 'EVENT', SECRETS.post, reacted('❌'), byBob)
]

const outcome = (order: ReadonlyArray<Fact>, batch: number) =>
  onDatabase(
    Effect.gen(function* () {
      for (let at = 0; at < order.length; at += batch) yield* apply(...order.slice(at, at + batch))
      const [found] = yield* threads
      return {
        unread: found?.unreadCount,
        messages: (yield* messagesOf(GROUP)).map(({ tsServer: _server, ...held }) => held)
      }
    })
  )

test('a comment that is read as it comes takes nothing with it that comes in its second', () =>
  onDatabase(
    Effect.gen(function* () {
      const comment = addOn('comment', 'POST', SECRETS.post, encoded({ conversation: 'well said' }))
      const next = message('NEXT', { chat: { jid: GROUP }, timestamp: comment.timestamp })
      const read: Fact = {
        kind: 'readByMe',
        chat: { jid: GROUP },
        upTo: { whatsAppIds: ['POST', comment.whatsAppId] }
      }
      yield* apply(post, comment, read, next)
      expect((yield* messagesOf(GROUP)).map(({ body }) => body)).toContain('well said')
      expect((yield* threads)[0]?.unreadCount).toBe(1)
    })
  ))

test('every kind of add-on ends as the same conversation in every order and every batch', async () => {
  const expected = await outcome(facts, facts.length)
  expect(expected.unread).toBe(4)
  expect(
    Object.fromEntries(expected.messages.map(({ whatsAppId, ...held }) => [whatsAppId, held]))
  ).toMatchObject({
    POST: {
      body: 'third',
      edits: [
        { body: 'body of POST', editedAt: T0 + 1000 },
        { body: 'second', editedAt: T0 + 2000 }
      ],
      reactions: [{ sender: BOB, emoji: '👍' }],
      unreadableAddOns: 0
    },
    POLL: {
      body: 'Where?\n• Sea\n• Hills\n• Lake',
      edits: [{ body: 'Where?\n• Sea' }, { body: 'Where?\n• Sea\n• Hills' }],
      poll: {
        options: [
          { name: 'Sea', voters: [BOB] },
          { name: 'Hills', voters: [BOB] },
          { name: 'Lake', voters: [] }
        ]
      }
    },
    EVENT: {
      eventResponses: [{ sender: BOB, response: 'maybe', extraGuests: 1, at: T0 + 60 }],
      reactions: [],
      unreadableAddOns: 1
    },
    'comment-of-POST': { sender: BOB, body: 'well said', quotedWhatsAppId: 'POST', unreadableAddOns: 1 }
  })
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray([...facts], { minLength: facts.length }),
      fc.integer({ min: 1, max: facts.length }),
      fc.shuffledSubarray([...facts]),
      async (order, batch, repeated) => {
        expect(await outcome([...order, ...repeated], batch)).toEqual(expected)
      }
    ),
    { numRuns: thorough(15, 400) }
  )
})

const waiting = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ n: number }>`SELECT COUNT(*) AS n FROM sealed_add_ons`
  return row?.n
})

test('a secret that only a later report of the message has opens what was counted as unreadable', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const withoutSecret = message('POST', written({ conversation: 'body of POST' }))
      yield* apply(withoutSecret, addOn('reaction', 'POST', SECRETS.post, reacted('👍'), byBob))
      expect(yield* messagesOf(GROUP)).toMatchObject([{ reactions: [], unreadableAddOns: 1 }])
      yield* apply({ ...post, live: false })
      const [opened] = yield* messagesOf(GROUP)
      expect(opened).toMatchObject({ reactions: [{ emoji: '👍' }], unreadableAddOns: 0 })
      // The secret is kept: what comes now is opened at once.
      yield* apply(addOn('messageEdit', 'POST', SECRETS.post, edited('second', T0 + 1000)))
      expect(yield* messagesOf(GROUP)).toMatchObject([{ body: 'second', unreadableAddOns: 0 }])
      expect(yield* waiting).toBe(0)
    })
  )
})

test('an add-on waits for a message without content, and for one in a thread that turns out to be the same', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const direct = { chat: { jid: ANN_LID }, target: { sender: { jid: ANN_LID }, whatsAppId: 'POST' } }
      const edit = addOn('messageEdit', 'POST', SECRETS.post, edited('second', T0 + 1000), {
        ...direct,
        by: { jid: ANN_LID },
        authors: [ANN_LID],
        targetAuthors: [ANN_LID]
      })
      const undecryptable = { type: 'undecryptable', body: null, raw: null, status: 'undecryptable' } as const
      yield* apply(edit, message('POST', undecryptable))
      // Sealed under the phone number, told under the LID: one person has both.
      yield* apply({ kind: 'samePerson', phoneJid: ANN, lidJid: ANN_LID, at: 0 })
      expect(yield* waiting).toBe(1)
      yield* apply(message('POST', { raw: encoded({ conversation: 'body of POST' }, SECRETS.post) }))
      expect(yield* messagesOf(ANN)).toMatchObject([{ body: 'second', edits: [{ body: 'body of POST' }] }])
      expect(yield* waiting).toBe(0)
    })
  )
})

test('what a sealed change claims of the far future happened when it was sent, so that the next one replaces it', async () => {
  const YEAR_5000 = 95_617_584_000_000
  await onDatabase(
    Effect.gen(function* () {
      const asked = { ...post, reactions: [{ by: { jid: BOB }, emoji: '👎', at: YEAR_5000 }] }
      yield* apply(asked, poll)
      const bobs = (text: string, timestamp: number, whatsAppId: string) => {
        const said = { text, senderTimestampMs: timestamp > T0 + 500 ? timestamp : YEAR_5000 }
        const plaintext = proto.Message.ReactionMessage.encode(said).finish()
        return addOn('reaction', 'POST', SECRETS.post, plaintext, { ...byBob, timestamp, whatsAppId })
      }
      yield* apply(
        addOn('messageEdit', 'POST', SECRETS.post, edited('of the future', YEAR_5000), { whatsAppId: 'E1' }),
        addOn('messageEdit', 'POST', SECRETS.post, edited('of today', T0 + 1000), { whatsAppId: 'E2' }),
        addOn('pollEdit', 'POLL', SECRETS.poll, changedPoll('Never?', YEAR_5000), { whatsAppId: 'P1' }),
        addOn('pollEdit', 'POLL', SECRETS.poll, changedPoll('When?', T0 + 1000), { whatsAppId: 'P2' }),
        bobs('❤️', T0 + 100, 'R1')
      )
      const [changedPost, changedPollMessage] = (yield* messagesOf(GROUP)).toReversed()
      expect(changedPost).toMatchObject({
        body: 'of today',
        edits: [
          { body: 'body of POST', editedAt: T0 + 100 },
          { body: 'of the future', editedAt: T0 + 1000 }
        ],
        reactions: [{ sender: BOB, emoji: '❤️', at: T0 + 100 }]
      })
      expect(changedPollMessage?.poll?.question).toBe('When?')
      yield* apply(bobs('🎉', T0 + 2000, 'R2'))
      expect((yield* messagesOf(GROUP)).at(-1)?.reactions).toMatchObject([{ emoji: '🎉' }])
    })
  )
})

test('what thousands of add-ons cost is bounded: a transaction opens some, and one that stays closed is given up', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const ingest = yield* Ingest
      const bobs = (n: number, secret: Uint8Array) =>
        addOn('pollVote', 'POLL', secret, voted('Sea'), {
          author: `49${n}@s.whatsapp.net`,
          whatsAppId: `V${n}`
        })
      const votes = Array.from({ length: 120 }, (_, n) => bobs(n, SECRETS.poll))
      yield* apply(...votes, poll)
      const voters = Effect.map(messagesOf(GROUP), ([found]) => found?.poll?.options[0]?.voters.length)
      const first = yield* voters
      expect(first).toBeLessThan(60)
      // The worker of the journal opens the others, though no entry waits.
      while ((yield* ingest.journal.runOnce(ACCOUNT)) !== 'idle');
      expect(yield* voters).toBe(120)
      expect(yield* waiting).toBe(0)

      yield* apply(bobs(500, SECRETS.edit))
      expect(yield* waiting).toBe(1)
      for (let n = 0; n < 20; n += 1) yield* apply(poll)
      expect(yield* waiting).toBe(0)
      expect(yield* messagesOf(GROUP)).toMatchObject([{ unreadableAddOns: 1 }])
    })
  )
})

test('of a deleted message no add-on is opened, and nothing of one is kept', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const sealed = addOn('eventResponse', 'EVENT', SECRETS.poll, answered(1, T0 + 50), byBob)
      yield* apply(event, sealed, change('EVENT', { to: 'revoked', at: T0 + 99 }, { chat: { jid: GROUP } }))
      yield* apply({ ...sealed, whatsAppId: 'again' })
      expect(yield* messagesOf(GROUP)).toMatchObject([
        { type: 'revoked', eventResponses: [], unreadableAddOns: 0 }
      ])
      expect(yield* waiting).toBe(0)
    })
  )
})
