// One message that came under two addresses of a person is one once that is known, with everything that was added to either.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import type { ChangeFact, Fact, MessageFact } from '../../../src/domain/fact.ts'
import { messageIdOf, threadIdOf } from '../../../src/domain/ids.ts'
import type { Media, Poll } from '../../../src/domain/message.ts'
import { optionHash } from '../../../src/domain/poll.ts'
import { AccountStore } from '../../../src/services/conversations/account-store.ts'
import { MessageStore } from '../../../src/services/conversations/message-store.ts'
import { makeMessageFiles } from '../../../src/services/media/message-files.ts'
import { onDatabase } from '../database.ts'
import { ACCOUNT as RECORD } from '../outbox/account.ts'
import { ACCOUNT, ANN, ANN_LID, apply, change, GROUP, message, messagesOf, T0 } from './facts.ts'

const ONE: Fact = { kind: 'samePerson', phoneJid: ANN, lidJid: ANN_LID, at: 0 }

/** The same message and its changes in the conversation with an address, or in a group under it. */
interface Place {
  readonly chat: string
  readonly jid: string
}

const inPlace = ({ chat, jid }: Place, extra: Partial<MessageFact> = {}) =>
  message('A', { chat: { jid: chat }, sender: { jid }, ...extra })
const changed = ({ chat, jid }: Place, to: ChangeFact['change'], by: ChangeFact['by'] = { jid }) =>
  change('A', to, { chat: { jid: chat }, target: { sender: { jid }, whatsAppId: 'A' }, by })

const BY_NUMBER: Place = { chat: ANN, jid: ANN }
const BY_LID: Place = { chat: ANN_LID, jid: ANN_LID }
const GROUP_BY_NUMBER: Place = { chat: GROUP, jid: ANN }
const GROUP_BY_LID: Place = { chat: GROUP, jid: ANN_LID }

/** The message after each of these was applied in a transaction of its own, and both of its rows became one. */
const mergedAfter = ([one]: readonly [Place, Place], groups: ReadonlyArray<ReadonlyArray<Fact>>) =>
  onDatabase(
    Effect.gen(function* () {
      const accounts = yield* AccountStore
      yield* accounts.create(RECORD)
      for (const facts of groups) yield* apply(...facts)
      yield* apply(ONE)
      const found = yield* messagesOf(one.chat === GROUP ? GROUP : ANN)
      expect(found).toHaveLength(1)
      return found[0]!
    })
  )

/** The same, of two equal rows to which something was added. */
const merged = (
  places: readonly [Place, Place],
  extra: Partial<MessageFact>,
  additions: ReadonlyArray<Fact>
) => mergedAfter(places, [places.map(place => inPlace(place, extra)), additions])

const POLL: Poll = {
  question: 'what?',
  selectable: 1,
  options: ['tea', 'coffee'].map(name => ({ name, voters: [] }))
}

const PLACES = [
  { what: 'number before LID', places: [BY_NUMBER, BY_LID] },
  { what: 'LID before number', places: [BY_LID, BY_NUMBER] },
  { what: 'number before LID, in a group', places: [GROUP_BY_NUMBER, GROUP_BY_LID] },
  { what: 'LID before number, in a group', places: [GROUP_BY_LID, GROUP_BY_NUMBER] }
] as const

test.each(PLACES)('edits of both are kept, and the newest is shown: $what', async ({ places }) => {
  const [one, other] = places
  const edits = [
    changed(one, { to: 'edited', body: 'first', at: T0 + 1000 }),
    changed(other, { to: 'edited', body: 'second', at: T0 + 2000 })
  ]
  const found = await merged(places, {}, edits)
  expect(found).toMatchObject({ body: 'second' })
  expect(found.edits.map(({ body }) => body)).toEqual(['body of A', 'first'])
})

test.each(PLACES)('edits of one of them are there once: $what', async ({ places }) => {
  for (const place of places) {
    const found = await merged(places, {}, [
      changed(place, { to: 'edited', body: 'first', at: T0 + 1000 }),
      changed(place, { to: 'edited', body: 'second', at: T0 + 2000 })
    ])
    expect(found).toMatchObject({ body: 'second' })
    expect(found.edits.map(({ body }) => body)).toEqual(['body of A', 'first'])
  }
})

