// Observes the account actors without taking part: each change of state, of what is on offer to link with, and each event that a state
// does not handle.
import type { InspectionEvent } from 'xstate'
import type { AccountState } from '../../domain/account.ts'
import type { Linking } from '../../services/events/linking.ts'
import { type ObservedState, observedState } from './observed-account.ts'

export interface ObservedAccount extends ObservedState {
  readonly accountId: string
}

/** Observes a system that calls it with each inspection event. `states` is where it keeps the last state of each account. */
export const makeObserver = (options: {
  readonly states: Map<string, AccountState>
  /** The same for what accounts have on offer to link with. */
  readonly linking: Linking['Service']
  readonly onStateChange: (from: AccountState | undefined, now: ObservedAccount) => void
  /** It is another than before, or is gone. */
  readonly onLinking: (accountId: string, changed: 'offer' | 'passkey') => void
  readonly onUnexpected: (accountId: string, event: string, state: AccountState) => void
}): ((inspection: InspectionEvent) => void) => {
  const { linking, states } = options
  return inspection => {
    if (inspection.type !== '@xstate.microstep') return
    const observed = observedState(inspection.snapshot)
    if (observed === undefined || !('id' in inspection.actorRef)) return
    const accountId = String(inspection.actorRef.id)
    const { type } = inspection.event
    if (inspection._transitions.length === 0 && !type.startsWith('xstate.'))
      options.onUnexpected(accountId, type, observed.state)
    const { offer, passkey } = observed
    const known = linking.of(accountId)
    if (offer !== known.offer || passkey !== known.passkey) {
      linking.set(accountId, { offer, passkey })
      if (offer !== known.offer) options.onLinking(accountId, 'offer')
      if (passkey !== known.passkey) options.onLinking(accountId, 'passkey')
    }
    const before = states.get(accountId)
    if (before === observed.state) return
    states.set(accountId, observed.state)
    options.onStateChange(before, { accountId, ...observed })
  }
}
