// A phone number has one owner after the other. Nobody gets what was somebody else's.
import { Effect } from 'effect'
import { expect, test } from 'vitest'
import type { Address, Fact } from '../../../src/domain/fact.ts'
import { threadIdOf } from '../../../src/domain/ids.ts'
import { Identity } from '../../../src/services/conversations/identity.ts'
import { MessageStore } from '../../../src/services/conversations/message-store.ts'
import { ThreadStore } from '../../../src/services/conversations/thread-store.ts'
import { onDatabase } from '../database.ts'
import { ACCOUNT, ANN, ANN_LID, apply, change, GROUP, message, messagesOf, T0, threads } from './facts.ts'

const BOB_LID = '88@lid'
const NEW_NUMBER = '492@s.whatsapp.net'
const DAY = 86_400_000

const same = (phoneJid: string, lidJid: string, at: number): Fact => ({
  kind: 'samePerson',
  phoneJid,
  lidJid,
  at
})
const from = (who: Address) => ({ chat: who, sender: who })
const idsIn = (jid: string) => Effect.map(messagesOf(jid), found => found.map(({ whatsAppId }) => whatsAppId))

/** Ann has the number and has written; then Bob writes from it under a LID of his own. */
const numberMoves = Effect.gen(function* () {
  yield* apply(same(ANN, ANN_LID, T0), message('ANN', from({ jid: ANN })))
  yield* apply(
    same(ANN, BOB_LID, T0 + DAY),
    message('BOB', { ...from({ jid: BOB_LID, alt: ANN }), timestamp: T0 + DAY })
  )
})

test('a number with another LID is another person: two threads, and the number is the new one’s', async () => {
  await onDatabase(
    Effect.gen(function* () {
      yield* numberMoves
      expect((yield* threads).map(({ clientJid }) => clientJid)).toEqual([BOB_LID, ANN_LID])
      expect(yield* idsIn(ANN_LID)).toEqual(['ANN'])
      expect(yield* idsIn(BOB_LID)).toEqual(['BOB'])
      const store = yield* ThreadStore
      expect(yield* Identity.use(identity => identity.find(ACCOUNT, ANN))).toBe(BOB_LID)
      // Whoever holds the old thread's id holds Ann's.
      expect((yield* store.read(threadIdOf(ACCOUNT, ANN)))?.clientJid).toBe(ANN_LID)
      yield* apply(message('NEXT', from({ jid: ANN })))
      expect(yield* idsIn(BOB_LID)).toContain('NEXT')
    })
  )
})

test('what is older than the last report of a number does not take it back', async () => {
  await onDatabase(
    Effect.gen(function* () {
      yield* numberMoves
      yield* apply(
        same(ANN, ANN_LID, T0 + DAY / 2),
        same(ANN, ANN_LID, 0),
        message('LATE', from({ jid: ANN_LID, alt: ANN }))
      )
      expect(yield* idsIn(ANN_LID)).toEqual(expect.arrayContaining(['ANN', 'LATE']))
      expect(yield* Identity.use(identity => identity.resolve(ACCOUNT, { jid: ANN }))).toBe(BOB_LID)
      yield* apply(same(ANN, ANN_LID, T0 + 2 * DAY))
      expect(yield* Identity.use(identity => identity.resolve(ACCOUNT, { jid: ANN }))).toBe(ANN_LID)
      expect(yield* threads).toHaveLength(2)
    })
  )
})

test('of two mappings of one number in a chunk the later one has it, and nobody is merged', async () => {
  await onDatabase(
    Effect.gen(function* () {
      yield* apply(same(ANN, ANN_LID, T0), same(ANN, BOB_LID, T0))
      yield* apply(
        message('OLD', { ...from({ jid: ANN_LID, alt: ANN }), live: false }),
        message('NEW', { ...from({ jid: BOB_LID, alt: ANN }), live: false })
      )
      expect(yield* idsIn(ANN_LID)).toEqual(['OLD'])
      expect(yield* idsIn(BOB_LID)).toEqual(['NEW'])
      expect(yield* Identity.use(identity => identity.resolve(ACCOUNT, { jid: ANN }))).toBe(BOB_LID)
    })
  )
})

