// An account as a response shows it: its live state with its totals.
import { Effect } from 'effect'
import { Accounts, type AccountView } from '../../../services/accounts.ts'

/** Fails with `DatabaseError`. */
export const accountResponse = Effect.fnUntraced(function* (view: AccountView) {
  const {
    clientVersion,
    history,
    lastDisconnect,
    lastHeardAt,
    lastSentAt,
    pairingFailure,
    phoneSilentUntil,
    proxy,
    reconnectAttempts,
    restriction,
    state,
    suspension,
    tags
  } = view
  const { accountId, createdAt, jid, lid, name } = view.record
  const accounts = yield* Accounts
  const { counts, coverage } = yield* accounts.totals(accountId)
  return {
    accountId,
    name,
    createdAt,
    state,
    tags,
    jid,
    lid,
    lastDisconnect,
    restriction,
    suspension,
    pairingFailure,
    reconnectAttempts,
    clientVersion,
    lastHeardAt,
    lastSentAt,
    proxy,
    sync: { ...history, phoneSilentUntil },
    coverage,
    counts
  }
})
