// Tells and counts what the observer sees of the accounts: changes of state, what they have on offer, and events that a state does not handle.
import { Effect } from 'effect'
import type { InspectionEvent } from 'xstate'
import type { AccountState } from '../../domain/account.ts'
import type { EventWrite } from '../../services/events/event-log.ts'
import type { Linking } from '../../services/events/linking.ts'
import { count, noteStates } from '../../services/telemetry/metrics.ts'
import { makeObserver, type ObservedAccount } from './observer.ts'

/** Observes; what is returned is to be called with each inspection event of the actor system. `run` runs an effect on its own. */
export const watchStates = (options: {
  /** Keeps the last state of each account. */
  readonly states: Map<string, AccountState>
  readonly linking: Linking['Service']
  readonly now: () => number
  readonly run: (effect: Effect.Effect<void>) => void
  readonly tell: (accountId: string, event: EventWrite) => void
}): ((event: InspectionEvent) => void) => {
  const { linking, now, run, states, tell } = options
  const updateGauge = makeGauge(states, run)
  return makeObserver({
    states,
    linking,
    onStateChange: (from, account) => {
      updateGauge()
      tell(account.accountId, stateEvent(from, account, now()))
      run(note(from, account))
    },
    onLinking: (accountId, changed) =>
      tell(accountId, { kind: changed === 'offer' ? 'account.pairing' : 'account.passkey' }),
    onUnexpected: (accountId, event, state) => run(reportUnexpected(accountId, event, state))
  })
}

const stateEvent = (
  from: AccountState | undefined,
  { state, suspension }: ObservedAccount,
  at: number
): EventWrite => ({
  kind: 'account.state',
  facts: { state, from: from ?? null, suspension: suspension === null ? null : { ...suspension }, at }
})

/** Updates the gauge of accounts by state soon, and only once for many changes: in an outage all accounts change at once. */
const makeGauge = (
  states: ReadonlyMap<string, AccountState>,
  run: (effect: Effect.Effect<void>) => void
): (() => void) => {
  let isDue = false
  const update = Effect.suspend(() => {
    isDue = false
    return noteStates(states.values())
  })
  return () => {
    if (isDue) return
    isDue = true
    run(Effect.andThen(Effect.yieldNow, update))
  }
}

const note = Effect.fnUntraced(function* (
  from: AccountState | undefined,
  { accountId, code, state }: ObservedAccount
) {
  if (from !== undefined) yield* count.transition(from, state)
  if (state === 'reconnecting' && code !== null) yield* count.reconnect(code)
  yield* Effect.logDebug('An account changed its state').pipe(
    Effect.annotateLogs({ accountId, from: from ?? '', to: state })
  )
})

const reportUnexpected = (accountId: string, event: string, state: AccountState) =>
  Effect.andThen(
    count.unexpected(event, state),
    Effect.logWarning('An account received an event that its state does not handle').pipe(
      Effect.annotateLogs({ accountId, event, state })
    )
  )
