// Publishes and counts what the observer sees of the accounts: changes of state, and events that a state does not handle.
import { Clock, Effect, PubSub } from 'effect'
import type { InspectionEvent } from 'xstate'
import type { AccountState } from '../../domain/account.ts'
import type { AccountStateChange } from '../../services/accounts.ts'
import { count, noteStates } from '../../services/telemetry/metrics.ts'
import { makeObserver, type ObservedAccount } from './observer.ts'

/** State changes that a slow subscriber may be behind. */
const MOST_UNREAD = 1000

export interface StateChanges {
  readonly published: PubSub.PubSub<AccountStateChange>
  /** To be called with each inspection event of the actor system. */
  readonly inspect: (event: InspectionEvent) => void
}

/** `states` keeps the last state of each account; `run` runs an effect on its own. */
export const makeStateChanges = Effect.fnUntraced(function* (options: {
  readonly states: Map<string, AccountState>
  readonly run: (effect: Effect.Effect<void>) => void
}) {
  const { run, states } = options
  const published = yield* PubSub.sliding<AccountStateChange>(MOST_UNREAD)
  const updateGauge = makeGauge(states, run)
  const inspect = makeObserver({
    states,
    onStateChange: (from, account) => {
      updateGauge()
      run(publish(published, from, account))
    },
    onUnexpected: (accountId, event, state) => run(reportUnexpected(accountId, event, state))
  })
  return { published, inspect } satisfies StateChanges
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

const publish = Effect.fnUntraced(function* (
  published: PubSub.PubSub<AccountStateChange>,
  from: AccountState | undefined,
  { accountId, code, state, suspension }: ObservedAccount
) {
  const at = yield* Clock.currentTimeMillis
  yield* PubSub.publish(published, { accountId, state, from: from ?? null, at, suspension })
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
