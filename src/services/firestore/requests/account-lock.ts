// Runs the work of each account one at a time, in the order in which it is started. Accounts do not wait for each other,
// and nothing is held in memory for an account without work.
import { Effect, RcMap, Scope, Semaphore } from 'effect'

export type AccountLock = <A, E, R>(accountId: string, work: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

export const makeAccountLock: Effect.Effect<AccountLock, never, Scope.Scope> = Effect.gen(function* () {
  const semaphores = yield* RcMap.make({ lookup: (_accountId: string) => Semaphore.make(1) })
  return (accountId, work) =>
    Effect.scopedWith(scope =>
      RcMap.get(semaphores, accountId).pipe(
        Scope.provide(scope),
        Effect.flatMap(semaphore => semaphore.withPermit(work))
      )
    )
})
