// Which entries are being sent now. That is written down only with what a message is encrypted with, right before it leaves; nobody may
// take it back from the moment on in which it is chosen.
import { Context, Effect, Semaphore, type Scope } from 'effect'
import type { AccountMemory } from '../process/account-memory.ts'
import type { OutboxRow } from './entry-row.ts'

export class Attempts extends Context.Service<
  Attempts,
  {
    /** Begins attempts for the entries of the account that are chosen; they end with the scope. */
    readonly begin: <E, R>(
      accountId: string,
      choose: Effect.Effect<ReadonlyArray<OutboxRow>, E, R>
    ) => Effect.Effect<ReadonlyArray<OutboxRow>, E, R | Scope.Scope>
    /** Runs what takes entries of the account back: none is chosen meanwhile. */
    readonly withoutChoosing: <A, E, R>(
      accountId: string,
      work: Effect.Effect<A, E, R>
    ) => Effect.Effect<A, E, R>
    readonly isRunning: (row: OutboxRow) => boolean
  }
>()('backscroll/services/outbox/Attempts') {}

export const makeAttempts = (memory: AccountMemory['Service']): Attempts['Service'] => {
  const running = new Set<string>()
  const locks = memory.perAccount('outbox.attempts', () => Semaphore.makeUnsafe(1))
  return {
    begin: (accountId, choose) =>
      Effect.acquireRelease(
        locks
          .get(accountId)
          .withPermit(
            Effect.tap(choose, rows =>
              Effect.sync(() => rows.forEach(({ whatsAppId }) => running.add(whatsAppId)))
            )
          ),
        rows => Effect.sync(() => rows.forEach(({ whatsAppId }) => running.delete(whatsAppId)))
      ),
    withoutChoosing: (accountId, work) => locks.get(accountId).withPermit(work),
    isRunning: row => running.has(row.whatsAppId)
  }
}
