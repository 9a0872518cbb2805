// Two threads of this process write to one database, each through a connection of its own. They take turns: SQLite would have one of them
// try again and again until the other has committed, and the event loop would wait or the statement fail.
import { Effect } from 'effect'

/** Who writes: the main thread, or the one beside it. */
export type Writer = 'main' | 'beside'

export interface WriteTurns {
  /** Completes when it is this thread's turn. A thread that gives its turn back while the other one waits comes after that. */
  readonly take: Effect.Effect<void>
  /** Whether the other thread waits for its turn. */
  readonly isOtherWaiting: () => boolean
  /** To be called once for each turn, after its commit. */
  readonly give: () => void
  /** The other thread has ended, and cannot give its turn back any more. */
  readonly otherEnded: () => void
}

/** The first word says whose turn it is; the word of a writer, whether it waits. */
const HOLDER = 0
const NOBODY = 0
const WORD: Readonly<Record<Writer, number>> = { main: 1, beside: 2 }

export const turnsMemory = (): SharedArrayBuffer => new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT)

export const makeWriteTurns = (memory: SharedArrayBuffer, writer: Writer): WriteTurns => {
  const words = new Int32Array(memory)
  const mine = WORD[writer]
  const other = WORD[writer === 'main' ? 'beside' : 'main']

  /** Whose turn it is instead, when it is not this thread's. */
  const attempt = (): number | undefined => {
    Atomics.store(words, mine, 1)
    const holder = Atomics.compareExchange(words, HOLDER, NOBODY, mine)
    // The other one has handed its turn over.
    if (holder !== NOBODY && holder !== mine) return holder
    Atomics.store(words, mine, 0)
    return undefined
  }

  const take: Effect.Effect<void> = Effect.suspend(() => {
    const holder = attempt()
    if (holder === undefined) return Effect.void
    const changed = Atomics.waitAsync(words, HOLDER, holder)
    return changed.async
      ? Effect.andThen(
          Effect.promise(() => changed.value),
          take
        )
      : take
  })

  const hand = (to: number): void => {
    Atomics.store(words, HOLDER, to)
    Atomics.notify(words, HOLDER)
  }

  return {
    // Somebody who stopped waiting would be handed a turn that nobody gives back.
    take: Effect.uninterruptible(take),
    isOtherWaiting: () => Atomics.load(words, other) === 1,
    give: () => hand(Atomics.load(words, other) === 1 ? other : NOBODY),
    otherEnded: () => {
      Atomics.store(words, other, 0)
      if (Atomics.load(words, HOLDER) === other) hand(Atomics.load(words, mine) === 1 ? mine : NOBODY)
    }
  }
}
