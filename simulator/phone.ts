// The owner's side of one simulated phone, as tests use it. Each method is one action; what it does is in protocol/. Here: its
// history, its connections, its faults and the truth; linking, writing, settings and groups are in phone/, each a part of it.
import { announceExpiration } from './protocol/client-version.ts'
import { addFault, disconnect } from './protocol/disconnections.ts'
import { prepareHistory } from './protocol/history/prepared.ts'
import { expireFile } from './protocol/media/expire.ts'
import { capMessages, restrict } from './protocol/new-chat-limits.ts'
import type { ActiveFault, Fault, FaultScope, StreamError } from './state/faults.ts'
import type { HistorySharing } from './state/history/sharing.ts'
import type { PreparedChunk } from './state/history/plan.ts'
import type { HeldMessage } from './state/ledger.ts'
import type { MessageCap, ReachoutTimelock } from './state/new-chat-limits.ts'
import {
  heldMessages,
  offlineQueueOf,
  type Truth,
  truthBesideMessages,
  type WaitingStanza,
  withPartnersJids
} from './state/truth.ts'
import { GroupsPhone } from './phone/groups.ts'

export type { SharedHistoryOptions, SharedMessage } from './phone/groups.ts'

export class Phone extends GroupsPhone {
  /** Makes the whole history now and writes its chunks to a folder, so that sending it later takes no time. */
  prepareHistory(folder: string): readonly PreparedChunk[] {
    return prepareHistory(this.network, this.account, this.mailbox, folder)
  }

  /** WhatsApp locks this account out of writing to people who never wrote to it; null lifts the lock. */
  restrict(timelock: ReachoutTimelock | null): void {
    restrict(this.network, this.account, timelock)
  }

  /** WhatsApp caps how many new chats this account may begin; null lifts the cap. */
  capMessages(cap: MessageCap | null): void {
    capMessages(this.network, this.account, cap)
  }

  /** The media host no longer has the file of this message until the phone is asked for it; `lost`: nor has the phone. */
  expireMedia(id: string, options: { lost?: boolean | undefined } = {}): void {
    expireFile(this.network, this.mailbox, id, options)
  }

  /** How this phone shares its history from now on; what is not given stays. */
  shareHistory(sharing: Partial<HistorySharing>): void {
    this.account.historySharing = { ...this.account.historySharing, ...sharing }
  }

  goOffline(): void {
    this.account.online = false
  }

  goOnline(): void {
    this.account.online = true
    this.network.wentOnline(this.account)
  }

  /** Ends the devices' connections: with a stream error when a code or a condition is given, by a TCP drop otherwise. */
  disconnect({ device, ...error }: StreamError & { device?: number | undefined } = {}): void {
    const devices = device === undefined ? this.devices : [this.companion(device)]
    for (const { connection } of devices) if (connection) disconnect(connection, error)
  }

  /** WhatsApp tells the linked devices until when their version is good (seconds since 1970), or that it no longer ends. */
  announceExpiration(at?: number): void {
    announceExpiration(this.network, this.account, at)
  }

  fault(fault: Fault, scope: Omit<FaultScope, 'account'> = {}): ActiveFault {
    return addFault(this.network, fault, { ...scope, account: this.account })
  }

  truth(): Truth {
    const messages = [...this.heldMessages()].map(held => withPartnersJids(this.network, held))
    return { messages, ...this.truthBesideMessages() }
  }

  /** Every message the phone holds, one at a time. */
  heldMessages(): Generator<HeldMessage> {
    return heldMessages(this.network, this.account)
  }

  truthBesideMessages(): Omit<Truth, 'messages'> {
    return truthBesideMessages(this.network, this.account)
  }

  offlineQueue(): WaitingStanza[] {
    return offlineQueueOf(this.account)
  }

  /** Nothing is delivered to its linked devices until the returned function is called; everything then comes at once. */
  pauseDelivery(): () => void {
    const queues = this.devices.map(({ queue }) => queue)
    for (const queue of queues) queue.pause()
    return () => queues.forEach(queue => queue.resume())
  }

  /** While delivery is paused: the next of what waits is delivered to each linked device. */
  deliverNext(): void {
    for (const { queue } of this.devices) {
      queue.resume()
      queue.pause()
    }
  }

  /** Deletes what waits for linked devices that are away, as WhatsApp does after weeks; returns how much it was. */
  expireOfflineQueue(): number {
    return this.devices
      .filter(({ queue }) => !queue.connected)
      .reduce((sum, { queue }) => sum + queue.expire(), 0)
  }
}
