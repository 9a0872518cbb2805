// An account by the id in a request, or the answer that there is none.
import { Effect } from 'effect'
import type { Accounts } from '../services/accounts.ts'
import { NotFound, StoreUnavailable } from './problems.ts'

export const noAccount = (accountId: string): NotFound =>
  new NotFound({ detail: `There is no account ${accountId}` })

export const findAccount = (accounts: Accounts['Service'], accountId: string) =>
  accounts.state(accountId).pipe(
    Effect.catchTags({
      AccountNotFound: () => Effect.fail(noAccount(accountId)),
      DatabaseError: () => Effect.fail(new StoreUnavailable({}))
    })
  )