test('what groups hold of the person comes under the LID: senders, reactions, and mentions in body and list', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const group = { chat: { jid: GROUP } }
      yield* apply(
        same(ANN, ANN_LID, T0),
        message('G1', { ...group, sender: { jid: ANN_LID } }),
        message('G2', {
          ...group,
          sender: 'me',
          body: `hello @77, and not @777`,
          mentions: [{ jid: ANN_LID }]
        }),
        change(
          'G2',
          { to: 'reacted', emoji: '👍', at: T0 },
          { ...group, target: { sender: 'me', whatsAppId: 'G2' }, by: { jid: ANN } }
        )
      )
      const before = yield* messagesOf(GROUP)
      expect(before[0]).toMatchObject({ body: 'hello @491, and not @777', mentions: [ANN] })
      yield* apply(same(ANN, BOB_LID, T0 + DAY))
      const [told, said] = yield* messagesOf(GROUP)
      expect(said).toMatchObject({ sender: ANN_LID })
      expect(told).toMatchObject({
        body: 'hello @77, and not @777',
        mentions: [ANN_LID],
        reactions: [{ sender: ANN_LID }]
      })
      const threadId = threadIdOf(ACCOUNT, GROUP)
      const found = yield* MessageStore.use(store => store.read(threadId, told!.messageId))
      expect(found?.body).toBe('hello @77, and not @777')
    })
  )
})

test('an edit names the people it mentions as the message does', async () => {
  await onDatabase(
    Effect.gen(function* () {
      yield* apply(same(ANN, ANN_LID, T0), message('A', { body: 'nobody' }))
      yield* apply(
        change('A', { to: 'edited', body: 'it was @77', mentions: [{ jid: ANN_LID }], at: T0 + 1 }),
        change(
          'LATER',
          { to: 'edited', body: 'or @77', mentions: [{ jid: ANN_LID }], at: T0 + 1 },
          { target: { sender: { jid: ANN }, whatsAppId: 'LATER' } }
        )
      )
      expect(yield* messagesOf(ANN)).toMatchObject([{ body: 'it was @491', mentions: [ANN] }])
      yield* apply(same(ANN, BOB_LID, T0 + DAY))
      yield* apply(message('LATER', { ...from({ jid: ANN_LID }), timestamp: T0 + 5 }))
      expect(yield* messagesOf(ANN_LID)).toMatchObject([
        { body: 'or @77', mentions: [ANN_LID] },
        { body: 'it was @77', mentions: [ANN_LID] }
      ])
    })
  )
})

test('a person with another number stays one thread, and is written to under the number of today', async () => {
  await onDatabase(
    Effect.gen(function* () {
      yield* apply(same(ANN, ANN_LID, T0), message('A', from({ jid: ANN })))
      yield* apply(message('B', { ...from({ jid: NEW_NUMBER }), timestamp: T0 + 1 }))
      yield* apply({
        kind: 'numberChanged',
        from: { jid: ANN },
        to: { jid: NEW_NUMBER },
        at: T0 + DAY,
        live: true
      })
      expect(yield* threads).toHaveLength(1)
      expect(yield* idsIn(NEW_NUMBER)).toEqual(['B', 'A'])
      const identity = yield* Identity
      expect(yield* identity.reachable(ACCOUNT, ANN, ANN)).toBe(NEW_NUMBER)
      expect(yield* identity.reachable(ACCOUNT, ANN, ANN_LID)).toBe(ANN_LID)
    })
  )
})

test('a change of number that names both LIDs joins two people; one that history tells of an earlier owner joins nobody', async () => {
  const changed = (extra: { from: Address; to: Address; at: number; live: boolean }): Fact => ({
    kind: 'numberChanged',
    ...extra
  })
  await onDatabase(
    Effect.gen(function* () {
      yield* apply(same(ANN, ANN_LID, T0 + DAY), message('A', from({ jid: ANN_LID })))
      yield* apply(message('B', from({ jid: NEW_NUMBER })))
      yield* apply(changed({ from: { jid: ANN }, to: { jid: NEW_NUMBER }, at: T0, live: false }))
      expect(yield* threads).toHaveLength(2)
      yield* apply(
        same(NEW_NUMBER, BOB_LID, T0 + DAY),
        changed({
          from: { jid: ANN, alt: ANN_LID },
          to: { jid: NEW_NUMBER, alt: BOB_LID },
          at: T0 + DAY,
          live: true
        })
      )
      expect(yield* threads).toHaveLength(1)
    })
  )
})

test('a number that belonged to nobody known otherwise is joined by the LID that comes with it, whenever that was said', async () => {
  await onDatabase(
    Effect.gen(function* () {
      yield* apply(message('A', from({ jid: ANN })), message('B', from({ jid: ANN_LID })))
      yield* apply(same(ANN, ANN_LID, 0))
      expect(yield* threads).toHaveLength(1)
      expect(yield* idsIn(ANN)).toHaveLength(2)
    })
  )
})
