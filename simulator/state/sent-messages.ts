// What simulated devices sent lately, so that a linked device that could not decrypt can have it again; and which devices
// hold whose sender key in which group.
import type { proto } from '@whiskeysockets/baileys'
import type { Account } from './account.ts'
import type { Companion } from './companion.ts'
import type { Group } from './group.ts'
import type { Outgoing } from '../protocol/messages/primary-sender.ts'

const REMEMBERED = 50_000

class Bounded<V> {
  private readonly entries = new Map<string, V>()

  set(key: string, value: V): void {
    this.entries.delete(key)
    this.entries.set(key, value)
    if (this.entries.size > REMEMBERED) {
      const [oldest] = this.entries.keys()
      if (oldest !== undefined) this.entries.delete(oldest)
    }
  }

  get(key: string): V | undefined {
    return this.entries.get(key)
  }
}

export class Remembered {
  private readonly messages = new Bounded<Outgoing>()
  private readonly peerMessages = new Bounded<proto.Message.IProtocolMessage>()

  set(sender: Account, id: string, outgoing: Outgoing): void {
    this.messages.set(`${sender.phoneNumber}|${id}`, outgoing)
  }

  get(sender: Account, id: string): Outgoing | undefined {
    return this.messages.get(`${sender.phoneNumber}|${id}`)
  }

  setPeer(companion: Companion, id: string, message: proto.Message.IProtocolMessage): void {
    this.peerMessages.set(`${companion.lid}|${id}`, message)
  }

  getPeer(companion: Companion, id: string): proto.Message.IProtocolMessage | undefined {
    return this.peerMessages.get(`${companion.lid}|${id}`)
  }
}

export class SenderKeys {
  private readonly holders = new Set<string>()

  holds(group: Group, sender: Account, companion: Companion): boolean {
    return this.holders.has(keyOf(group, sender, companion))
  }

  given(group: Group, sender: Account, companion: Companion): void {
    this.holders.add(keyOf(group, sender, companion))
  }

  /** Nobody holds this sender's keys any more. */
  forgetSender(sender: Account): void {
    for (const key of this.holders) if (key.includes(`|${sender.phoneNumber}|`)) this.holders.delete(key)
  }

  forget(group: Group, sender: Account, companion: Companion): void {
    this.holders.delete(keyOf(group, sender, companion))
  }
}

const keyOf = (group: Group, sender: Account, companion: Companion): string =>
  `${group.id}|${sender.phoneNumber}|${companion.lid}`
