// Starts the stored accounts when the server starts, one after the other.
import { Effect, type Scope } from 'effect'
import type { AccountRecord } from '../domain/account.ts'
import type { AccountStore } from '../services/conversations/account-store.ts'
import { accountStart, type Supervisor } from './supervisor.ts'

/**
 * Completes once the accounts are read; they are started in the background. After an account that connects it waits
 * `paceMs`, so that the accounts do not connect all at once.
 */
export const startStoredAccounts = Effect.fnUntraced(function* (
  records: AccountStore['Service'],
  supervisor: Supervisor,
  paceMs: number
): Effect.fn.Return<void, never, Scope.Scope> {
  const accounts = yield* Effect.orDie(records.list)
  yield* Effect.forkScoped(
    Effect.forEach(accounts, record => startAccount(supervisor, record, paceMs), { discard: true })
  )
})

const startAccount = (supervisor: Supervisor, record: AccountRecord, paceMs: number) =>
  Effect.andThen(
    Effect.sync(() => supervisor.send(accountStart(record))),
    record.wanted ? Effect.sleep(paceMs) : Effect.void
  )
