// Starts the stored accounts when the server starts, one after the other.
import { Effect, type Scope } from 'effect'
import type { AccountRecord } from '../domain/account.ts'
import { AccountStore } from '../services/conversations/account-store.ts'
import { loadAccount, type Supervisor } from './supervisor.ts'

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
    Effect.forEach(accounts, record => startAccount(records, supervisor, record, paceMs), { discard: true })
  )
})

/** Some time has passed since the account was read: it may be another one by now, or gone. */
const startAccount = Effect.fnUntraced(function* (
  records: AccountStore['Service'],
  supervisor: Supervisor,
  { accountId, wanted }: AccountRecord,
  paceMs: number
) {
  yield* loadAccount(accountId, event => supervisor.send(event)).pipe(
    Effect.provideService(AccountStore, records)
  )
  if (wanted) yield* Effect.sleep(paceMs)
})
