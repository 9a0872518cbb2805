// Sees what every account does, without taking part: each change of state, and each event that a state had no use for.
import type { InspectionEvent } from 'xstate'
import type { AccountState } from '../../domain/account.ts'
import { type Seen, seenOf } from './seen.ts'

export interface Sighting extends Seen {
  readonly accountId: string
}

export interface Observer {
  readonly inspect: (event: InspectionEvent) => void
  /** The account's actor is gone. */
  readonly forget: (accountId: string) => void
}

export const makeObserver = (options: {
  readonly onMove: (
    from: AccountState | undefined,
    now: Sighting,
    all: ReadonlyMap<string, AccountState>
  ) => void
  readonly onUnexpected: (accountId: string, event: string, state: AccountState) => void
}): Observer => {
  const states = new Map<string, AccountState>()
  return {
    inspect: inspection => {
      if (inspection.type !== '@xstate.microstep') return
      const seen = seenOf(inspection.snapshot)
      if (seen === undefined || !('id' in inspection.actorRef)) return
      const accountId = String(inspection.actorRef.id)
      const { type } = inspection.event
      if (inspection._transitions.length === 0 && !type.startsWith('xstate.'))
        options.onUnexpected(accountId, type, seen.state)
      const before = states.get(accountId)
      if (before === seen.state) return
      states.set(accountId, seen.state)
      options.onMove(before, { accountId, ...seen }, states)
    },
    forget: accountId => void states.delete(accountId)
  }
}
