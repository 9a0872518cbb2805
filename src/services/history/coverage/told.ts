// Who is told that threads have become more or less complete.
import { Context, Effect } from 'effect'
import type { DatabaseError } from '../../database/error.ts'
import type { EventLog } from '../../events/event-log.ts'

type Tell = (accountId: string, threadIds: ReadonlyArray<string>) => Effect.Effect<void, DatabaseError>

/** By default nobody: while threads are merged, `thread.merged` tells of it. */
export const CoverageTold = Context.Reference<Tell>('backscroll/services/history/CoverageTold', {
  defaultValue: () => () => Effect.void
})

/** An event for each of the threads, in the transaction of the change. */
export const byEvents =
  (log: EventLog['Service']): Tell =>
  (accountId, threadIds) =>
    log.append(
      accountId,
      threadIds.map(threadId => ({ kind: 'coverage.changed', threadId }))
    )

export interface ChangedRow {
  readonly accountId: string
  readonly threadId: string
}

/** Tells of the threads of rows that a statement has changed. */
export const tellOf = Effect.fnUntraced(function* (rows: ReadonlyArray<ChangedRow>) {
  const tell = yield* CoverageTold
  for (const [accountId, ofAccount] of Map.groupBy(rows, row => row.accountId))
    yield* tell(accountId, [...new Set(ofAccount.map(({ threadId }) => threadId))])
})
