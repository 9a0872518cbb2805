// A message that is stored and is shown again: what is newer wins, and nothing newer is undone.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addressFor, timeUnitFor } from '../../src/domain/backfill.ts'
import type { Held } from '../../src/domain/change.ts'
import { afterSnapshot, type MessageSnapshot } from '../../src/domain/message-snapshot.ts'
import { NO_DETAILS } from '../../src/domain/message.ts'

const HOUR = 60 * 60 * 1000

const held: Held = {
  ...NO_DETAILS,
  type: 'text',
  body: 'first',
  reactions: [],
  edits: [],
  votes: [],
  pollChanges: [],
  secrets: [],
  unreadable: [],
  status: 'received',
  statusReason: null,
  tsClient: 0,
  starred: false,
  starredAt: null,
  deletedForMeAt: null,
  raw: null
}

const shown: MessageSnapshot = {
  type: 'text',
  body: 'first',
  editedAt: null,
  reactions: [],
  votes: [],
  poll: null,
  call: null,
  location: null,
  eventResponses: []
}

const edit = fc.record({ body: fc.constantFrom('one', 'two', 'three'), at: fc.integer({ min: 1, max: 9 }) })
const reaction = fc.record({
  sender: fc.constantFrom('me', 'ann'),
  emoji: fc.constantFrom('', '👍', '🎉'),
  at: fc.integer({ min: 1, max: 9 })
})

test('whatever order the snapshots of a message come in, the newest of each part is what counts', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(edit, { selector: ({ at }) => at, maxLength: 6 }),
      fc.uniqueArray(reaction, { selector: ({ at, sender }) => `${sender} ${at}`, maxLength: 6 }),
      (edits, reactions) => {
        const snapshots = [
          ...edits.map(({ at, body }) => ({ ...shown, body, editedAt: at })),
          ...reactions.map(one => ({ ...shown, reactions: [one] }))
        ]
        const after = (list: typeof snapshots) =>
          list.reduce((state, one) => afterSnapshot(state, one), { ...held })
        const forward = after(snapshots)
        const backward = after(snapshots.toReversed())
        const newest = edits.toSorted((a, b) => b.at - a.at)[0]
        expect([forward.body, backward.body]).toEqual([newest?.body ?? 'first', newest?.body ?? 'first'])
        for (const sender of ['me', 'ann']) {
          const last = reactions.filter(one => one.sender === sender).toSorted((a, b) => b.at - a.at)[0]
          for (const { reactions: found } of [forward, backward])
            expect(found.find(one => one.sender === sender)).toEqual(last)
        }
        // Shown once more, nothing changes: subscribers hear of changes only.
        expect(snapshots.reduce((state, one) => afterSnapshot(state, one), forward)).toBe(forward)
      }
    )
  )
})

describe('a reaction that a snapshot does not have', () => {
  const reacted = { ...held, reactions: [{ sender: 'ann', emoji: '👍', at: HOUR }] }
  test.each([
    ['was taken back, if the source shows others and the reaction is older', 3 * HOUR, ''],
    ['is kept, if it may be newer than the source', 1.5 * HOUR, '👍'],
    ['is kept, if the source shows none', null, '👍']
  ])('%s', (_, reactionsAsOf, emoji) => {
    const after = afterSnapshot(reacted, shown, { reactionsAsOf, votesAsOf: null })
    expect(after.reactions).toMatchObject([{ sender: 'ann', emoji }])
  })
})

test('a message that was stored as edited learns its first words; one that is deleted stays so', () => {
  const edited = { ...held, body: 'after', edits: [{ body: null, editedAt: 5 }] }
  expect(afterSnapshot(edited, shown)).toMatchObject({
    body: 'after',
    edits: [{ body: 'first', editedAt: 5 }]
  })
  const revoked = afterSnapshot(edited, { ...shown, type: 'revoked', body: null })
  expect(revoked).toMatchObject({ type: 'revoked', body: null, edits: [] })
  expect(afterSnapshot(revoked, { ...shown, editedAt: 9, body: 'back' })).toBe(revoked)
})

test('requests are in seconds, after silence once in milliseconds; each address of a chat is tried in both', () => {
  expect([0, 1, 2, 3].map(tries => timeUnitFor(undefined, tries))).toEqual([
    'seconds',
    'milliseconds',
    'seconds',
    'milliseconds'
  ])
  expect([0, 1, 2, 3, 4].map(tries => addressFor(undefined, tries, 2))).toEqual([0, 0, 1, 1, 0])
  expect([0, 1, 2, 3].map(tries => timeUnitFor('milliseconds', tries))).toEqual([
    'milliseconds',
    'milliseconds',
    'seconds',
    'milliseconds'
  ])
  expect([0, 1, 2].map(tries => addressFor('seconds', tries, 2))).toEqual([0, 1, 0])
})
