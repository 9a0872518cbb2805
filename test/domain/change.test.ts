// What changes do to a message, whatever order they come in.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LONGEST } from '../../src/domain/lengths.ts'
import { NO_DETAILS } from '../../src/domain/message.ts'
import { shownChange } from '../../src/domain/changed-fields.ts'
import { applyChange, type Held, type MessageChange } from '../../src/domain/change.ts'
import { pollAfter } from '../../src/domain/poll.ts'
import { thorough } from '../thorough.ts'

const HELD: Held = {
  ...NO_DETAILS,
  type: 'text',
  body: 'original',
  reactions: [],
  edits: [],
  votes: [],
  pollChanges: [],
  secrets: [],
  unreadable: [],
  status: 'sent',
  statusReason: null,
  tsClient: 0,
  raw: null,
  starred: false,
  starredAt: null,
  deletedForMeAt: null
}

const after = (held: Held, changes: ReadonlyArray<MessageChange>) => changes.reduce(applyChange, held)

/** Changes with times of their own; each time belongs to one change only, as in life. */
const changes = fc
  .uniqueArray(
    fc.record({
      at: fc.integer({ min: 1, max: 1000 }),
      kind: fc.constantFrom('edited', 'reacted', 'status'),
      who: fc.constantFrom('me', 'a', 'b'),
      what: fc.constantFrom('', 'x', 'y', 'z')
    }),
    { selector: ({ at }) => at, maxLength: 12 }
  )
  .map(all =>
    all.map(({ at, kind, what, who }): MessageChange =>
      kind === 'edited'
        ? { to: 'edited', body: what, at }
        : kind === 'reacted'
          ? { to: 'reacted', sender: who, emoji: what, at }
          : { to: 'status', status: at % 2 === 0 ? 'delivered' : 'read', reason: null }
    )
  )

const shown = (held: Held) => ({
  ...held,
  reactions: held.reactions.toSorted((a, b) => (a.sender < b.sender ? -1 : 1))
})

test('the same changes in any order, each once or more often, leave the same message', () => {
  fc.assert(
    fc.property(
      changes.chain(all =>
        fc.tuple(
          fc.constant(all),
          fc.shuffledSubarray(all, { minLength: all.length }),
          fc.shuffledSubarray(all)
        )
      ),
      ([all, order, repeated]) => {
        expect(shown(after(HELD, [...order, ...repeated]))).toEqual(shown(after(HELD, all)))
      }
    )
  )
})

test('edits keep every earlier body in the order of their times', () => {
  const edits = [3, 1, 2].map((at): MessageChange => ({ to: 'edited', body: `edit ${at}`, at }))
  expect(after(HELD, edits)).toMatchObject({
    body: 'edit 3',
    edits: [
      { body: 'original', editedAt: 1 },
      { body: 'edit 1', editedAt: 2 },
      { body: 'edit 2', editedAt: 3 }
    ]
  })
})

