// How complete a thread or an account is.
import { Effect } from 'effect'
import { Accounts } from '../../../services/accounts.ts'
import { Coverage } from '../../../services/history/coverage/coverage.ts'
import { findAccount, noThread } from '../../lookup.ts'
import { orDatabaseUnavailable } from '../../problems.ts'
import type { CoverageListQuery } from './contract.ts'

const PAGE = 50

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

export const threadsCoverage = Effect.fnUntraced(function* (
  accountId: string,
  { cursor: after, limit = PAGE, state }: CoverageListQuery
) {
  const coverage = yield* Coverage
  yield* findAccount(accountId)
  const found = yield* orDatabaseUnavailable(coverage.list(accountId, { state, after, limit: limit + 1 }))
  const threads = found.slice(0, limit)
  return { threads, nextCursor: found.length > limit ? (threads.at(-1)?.threadId ?? null) : null }
})
