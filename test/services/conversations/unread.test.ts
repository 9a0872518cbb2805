// What is unread, where the phone's own count of a history and what the owner read on the phone meet.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { describe, expect, test } from 'vitest'
import type { Fact } from '../../../src/domain/fact.ts'
import { onDatabase } from '../database.ts'
import { threadIdOf } from '../../../src/domain/ids.ts'
import { ThreadStore } from '../../../src/services/conversations/thread-store.ts'
import { ACCOUNT, ANN, apply, message, T0, threads } from './facts.ts'

const held = ['A', 'B', 'C', 'D'].map((id, n) => message(id, { timestamp: T0 + n * 1000, live: false }))
/** The phone counts up to the end of the history, which may be later than its last message. */
const counted = (count: number): Fact => ({
  kind: 'chat',
  chat: { jid: ANN },
  unread: { count, at: T0 + 9000 }
})
const read = (...whatsAppIds: ReadonlyArray<string>): Fact => ({
  kind: 'readByMe',
  chat: { jid: ANN },
  upTo: { whatsAppIds }
})

const unreadAfter = (...batches: ReadonlyArray<ReadonlyArray<Fact>>) =>
  onDatabase(
    Effect.gen(function* () {
      for (const batch of batches) yield* apply(...batch)
      return (yield* threads)[0]?.unreadCount
    })
  )

test.each([
  { count: 3, upTo: 'B', left: 2 },
  { count: 3, upTo: 'D', left: 0 },
  { count: 1, upTo: 'B', left: 1 },
  // More than is held: what is missing is older.
  { count: 40, upTo: 'C', left: 1 }
])('of $count unread messages of a history, $left are left when the owner reads up to $upTo', async row => {
  const { count, left, upTo } = row
  expect(await unreadAfter([...held, counted(count)], [read(upTo)])).toBe(left)
  // The receipt may come before the messages that it names.
  expect(await unreadAfter([counted(count), read(upTo)], held)).toBe(left)
  expect(
    await unreadAfter([...held, counted(count)], [message('E', { timestamp: T0 + 10_000 })], [read(upTo)])
  ).toBe(left + 1)
})

describe('what is written in the second of the newest message of a history, but not in it, is unread', () => {
  const newest = message('D', { timestamp: T0 + 3000, live: false })
  const meanwhile = message('E', { timestamp: T0 + 3000 })
  const page = (count: number, ofSecond?: number): Fact => ({
    kind: 'chat',
    chat: { jid: ANN },
    unread: { count, at: T0 + 3000, ofSecond }
  })

  test.each([
    { count: 0, left: 1 },
    { count: 1, left: 2 },
    { count: 3, left: 4 }
  ])('$count unread messages, in any order', async ({ count, left }) => {
    const older = held.slice(0, 3)
    const orders = [
      [[page(count, 1), ...older, newest], [meanwhile]],
      [[meanwhile], [page(count, 1), ...older, newest]],
      [[page(count, 1)], [meanwhile], [...older, newest]],
      [[page(count, 1)], [...older, newest], [meanwhile]]
    ]
    for (const batches of orders) expect(await unreadAfter(...batches)).toBe(left)
  })

  test('also when the page has older messages only', async () => {
    expect(await unreadAfter([...held, page(0, 1)], [meanwhile], [page(0)])).toBe(1)
    expect(
      await unreadAfter(
        held.map(older => ({ ...older, live: true })),
        [page(3)]
      )
    ).toBe(3)
    expect(
      await unreadAfter(
        held.map(older => ({ ...older, live: true })),
        [page(0)]
      )
    ).toBe(1)
  })

  test('what comes later is unread, also when the newest message of the history is not stored, or is removed', async () => {
    const later = message('F', { timestamp: T0 + 90_000 })
    expect(await unreadAfter([page(0, 1)], [later])).toBe(1)
    expect(await unreadAfter([page(0, 3), newest], [later], [meanwhile])).toBe(1)
    expect(await unreadAfter([page(2, 1)], [later])).toBe(2)
  })

  test('until the owner reads it', async () => {
    expect(await unreadAfter([page(0, 1), newest], [meanwhile], [read('E')])).toBe(0)
    expect(await unreadAfter([read('E')], [page(0, 1), newest], [meanwhile])).toBe(0)
    expect(await unreadAfter([page(0, 1), newest], [meanwhile], [read('D')])).toBe(1)
  })
})

