// What is unread here is what is unread on the phone, whatever comes late, twice, or under another address: random conversations, of which
// the phone shows every message as it is written, and this server learns it in another order.
import { Effect } from 'effect'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { threadIdOf } from '../../../src/domain/ids.ts'
import type { Fact } from '../../../src/domain/fact.ts'
import { ThreadStore } from '../../../src/services/conversations/thread-store.ts'
import { onDatabase } from '../database.ts'
import { thorough } from '../../thorough.ts'
import { ACCOUNT, ANN, ANN_LID, apply, message, T0 } from './facts.ts'

const event = fc.record({
  what: fc.constantFrom('message', 'message', 'read'),
  /** Otherwise in the second of what was before. */
  isLaterSecond: fc.boolean(),
  isUnderLid: fc.boolean(),
  /** How many events later the server learns of a message, and that it was read once more. */
  late: fc.constantFrom(0, 0, 1, 2, 4),
  again: fc.option(fc.nat(4), { nil: undefined }),
  /** Whether what the server has learnt until then is written together. */
  isWritten: fc.boolean()
})
type Event = typeof event extends fc.Arbitrary<infer T> ? T : never

interface Learnt {
  readonly after: number
  readonly fact: Fact
}

/** What the phone has that is not read, and what the server learns, in its order. */
const played = (events: ReadonlyArray<Event>, linkedAt: number, mergedAt: number) => {
  const history: Array<{ readonly id: string; readonly timestamp: number }> = []
  const learnt: Array<Learnt> = []
  let unread: ReadonlyArray<string> = []
  let timestamp = T0

  const chatOf = ({ isUnderLid }: Event) => ({ jid: isUnderLid ? ANN_LID : ANN })
  const link = (at: number): void => {
    const ofSecond = history.filter(held => held.timestamp === timestamp).length
    const counted = { count: unread.length, at: timestamp, ofSecond }
    learnt.push({ after: at, fact: { kind: 'chat', chat: { jid: ANN }, unread: counted } })
    for (const held of history)
      learnt.push({ after: at, fact: message(held.id, { timestamp: held.timestamp, live: false }) })
  }

  for (const [at, now] of events.entries()) {
    if (at === linkedAt && history.length > 0) link(at - 0.5)
    if (now.isLaterSecond) timestamp += 1000
    const isLinked = at >= linkedAt
    if (now.what === 'message') {
      const id = `M${at}`
      const chat = chatOf(now)
      if (isLinked)
        learnt.push({ after: at + now.late, fact: message(id, { chat, sender: chat, timestamp }) })
      else history.push({ id, timestamp })
      unread = [...unread, id]
    } else if (unread.length > 0) {
      const fact: Fact = { kind: 'readByMe', chat: chatOf(now), upTo: { whatsAppIds: unread } }
      if (isLinked) learnt.push({ after: at, fact })
      if (isLinked && now.again !== undefined) learnt.push({ after: at + now.again, fact })
      unread = []
    }
  }
  learnt.push({ after: mergedAt, fact: { kind: 'samePerson', phoneJid: ANN, lidJid: ANN_LID, at: T0 } })
  return { unread, learnt: learnt.toSorted((one, other) => one.after - other.after) }
}

const unreadHere = (events: ReadonlyArray<Event>, learnt: ReadonlyArray<Learnt>) =>
  onDatabase(
    Effect.gen(function* () {
      let together: ReadonlyArray<Fact> = []
      for (const [n, { fact }] of learnt.entries()) {
        together = [...together, fact]
        if (events[n % events.length]?.isWritten === false && n < learnt.length - 1) continue
        yield* apply(...together)
        together = []
      }
      const threads = yield* ThreadStore
      const thread = yield* threads.read(threadIdOf(ACCOUNT, ANN))
      if (thread === undefined) return { count: 0, ids: [] }
      const listed = yield* threads.unread(thread.threadId, 100)
      return { count: thread.unreadCount, ids: listed.map(({ whatsAppId }) => whatsAppId).toSorted() }
    })
  )

test('what is unread here is what is unread on the phone', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(event, { minLength: 1, maxLength: 9 }),
      fc.nat(4),
      fc.nat(12),
      async (events, linkedAt, mergedAt) => {
        const { learnt, unread } = played(events, Math.min(linkedAt, events.length - 1), mergedAt)
        const here = await unreadHere(events, learnt)
        expect(here).toEqual({ count: unread.length, ids: unread.toSorted() })
      }
    ),
    { numRuns: thorough(150, 4000) }
  ))
