// How complete a thread or an account is.
import { Effect } from 'effect'
import { Accounts } from '../../../services/accounts.ts'
import { Coverage } from '../../../services/history/coverage/coverage.ts'
import { findAccount, noThread } from '../../lookup.ts'
import { orDatabaseUnavailable } from '../../problems.ts'

export const threadCoverage = Effect.fnUntraced(function* (threadId: string) {
  const coverage = yield* Coverage
  const found = yield* orDatabaseUnavailable(coverage.read(threadId))
  return found ?? (yield* noThread(threadId))
})

export const accountCoverage = Effect.fnUntraced(function* (accountId: string) {
  const accounts = yield* Accounts
  yield* findAccount(accountId)
  const { counts, coverage } = yield* orDatabaseUnavailable(accounts.totals(accountId))
  return { threads: coverage, messages: counts.messages }
})