test('of hundreds of edits, and of very long ones, the first body and the newest are kept', () => {
  const lengths = fc.constantFrom(1, 100, LONGEST.body)
  const edits = (all: ReadonlyArray<number>) =>
    all.map((length, at): MessageChange => ({ to: 'edited', body: `${at}${'x'.repeat(length)}`, at }))
  fc.assert(
    fc.property(
      fc
        .array(lengths, { minLength: 2, maxLength: 400, size: 'max' })
        .map(edits)
        .chain(all => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
      ([all, order]) => {
        const held = after(HELD, order)
        expect(held.body === after(HELD, all).body).toBe(true)
        expect(held.edits.length).toBeLessThanOrEqual(200)
        const kept = held.edits.reduce((sum, { body }) => sum + (body?.length ?? 0), 0)
        expect(kept).toBeLessThanOrEqual(LONGEST.edits)
        expect(held.edits[0]?.body).toBe('original')
        expect(held.edits.at(-1)?.editedAt).toBe(all.length - 1)
      }
    ),
    { numRuns: thorough(2, 50) }
  )
})

test('the texts of a poll that is edited again and again are bounded', () => {
  const poll = { question: 'Where?', options: [{ name: 'Sea', voters: [] }], selectable: 1 }
  const options = (at: number) => Array.from({ length: 200 }, (_, n) => `${at} ${n} ${'o'.repeat(900)}`)
  const edits = Array.from({ length: 40 }, (_, at): MessageChange => ({
    to: 'pollChanged',
    change: { at, question: `${at}`, ...(at % 2 === 0 ? { options: options(at) } : { added: `added ${at}` }) }
  }))
  const held = after({ ...HELD, type: 'poll', poll, body: 'Where?\n• Sea' }, edits)
  expect(held.body?.length).toBe(LONGEST.body)
  expect(held.edits[0]).toMatchObject({ body: 'Where?\n• Sea' })
  expect(JSON.stringify(held).length).toBeLessThan(3 * LONGEST.edits)
})

test('a deleted message stays deleted, and nothing of it is kept', () => {
  const deleted = after(HELD, [
    { to: 'edited', body: 'secret', at: 1 },
    { to: 'revoked', at: 2 },
    { to: 'edited', body: 'secret again', at: 3 }
  ])
  expect(deleted).toMatchObject({ type: 'revoked', body: null, edits: [], raw: null })
})

test('a reaction that was taken back does not return when it is told again', () => {
  const reaction = (emoji: string, at: number): MessageChange => ({ to: 'reacted', sender: 'a', emoji, at })
  const { reactions } = after(HELD, [reaction('👍', 1), reaction('', 2), reaction('👍', 1)])
  expect(reactions).toEqual([{ sender: 'a', emoji: '', at: 2 }])
})

test('an answered call is not missed because it ends', () => {
  const call = (outcome: 'ringing' | 'answered' | 'missed'): MessageChange => ({
    to: 'called',
    call: { video: false, outcome, duration: null }
  })
  const ringing = {
    ...HELD,
    type: 'call',
    call: { video: true, outcome: 'ringing' as const, duration: null }
  }
  expect(after(ringing, [call('answered'), call('missed')]).call).toEqual({
    video: true,
    outcome: 'answered',
    duration: null
  })
})

test('how long a call took is learned from the log, and what is known of it stays', () => {
  const ended: MessageChange = { to: 'called', call: { video: false, outcome: 'missed', duration: 42 } }
  const answered = {
    ...HELD,
    type: 'call',
    call: { video: true, outcome: 'answered' as const, duration: null }
  }
  const told = after(answered, [ended])
  expect(told.call).toEqual({ video: true, outcome: 'answered', duration: 42 })
  expect(after(told, [ended])).toBe(told)
})

test('a later vote of a person replaces the earlier one, also one that history told', () => {
  const poll = {
    question: 'q',
    selectable: 0,
    options: [
      { name: 'A', voters: ['x', 'me'] },
      { name: 'B', voters: [] }
    ]
  }
  expect(pollAfter(poll, [{ voter: 'x', options: ['B'], at: 5 }])).toMatchObject({
    options: [
      { name: 'A', voters: ['me'] },
      { name: 'B', voters: ['x'] }
    ]
  })
})

test('the parts of an answer replace each other in any order; its first part is kept', () => {
  const part = (body: string, at: number): MessageChange => ({ to: 'continued', body, at })
  const parts = [part('one', 1), part('one two', 2), part('one two three', 2)]
  fc.assert(
    fc.property(fc.shuffledSubarray(parts, { minLength: parts.length }), order => {
      expect(after(HELD, order)).toMatchObject({
        body: 'one two three',
        edits: [{ body: 'original', editedAt: 2 }]
      })
    })
  )
})

test('what an event says has changed is what an application sees change', () => {
  const shown = (change: MessageChange, before = HELD) =>
    shownChange(before, applyChange({ ...before, mentions: [...before.mentions] }, change))
  expect(shown({ to: 'edited', body: 'other', at: 1 })).toEqual({
    kind: 'message.changed',
    changed: ['body', 'edits']
  })
  expect(shown({ to: 'revoked', at: 1 })).toEqual({ kind: 'message.changed', changed: ['body', 'type'] })
  expect(shown({ to: 'reacted', sender: 'me', emoji: '🌴', at: 1 })).toEqual({
    kind: 'message.reaction',
    changed: ['reactions']
  })
  expect(shownChange(HELD, { ...HELD, votes: [], mentions: [], poll: null })).toBeUndefined()
})

test('the same content in another order of its fields is no change', () => {
  const reacted = (reaction: (typeof HELD.reactions)[number]) => ({ ...HELD, reactions: [reaction] })
  const before = reacted({ sender: 'me', emoji: '🌴', at: 1 })
  expect(shownChange(before, reacted({ at: 1, emoji: '🌴', sender: 'me' }))).toBeUndefined()
  expect(shownChange(before, reacted({ at: 2, emoji: '🌴', sender: 'me' }))).toEqual({
    kind: 'message.reaction',
    changed: ['reactions']
  })
})
