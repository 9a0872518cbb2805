// How complete a thread or an account is.
import { Effect } from 'effect'
import { Store } from '../../../services/conversations/store.ts'
import { Coverage } from '../../../services/history/coverage/coverage.ts'
import { findAccount, noThread } from '../../lookup.ts'
import { orStoreUnavailable } from '../../problems.ts'

export const threadCoverage = Effect.fnUntraced(function* (threadId: string) {
  const coverage = yield* Coverage
  const found = yield* orStoreUnavailable(coverage.read(threadId))
  return found ?? (yield* noThread(threadId))
})

export const accountCoverage = Effect.fnUntraced(function* (accountId: string) {
  const coverage = yield* Coverage
  const store = yield* Store
  yield* findAccount(accountId)
  const threads = yield* orStoreUnavailable(coverage.summary(accountId))
  const { messages } = yield* orStoreUnavailable(store.counts(accountId))
  return { threads, messages }
})
