// What is unread, where the phone's own count of a history and what the owner read on the phone meet.
import { Effect } from 'effect'
import { expect, test } from 'vitest'
import type { Fact } from '../../../src/domain/fact.ts'
import { onDatabase } from '../database.ts'
import { ANN, apply, message, T0, threads } from './facts.ts'

const held = ['A', 'B', 'C', 'D'].map((id, n) => message(id, { timestamp: T0 + n * 1000, live: false }))
/** The phone counts up to the end of the history, which may be later than its last message. */
const counted = (count: number): Fact => ({
  kind: 'chat',
  chat: { jid: ANN },
  unread: { count, at: T0 + 9000 }
})
const read = (id: string): Fact => ({ kind: 'readByMe', chat: { jid: ANN }, upTo: { whatsAppIds: [id] } })

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
