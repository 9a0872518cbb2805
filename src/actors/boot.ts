// Starts the stored accounts when the server starts, one after the other.
import { Effect, type Scope } from 'effect'
import type { AccountRecord } from '../domain/account.ts'
import type { Store } from '../services/conversations/store.ts'
import { accountStart, type Supervisor } from './supervisor.ts'

/**
 * Completes once the accounts are read; they are started in the background. After an account that connects it waits
 * `paceMs`, so that the accounts do not connect all at once.
 */
export const startStoredAccounts = Effect.fnUntraced(function* (
  store: Store['Service'],
  supervisor: Supervisor,
  paceMs: number
): Effect.fn.Return<void, never, Scope.Scope> {
  const records = yield* Effect.orDie(store.listAccounts)
  yield* Effect.forkScoped(
    Effect.forEach(records, record => startAccount(supervisor, record, paceMs), { discard: true })
  )
})

const startAccount = (supervisor: Supervisor, record: AccountRecord, paceMs: number) =>
  Effect.andThen(
    Effect.sync(() => supervisor.send(accountStart(record))),
    record.wanted ? Effect.sleep(paceMs) : Effect.void
  )
