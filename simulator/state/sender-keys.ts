// Which linked devices hold whose sender key in which group.
import type { Account, Companion } from './account.ts'
import type { Group } from './group.ts'

export class SenderKeys {
  private readonly holders = new Set<string>()

  isHeld(group: Group, sender: Account, companion: Companion): boolean {
    return this.holders.has(keyOf(group, sender, companion))
  }

  add(group: Group, sender: Account, companion: Companion): void {
    this.holders.add(keyOf(group, sender, companion))
  }

  delete(group: Group, sender: Account, companion: Companion): void {
    this.holders.delete(keyOf(group, sender, companion))
  }

  /** No device holds a sender key of this account any more. */
  deleteSender(sender: Account): void {
    for (const key of this.holders) if (key.includes(`|${sender.lidUser}|`)) this.holders.delete(key)
  }
}

const keyOf = (group: Group, sender: Account, companion: Companion): string =>
  `${group.id}|${sender.lidUser}|${companion.lid}`
