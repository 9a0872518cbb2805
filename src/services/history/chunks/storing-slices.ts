// Stores many facts in transactions so short that nobody waits for long: a slice of them each, and then others have their turn.
import { Effect } from 'effect'
import type { Fact } from '../../../domain/fact.ts'
import { Conversations } from '../../conversations/apply.ts'
import { Transaction } from '../../database/transaction.ts'
import type { SlicePace } from './slice-pace.ts'

export interface FactsToStore {
  readonly accountId: string
  /** In their order. */
  readonly parts: Iterable<ReadonlyArray<Fact>>
  /** The source showed messages as they were at this time or later, milliseconds since 1970. */
  readonly asOf: number
  readonly pace: SlicePace
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
  pace,
  parts,
  quiet
}: FactsToStore) {
  const conversations = yield* Conversations
  const transaction = yield* Transaction
  let messages = 0
  let waiting: ReadonlyArray<Fact> = []

  /** Answers how many milliseconds that has taken. */
  const store = Effect.fnUntraced(function* (facts: ReadonlyArray<Fact>) {
    yield* quiet
    let begunAt = 0
    // Without the wait for the turn.
    const begin = Effect.sync(() => (begunAt = performance.now()))
    yield* transaction.run(Effect.andThen(begin, conversations.apply(accountId, facts, { asOf })))
    messages += facts.filter(({ kind }) => kind === 'message').length
    return performance.now() - begunAt
  })

  for (const part of parts) {
    waiting = waiting.length === 0 ? part : [...waiting, ...part]
    for (let size = pace.size(); waiting.length >= size; size = pace.size()) {
      const slice = waiting.slice(0, size)
      waiting = waiting.slice(size)
      pace.took(size, yield* store(slice))
      if (isStopped()) return messages
    }
  }
  if (waiting.length > 0) yield* store(waiting)
  return messages
})
