// Stores many facts in transactions so short that nobody waits for long: a slice of them each, and then others have their turn.
import { Effect } from 'effect'
import type { Fact } from '../../../domain/fact.ts'
import { Conversations } from '../../conversations/apply.ts'
import { Transaction } from '../../database/transaction.ts'

/** How many facts a slice has follows from how long the last one took. The fixed cost of a transaction is paid for each. */
const SLICE = { first: 100, least: 20, most: 1000, milliseconds: 8 }

/** Not all facts cost the same: a slice is at most twice as large as one that is known to be short enough. */
const nextSize = (size: number, took: number): number =>
  Math.max(
    SLICE.least,
    Math.min(SLICE.most, size * 2, Math.round((size * SLICE.milliseconds) / Math.max(took, 1)))
  )

export interface FactsToStore {
  readonly accountId: string
  /** In their order. */
  readonly parts: Iterable<ReadonlyArray<Fact>>
  /** The source showed messages as they were at this time or later, milliseconds since 1970. */
  readonly asOf: number
  /** Completes when nobody else has something more urgent to store. */
  readonly quiet: Effect.Effect<void>
  /** Asked after each slice: the rest is not stored then. */
  readonly isStopped: () => boolean
}

/** Answers how many messages were stored. */
export const storeInSlices = Effect.fnUntraced(function* ({
  accountId,
  asOf,
  isStopped,
  parts,
  quiet
}: FactsToStore) {
  const conversations = yield* Conversations
  const transaction = yield* Transaction
  let size = SLICE.first
  let messages = 0
  let waiting: ReadonlyArray<Fact> = []

  const store = Effect.fnUntraced(function* (facts: ReadonlyArray<Fact>) {
    yield* quiet
    let begunAt = 0
    // Without the wait for the turn.
    const begin = Effect.sync(() => (begunAt = performance.now()))
    yield* transaction.run(Effect.andThen(begin, conversations.apply(accountId, facts, { asOf })))
    messages += facts.filter(({ kind }) => kind === 'message').length
    size = nextSize(facts.length, performance.now() - begunAt)
  })

  for (const part of parts) {
    waiting = waiting.length === 0 ? part : [...waiting, ...part]
    while (waiting.length >= size) {
      const slice = waiting.slice(0, size)
      waiting = waiting.slice(slice.length)
      yield* store(slice)
      if (isStopped()) return messages
    }
  }
  if (waiting.length > 0) yield* store(waiting)
  return messages
})
