// What has arrived and is not written yet: many arrivals of the same moment are one transaction. Nothing that tells of them leaves the
// server before (see socket/frame-hold.ts).
import type { AccountMemory } from '../process/account-memory.ts'

export interface Arrival {
  readonly accountId: string
  readonly kind: string
  /** Tells a repeat from news; `null` for what may simply be written again. */
  readonly fingerprint: string | null
  readonly content: Uint8Array
}

export interface DeferredArrival extends Arrival {
  /** Milliseconds since 1970. */
  readonly receivedAt: number
  /** Called once, when it is committed or never will be. */
  readonly onEnded: () => void
}

export interface DeferredArrivals {
  readonly add: (arrival: DeferredArrival) => void
  readonly has: (accountId: string) => boolean
  /** Of an account, in the order in which they came. */
  readonly of: (accountId: string) => ReadonlyArray<DeferredArrival>
  readonly find: (accountId: string, fingerprint: string) => DeferredArrival | undefined
  readonly committed: (accountId: string, written: ReadonlyArray<DeferredArrival>) => void
}

export const makeDeferredArrivals = (memory: AccountMemory['Service']): DeferredArrivals => {
  const accounts = new Map<string, Set<DeferredArrival>>()

  const end = (accountId: string, ended: Iterable<DeferredArrival>): void => {
    const left = accounts.get(accountId)
    // Two transactions can have written the same.
    for (const arrival of ended) if (left?.delete(arrival) === true) arrival.onEnded()
    if (left?.size === 0) accounts.delete(accountId)
  }
  memory.register('journal.deferred', {
    has: accountId => accounts.has(accountId),
    delete: accountId => end(accountId, [...(accounts.get(accountId) ?? [])])
  })

  return {
    add: arrival => {
      const arrivals = accounts.get(arrival.accountId) ?? new Set()
      accounts.set(arrival.accountId, arrivals.add(arrival))
    },
    has: accountId => accounts.has(accountId),
    of: accountId => [...(accounts.get(accountId) ?? [])],
    find: (accountId, fingerprint) =>
      [...(accounts.get(accountId) ?? [])].find(arrival => arrival.fingerprint === fingerprint),
    committed: end
  }
}