describe('a message that is stored only after it was read (an encrypted comment is opened later)', () => {
  const late = message('L', { timestamp: T0 + 5000 })
  const later = message('M', { timestamp: T0 + 5000 })
  const meanwhile = message('E', { timestamp: T0 + 5000 })

  test('takes nothing with it that came after the read, within the same second', async () => {
    expect(await unreadAfter(held, [read('L')], [meanwhile], [late])).toBe(1)
    expect(await unreadAfter(held, [read('L')], [late], [meanwhile])).toBe(1)
    expect(await unreadAfter(held, [read('D', 'L', 'M')], [meanwhile, late], [later])).toBe(1)
    expect(await unreadAfter([read('L')], [meanwhile, late])).toBe(1)
    expect(await unreadAfter(held, [read('L')], [meanwhile], [late], [read('E')])).toBe(0)
    // WhatsApp says it again.
    expect(await unreadAfter(held, [read('L')], [meanwhile], [late], [read('L')])).toBe(1)
    expect(await unreadAfter(held, [read('D', 'L')], [meanwhile], [late], [read('D', 'L')])).toBe(1)
  })

  test('nor what the receipt does not name, when that is handled after what came behind it', async () => {
    const before = message('B5', { timestamp: T0 + 5000 })
    expect(await unreadAfter(held, [before, meanwhile], [read('B5', 'L')], [late])).toBe(1)
    expect(await unreadAfter(held, [before, meanwhile, late], [read('B5', 'L', 'E')])).toBe(0)
  })

  test('is read as everything before it is, whatever was read since', async () => {
    const next = message('F', { timestamp: T0 + 5000 })
    expect(await unreadAfter(held, [read('L')], [late])).toBe(0)
    expect(await unreadAfter(held, [read('L')], [meanwhile], [read('E')], [late])).toBe(0)
    expect(await unreadAfter(held, [read('L')], [meanwhile], [read('E')], [next], [late])).toBe(1)
    expect(await unreadAfter(held, [read('L')], [message('G', { timestamp: T0 + 9000 })], [late])).toBe(1)
  })

  test('is not among the unread messages that an application reads', () =>
    onDatabase(
      Effect.gen(function* () {
        for (const batch of [held, [read('L')], [meanwhile], [late]]) yield* apply(...batch)
        const unread = yield* ThreadStore.use(store => store.unread(threadIdOf(ACCOUNT, ANN), 100))
        expect(unread.map(({ whatsAppId }) => whatsAppId)).toEqual(['E'])
      })
    ))

  test('also when it comes in the last second of a history, whose count says how many are read', async () => {
    const page: Fact = { kind: 'chat', chat: { jid: ANN }, unread: { count: 0, at: T0 + 5000, ofSecond: 1 } }
    const newest = message('H', { timestamp: T0 + 5000, live: false })
    expect(await unreadAfter([page, newest], [read('L')], [meanwhile], [late])).toBe(1)
  })

  test('has its read kept no longer than it needs it', () =>
    onDatabase(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        for (const batch of [[read('A', 'B', 'C', 'D')], held]) yield* apply(...batch)
        expect(yield* sql`SELECT whatsapp_id FROM waiting_reads`).toEqual([{ whatsAppId: 'D' }])
        yield* apply(message('G', { timestamp: T0 + 9000 }), read('G'))
        yield* apply(...held)
        expect(yield* sql`SELECT whatsapp_id FROM waiting_reads`).toEqual([])
      })
    ))

  test('stays read when waiting reads are pruned, which has no end otherwise', () =>
    onDatabase(
      Effect.gen(function* () {
        const prune = ThreadStore.use(store => store.pruneWaitingReads(Number.MAX_SAFE_INTEGER))
        for (const batch of [held, [read('L', 'never stored')], [meanwhile], [late]]) yield* apply(...batch)
        yield* prune
        yield* apply(message('F', { timestamp: T0 + 5000 }))
        expect((yield* threads)[0]?.unreadCount).toBe(2)
        const sql = yield* SqlClient.SqlClient
        expect(yield* sql`SELECT whatsapp_id FROM waiting_reads`).toEqual([{ whatsAppId: 'L' }])
        yield* apply(message('G', { timestamp: T0 + 9000 }), read('G'))
        yield* prune
        expect(yield* sql`SELECT whatsapp_id FROM waiting_reads`).toEqual([])
      })
    ))
})