test.each(PLACES)('changes of a poll in one of them are there once: $what', async ({ places }) => {
  for (const place of places) {
    const found = await merged(places, { type: 'poll', body: 'what?', poll: POLL }, [
      changed(place, { to: 'pollChanged', change: { added: 'water', at: T0 + 1000 } }),
      changed(place, { to: 'pollChanged', change: { added: 'milk', at: T0 + 2000 } })
    ])
    expect(found.edits.map(({ editedAt }) => editedAt)).toEqual([T0 + 1000, T0 + 2000])
    expect(found.poll?.options.map(({ name }) => name)).toEqual(['tea', 'coffee', 'water', 'milk'])
  }
})

test.each(PLACES)('reactions of both are kept: $what', async ({ places }) => {
  const [one, other] = places
  const found = await merged(places, {}, [
    changed(one, { to: 'reacted', emoji: '👍', at: T0 + 1000 }, 'me'),
    changed(other, { to: 'reacted', emoji: '🎉', at: T0 + 1000 }, { jid: '492@s.whatsapp.net' })
  ])
  expect(found.reactions.map(({ emoji }) => emoji).toSorted()).toEqual(['🎉', '👍'].toSorted())
})

test.each(PLACES)('votes of both are kept: $what', async ({ places }) => {
  const [one, other] = places
  const voted = (place: Place, option: string, by: ChangeFact['by']) =>
    changed(place, { to: 'voted', hashes: [optionHash(option)], at: T0 + 1000 }, by)
  const found = await merged(places, { type: 'poll', body: 'what?', poll: POLL }, [
    voted(one, 'tea', 'me'),
    voted(other, 'coffee', { jid: '492@s.whatsapp.net' })
  ])
  expect(found.poll?.options.map(({ voters }) => voters.length)).toEqual([1, 1])
})

test.each(PLACES)(
  'an edit that only a history knows of gets the words before it: $what',
  async ({ places }) => {
    const [one, other] = places
    const found = await mergedAfter(places, [
      [inPlace(one, { body: 'second', editedAt: T0 + 1000, live: false })],
      [inPlace(other), changed(other, { to: 'edited', body: 'second', at: T0 + 1000 })]
    ])
    expect(found).toMatchObject({ body: 'second', edits: [{ body: 'body of A', editedAt: T0 + 1000 }] })
  }
)

test.each(PLACES)(
  'an edit that only a history knows of one of them is there once: $what',
  async ({ places }) => {
    const [one, other] = places
    const found = await mergedAfter(places, [
      [inPlace(one, { body: 'second', editedAt: T0 + 1000, live: false }), inPlace(other)]
    ])
    expect(found).toMatchObject({ body: 'second', edits: [{ editedAt: T0 + 1000 }] })
  }
)

const HASH = Buffer.alloc(32, 5).toString('base64')
const PICTURE: Media = {
  mimeType: 'image/jpeg',
  fileName: null,
  size: 10,
  duration: null,
  width: null,
  height: null,
  download: { directPath: '/v/x', mediaKey: 'a2V5', fileSha256: HASH, fileEncSha256: null }
}

test.each([ANN, ANN_LID])('a file that was fetched for one of them stays (%s)', async storedIn => {
  const found = await onDatabase(
    Effect.gen(function* () {
      const accounts = yield* AccountStore
      const sql = yield* SqlClient.SqlClient
      const messages = yield* MessageStore
      yield* accounts.create(RECORD)
      const picture = { type: 'image', body: null, media: PICTURE }
      yield* apply(inPlace(BY_NUMBER, picture), inPlace(BY_LID, picture))
      yield* messages.change(ACCOUNT, [
        {
          threadId: threadIdOf(ACCOUNT, storedIn),
          messageId: messageIdOf('them', 'A'),
          change: { to: 'fetched', mediaKey: 'a2V5', state: 'stored', reason: null }
        }
      ])
      yield* apply(ONE)
      const [merged] = yield* messagesOf(ANN)
      return {
        state: merged?.media?.fetched?.state,
        isReferenced: yield* makeMessageFiles(sql).isReferenced(HASH)
      }
    })
  )
  expect(found).toEqual({ state: 'stored', isReferenced: true })
})
