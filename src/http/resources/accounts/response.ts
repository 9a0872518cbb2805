// An account as a response shows it: its live state with counts, coverage and progress.
import { Clock, Effect } from 'effect'
import type { AccountView } from '../../../services/accounts.ts'
import { Store } from '../../../services/conversations/store.ts'
import { Backfill } from '../../../services/history/backfill/backfill.ts'
import { Coverage } from '../../../services/history/coverage/coverage.ts'

/** Fails with `StoreError`. */
export const accountResponse = Effect.fnUntraced(function* (view: AccountView) {
  const { history, lastDisconnect, reconnectAttempts, record, state, tags } = view
  const { accountId, createdAt, jid, lid, name, restriction } = record
  const store = yield* Store
  const coverage = yield* Coverage
  const backfill = yield* Backfill
  const now = yield* Clock.currentTimeMillis
  return {
    accountId,
    name,
    createdAt,
    state,
    tags,
    jid,
    lid,
    lastDisconnect,
    restriction: restriction !== null && restriction.until > now ? restriction : null,
    reconnectAttempts,
    sync: { ...history, phoneSilentUntil: backfill.silentUntil(accountId) },
    coverage: yield* coverage.summary(accountId),
    counts: yield* store.counts(accountId)
  }
})
