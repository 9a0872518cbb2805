// The truth of one phone: what it holds, what its recipients got, what waits for its linked devices. Tests read it; nothing in the
// simulator depends on it.
import type { Account } from './account.ts'
import type {
  ChatEvent,
  Delivered,
  HeldMessage,
  PeerRequest,
  ReadByDevice,
  Received,
  SeenReceipt
} from './ledger.ts'
import type { Network } from './network.ts'
import type { StanzaKind } from './stanza-queue.ts'

export interface Truth {
  readonly messages: HeldMessage[]
  readonly received: Received[]
  readonly receipts: SeenReceipt[]
  /** Message stanzas for this phone's own linked devices, peer messages included. */
  readonly delivered: Delivered[]
  readonly offlineQueue: WaitingStanza[]
  /** What the owner read on linked devices. */
  readonly readByDevices: ReadByDevice[]
  /** What linked devices asked the phone in peer messages. */
  readonly peerRequests: PeerRequest[]
  /** What happened in chats besides messages. */
  readonly events: ChatEvent[]
}

/** A stanza that a linked device has not confirmed. */
export interface WaitingStanza {
  readonly device: string
  readonly kind: StanzaKind
  readonly id: string
  readonly from: string
  readonly participant?: string
  readonly type?: string
  /** Milliseconds since 1970. */
  readonly queuedAt: number
  /** How often it was written to a connection. */
  readonly deliveries: number
}

/** Every message the phone holds, one at a time: a phone may hold a million of them. */
export function* heldMessages(network: Network, account: Account): Generator<HeldMessage> {
  const mailbox = network.mailboxes.get(account)
  if (mailbox) yield* mailbox.held()
  yield* network.ledger.of(account).held.values()
}

export const truthBesideMessages = (network: Network, account: Account): Omit<Truth, 'messages'> => {
  const { received, receipts, delivered, readByDevices, peerRequests, events } = network.ledger.of(account)
  return {
    received: [...received.values()],
    receipts: [...receipts],
    delivered: [...delivered.values()],
    offlineQueue: offlineQueueOf(account),
    readByDevices: [...readByDevices],
    peerRequests: [...peerRequests],
    events: [...events]
  }
}

export const offlineQueueOf = (account: Account): WaitingStanza[] =>
  [...account.companions.values()].flatMap(device =>
    device.queue.waiting().map(({ kind, node, queuedAt, deliveries }) => ({
      device: device.jid,
      kind,
      id: node.attrs.id ?? '',
      from: node.attrs.from ?? '',
      ...(node.attrs.participant === undefined ? {} : { participant: node.attrs.participant }),
      ...(node.attrs.type === undefined ? {} : { type: node.attrs.type }),
      queuedAt,
      deliveries
    }))
  )
