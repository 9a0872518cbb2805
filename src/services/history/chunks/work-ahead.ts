// Work on the next chunks of accounts, one of each, that goes on while the chunk before is still dealt with.
import { Effect, Fiber } from 'effect'

export interface WorkOnChunk {
  readonly chunkId: number
  /** Does the work. */
  readonly fiber: Fiber.Fiber<unknown, unknown>
}

export const makeWorkAhead = <Work extends WorkOnChunk>() => {
  const byAccount = new Map<string, Work>()
  const workOn = (accountId: string, chunkId: number): Work | undefined => {
    const work = byAccount.get(accountId)
    return work?.chunkId === chunkId ? work : undefined
  }
  return {
    /** What an account leaves behind that is removed. */
    ending: {
      has: (accountId: string): boolean => byAccount.has(accountId),
      /** Ends the work; completes when it has ended. */
      drop: (accountId: string): Effect.Effect<void> =>
        Effect.suspend(() => {
          const dropped = byAccount.get(accountId)
          byAccount.delete(accountId)
          return dropped === undefined ? Effect.void : Effect.asVoid(Fiber.interrupt(dropped.fiber))
        }),
      /** The same without waiting for its end. */
      delete: (accountId: string): void => {
        byAccount.get(accountId)?.fiber.interruptUnsafe()
        byAccount.delete(accountId)
      }
    },
    begun: (accountId: string, work: Work): void => void byAccount.set(accountId, work),
    /** The work on this chunk, if that was begun. */
    workOn,
    /** The same; whoever takes it ends it. */
    take: (accountId: string, chunkId: number): Work | undefined => {
      const work = workOn(accountId, chunkId)
      if (work !== undefined) byAccount.delete(accountId)
      return work
    }
  }
}
