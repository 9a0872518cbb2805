// The account or thread that a request names, or the problem that there is none.
import { Effect } from 'effect'
import { Accounts } from '../services/accounts.ts'
import { ThreadStore } from '../services/conversations/thread-store.ts'
import { NotFound, orDatabaseUnavailable, databaseFailed } from './problems.ts'

const noAccount = (accountId: string): NotFound =>
  new NotFound({ detail: `There is no account ${accountId}` })

/** What the client is told when a call of `Accounts` fails. For `Effect.catchTags`. */
export const accountFailures = (accountId: string) => ({
  AccountNotFound: () => Effect.fail(noAccount(accountId)),
  ...databaseFailed
})

/** The account with its live state. */
export const findAccount = Effect.fnUntraced(function* (accountId: string) {
  const accounts = yield* Accounts
  return yield* accounts.state(accountId).pipe(Effect.catchTags(accountFailures(accountId)))
})

export const noThread = (threadId: string): NotFound =>
  new NotFound({ detail: `There is no thread ${threadId}` })

export const findThread = Effect.fnUntraced(function* (threadId: string) {
  const threads = yield* ThreadStore
  const thread = yield* orDatabaseUnavailable(threads.read(threadId))
  return thread ?? (yield* noThread(threadId))
})
