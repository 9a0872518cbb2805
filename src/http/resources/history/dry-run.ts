// The report of a dry run.
import { Effect } from 'effect'
import { decodePlace } from '../../../domain/page.ts'
import { DryRun } from '../../../services/history/dry-run/dry-run.ts'
import { findAccount } from '../../lookup.ts'
import { decodeCursorField, pageOf } from '../../paging.ts'
import { orDatabaseUnavailable } from '../../problems.ts'
import type { PageQuery } from './contract.ts'

const PAGE = 50

/** `enabled`: whether the server currently runs as a dry run. */
export const dryRunReport = Effect.fnUntraced(function* (
  enabled: boolean,
  accountId: string,
  query: PageQuery
) {
  const dryRun = yield* DryRun
  yield* findAccount(accountId)
  const before = yield* decodeCursorField('cursor', query.cursor, decodePlace)
  const limit = query.limit ?? PAGE
  const found = yield* orDatabaseUnavailable(dryRun.report(accountId, { limit: limit + 1, before }))
  const totals = yield* orDatabaseUnavailable(dryRun.totals(accountId))
  const page = pageOf(found, limit, last => ({ time: last.newest ?? 0, id: last.threadId }))
  return { enabled, totals, threads: page.items, nextCursor: page.nextCursor }
})
