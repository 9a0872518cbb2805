// Sees what every account does, without taking part: each change of state, and each event that a state had no use for.
import type { InspectionEvent } from 'xstate'
import type { AccountState } from '../domain/account.ts'

export interface Sighting {
  readonly accountId: string
  readonly state: AccountState
  /** WhatsApp's code of the connection that ended last. */
  readonly code: number | null
}

export interface Observer {
  readonly inspect: (event: InspectionEvent) => void
  /** The account's actor is gone. */
  readonly forget: (accountId: string) => void
}

/** `seen` answers what an account's snapshot shows, or `undefined` when it is of something else. */
export const makeObserver = (options: {
  readonly seen: (snapshot: unknown) => Omit<Sighting, 'accountId'> | undefined
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
      const seen = options.seen(inspection.snapshot)
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
