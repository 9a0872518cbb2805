// What is known of an account at the moment: its stored facts, the state of its actor, the progress of its history.
import { Clock, Effect } from 'effect'
import {
  type AccountRecord,
  type AccountState,
  isLinked,
  restrictionAt,
  suspensionAt
} from '../domain/account.ts'
import type { AccountView } from '../services/accounts.ts'
import type { AccountStore } from '../services/conversations/account-store.ts'
import type { DatabaseError } from '../services/database/error.ts'
import type { Backfill } from '../services/history/backfill/backfill.ts'
import type { History } from '../services/history/chunks/worker.ts'
import type { AccountProxies } from '../services/whatsapp/proxy/account-proxies.ts'
import type { ClientVersion } from '../services/whatsapp/version/client-version.ts'
import type { WhatsApp } from '../services/whatsapp/whatsapp.ts'
import type { Supervisor } from './supervisor.ts'
import { isAccountState, stateNameOf } from './watch/observed-account.ts'

/** Where a view is read from. */
export interface ViewSources {
  readonly backfill: Backfill['Service']
  readonly clientVersion: ClientVersion['Service']
  readonly history: History['Service']
  readonly proxies: AccountProxies['Service']
  readonly records: AccountStore['Service']
  readonly supervisor: Supervisor
  readonly whatsapp: WhatsApp['Service']
}

export const viewOf = Effect.fnUntraced(function* (
  { backfill, clientVersion, history, proxies, supervisor, whatsapp }: ViewSources,
  record: AccountRecord
): Effect.fn.Return<AccountView, DatabaseError> {
  const now = yield* Clock.currentTimeMillis
  const live = liveView(supervisor, record)
  return {
    record,
    ...live,
    isLinked: isLinked(record) && live.state !== 'loggedOut',
    restriction: restrictionAt(record, now),
    suspension: suspensionAt(live.suspension, now),
    phoneSilentUntil: backfill.silentUntil(record.accountId),
    clientVersion: yield* clientVersion.usedBy(record.accountId),
    ...(yield* whatsapp.lastContact(record.accountId)),
    proxy: yield* proxies.shown(record.accountId),
    history: yield* history.progress(record.accountId)
  }
})

type LiveView = Pick<
  AccountView,
  | 'state'
  | 'tags'
  | 'lastDisconnect'
  | 'offer'
  | 'passkey'
  | 'pairingFailure'
  | 'reconnectAttempts'
  | 'suspension'
>

const liveView = (supervisor: Supervisor, record: AccountRecord): LiveView => {
  const snapshot = supervisor.getSnapshot().children[record.accountId]?.getSnapshot()
  if (snapshot === undefined) return notStarted(record)
  const name = stateNameOf(snapshot.value)
  return {
    // Transient states are passed through at once, and not observed from outside.
    state: isAccountState(name) ? name : 'connecting',
    tags: [...snapshot.tags],
    lastDisconnect: snapshot.context.lastDisconnect,
    suspension: snapshot.context.suspension,
    offer: snapshot.context.offer,
    passkey: snapshot.context.passkey,
    pairingFailure: snapshot.context.pairingFailure,
    reconnectAttempts: snapshot.context.attempts
  }
}

const notStarted = (record: AccountRecord): LiveView => ({
  state: stateBeforeStart(record),
  tags: [],
  lastDisconnect: record.lastDisconnect,
  suspension: record.suspension,
  offer: null,
  passkey: null,
  pairingFailure: null,
  reconnectAttempts: 0
})

/** The state of an account that has not been started yet since the server started. */
const stateBeforeStart = ({ ended, jid, suspension, wanted }: AccountRecord): AccountState => {
  if (ended !== null) return ended
  if (!wanted || jid === null) return 'stopped'
  return suspension === null ? 'connecting' : 'suspended'
}
