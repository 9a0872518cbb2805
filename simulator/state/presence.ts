// Who subscribed to whose presence, and when each account was last available.
import type { Account, Companion } from './account.ts'

const SUBSCRIPTIONS_LIMIT = 10_000

export class Presence {
  private readonly subscribers = new Map<Account, Set<Companion>>()
  private readonly lastSeen = new Map<Account, number>()

  subscribe(account: Account, companion: Companion): void {
    const devices = this.subscribers.get(account) ?? new Set()
    if (devices.size < SUBSCRIPTIONS_LIMIT) this.subscribers.set(account, devices.add(companion))
  }

  subscribersOf(account: Account): Iterable<Companion> {
    return this.subscribers.get(account) ?? []
  }

  /** The account is not available any more, since then (Unix seconds). */
  left(account: Account, at: number): void {
    this.lastSeen.set(account, at)
  }

  /** Unix seconds. */
  lastSeenOf(account: Account): number | undefined {
    return this.lastSeen.get(account)
  }
}
