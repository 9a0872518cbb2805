// Takes over a linked session of another server: stores it, starts the account with it, and waits for what WhatsApp says to that.
import { Effect } from 'effect'
import { type SnapshotFrom, waitFor } from 'xstate'
import type { AccountRecord } from '../domain/account.ts'
import { isLinked } from '../domain/account.ts'
import type { accountMachine } from '../machines/account.ts'
import type { ImportOutcome } from '../services/accounts.ts'
import type { AccountStore } from '../services/conversations/account-store.ts'
import type { LinkedSession } from '../services/whatsapp/transfer/session.ts'
import type { SessionTransfer, TakingOver } from '../services/whatsapp/transfer/transfer.ts'
import type { WhatsApp } from '../services/whatsapp/whatsapp.ts'
import { accountStart, isBeingRemoved, type Supervisor } from './supervisor.ts'

interface Deps {
  readonly records: AccountStore['Service']
  readonly supervisor: Supervisor
  /** How long another connection may take to take the session back, milliseconds. */
  readonly takenBackWithinMs: number
  readonly transfer: SessionTransfer['Service']
  readonly whatsapp: WhatsApp['Service']
}

type Snapshot = SnapshotFrom<typeof accountMachine>

const LONGEST_OPENING_MS = 20_000

/** Answers the account's id; its actor is started. */
export const startWithSession = Effect.fnUntraced(function* (
  deps: Deps,
  session: LinkedSession,
  options: TakingOver
) {
  const stopped = yield* stopUnlinked(deps, session.jid)
  const accountId = yield* deps.transfer.takeOver(session, options).pipe(
    // Nothing was stored: it goes on as it was.
    Effect.tapError(() => Effect.sync(() => stopped && deps.supervisor.send(accountStart(stopped))))
  )
  const record = yield* deps.records.read(accountId)
  if (record !== undefined) deps.supervisor.send(accountStart(record))
  return accountId
})

const untilRemoved = (supervisor: Supervisor, accountId: string) =>
  Effect.ignore(
    Effect.tryPromise(() => waitFor(supervisor, ({ context }) => context.removing[accountId] === undefined))
  )

/** Ends the actor of the account that has lost its link, and with it the connection of a pairing that may be under way. */
const stopUnlinked = Effect.fnUntraced(function* ({ records, supervisor, whatsapp }: Deps, jid: string) {
  const known = (yield* records.list).find(record => record.jid === jid)
  if (known === undefined || isLinked(known)) return undefined
  // An account that is being removed would take the session with it.
  if (isBeingRemoved(supervisor, known.accountId)) {
    yield* untilRemoved(supervisor, known.accountId)
    return undefined
  }
  supervisor.send({ type: 'account.stop', accountId: known.accountId })
  yield* whatsapp.closed(known.accountId)
  return known satisfies AccountRecord
})

/** What became of the connection: known at once when it is refused, else once nobody has taken it back for a moment. */
export const outcomeOf = Effect.fnUntraced(function* (
  { supervisor, takenBackWithinMs }: Pick<Deps, 'supervisor' | 'takenBackWithinMs'>,
  accountId: string
): Effect.fn.Return<ImportOutcome> {
  const actor = supervisor.getSnapshot().children[accountId]
  if (actor === undefined) return 'pending'
  const until = (isReached: (snapshot: Snapshot) => boolean, timeout: number) =>
    Effect.ignore(Effect.tryPromise(() => waitFor(actor, isReached, { timeout })))
  yield* until(snapshot => snapshot.hasTag('online') || snapshot.hasTag('ended'), LONGEST_OPENING_MS)
  yield* until(snapshot => snapshot.hasTag('ended'), takenBackWithinMs)
  const snapshot = actor.getSnapshot()
  if (snapshot.matches('replaced')) return 'connectedElsewhere'
  if (snapshot.matches('loggedOut')) return 'unlinked'
  return snapshot.hasTag('online') ? 'connected' : 'pending'
})
