// The one way of waking: durable work is written down in a transaction, then the worker that does it is woken.
// Within one process this is a set of latches; a database shared by several processes can carry the same calls.
import { Context, Effect, Latch, Layer, type Scope } from 'effect'

/** A kind of work that a worker waits for. The wing that writes the work down declares it. Waited for by account, or by what it says. */
export interface Topic {
  readonly name: string
}

export const topic = (name: string): Topic => ({ name })

/** Stands for an account id where one worker serves all accounts together; no account has this id. */
export const ALL_ACCOUNTS = '*'

/** Waits for one topic of one account. A wake between two waits is not lost. */
export interface Waiter {
  /** Completes at once if there was a wake since `reset`, otherwise at the next wake. */
  readonly await: Effect.Effect<void>
  /** To be called before looking for work: a wake during the look is kept for the next `await`. */
  readonly reset: Effect.Effect<void>
}

export class Wakes extends Context.Service<
  Wakes,
  {
    /**
     * Wakes every waiter of the topic for this account. To be called after the commit of what was written down: within a
     * transaction through `sql.afterCommit`.
     */
    readonly wake: (topic: Topic, accountId: string) => Effect.Effect<void>
    /** Wakes every waiter: the time has jumped, and what was to wait may be due. */
    readonly wakeEveryone: Effect.Effect<void>
    /** A waiter until the scope closes. It begins awake: work that was written down before is found at the first look. */
    readonly waiter: (topic: Topic, accountId: string) => Effect.Effect<Waiter, never, Scope.Scope>
    /** How many waiters of the topic there are for this account, asleep or awake. */
    readonly count: (topic: Topic, accountId: string) => Effect.Effect<number>
  }
>()('backscroll/services/process/Wakes') {
  static readonly layer: Layer.Layer<Wakes> = Layer.sync(Wakes, () => {
    const waiting = new Map<string, Set<Latch.Latch>>()

    const enter = (key: string) =>
      Effect.sync(() => {
        const latch = Latch.makeUnsafe(true)
        const latches = waiting.get(key) ?? new Set()
        waiting.set(key, latches.add(latch))
        return latch
      })

    const leave = (key: string, latch: Latch.Latch) =>
      Effect.sync(() => {
        const latches = waiting.get(key)
        latches?.delete(latch)
        if (latches?.size === 0) waiting.delete(key)
      })

    return Wakes.of({
      wake: (of, accountId) =>
        // The waiters of the moment it runs, not of the moment it was made.
        Effect.suspend(() =>
          Effect.forEach(waiting.get(keyOf(of, accountId)) ?? [], latch => latch.open, { discard: true })
        ),
      wakeEveryone: Effect.suspend(() =>
        Effect.forEach(
          [...waiting.values()].flatMap(latches => [...latches]),
          latch => latch.open,
          {
            discard: true
          }
        )
      ),
      count: (of, accountId) => Effect.sync(() => waiting.get(keyOf(of, accountId))?.size ?? 0),
      waiter: (of, accountId) => {
        const key = keyOf(of, accountId)
        return Effect.map(
          Effect.acquireRelease(enter(key), latch => leave(key, latch)),
          (latch): Waiter => ({ await: latch.await, reset: Effect.asVoid(latch.close) })
        )
      }
    })
  })
}

const keyOf = ({ name }: Topic, accountId: string): string => `${name} ${accountId}`
