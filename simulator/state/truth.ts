// The truth of one phone: what it holds, what its recipients got, what waits for its linked devices. Tests read it; nothing in the
// simulator depends on it.
import type { Account } from './account.ts'
import { isGroup } from './group.ts'
import { chatJidOf, type MailboxChat } from './history/chat.ts'
import type {
  ChatEvent,
  Delivered,
  HeldMessage,
  PeerRequest,
  ReadByDevice,
  Received,
  SeenReceipt
} from './ledger.ts'
import { formatJid, PHONE_SERVER } from '../wire/jid.ts'
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
  /** The chats with messages, as the owner set them. */
  readonly chats: HeldChat[]
  readonly labels: HeldLabel[]
}

export interface HeldChat {
  /** A group's id, or the partner's phone-number address. */
  readonly chatJid: string
  readonly chatLid?: string
  /** The addresses of numbers that the partner had before. */
  readonly formerJids: readonly string[]
  /** The name that the owner gave the contact while the simulator ran. */
  readonly name?: string
  readonly archived: boolean
  readonly pinned: boolean
  /** Milliseconds since 1970; null while it is not muted. */
  readonly mutedUntil: number | null
  readonly markedUnread: boolean
  /** Messages of others that the owner has not read. */
  readonly unread: number
  /** The ids of its labels. */
  readonly labels: readonly string[]
}

export interface HeldLabel {
  readonly id: string
  readonly name: string
  readonly color: number
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

/** The message with every number that its chat's partner has had, if there were several. */
export const withPartnersJids = (network: Network, held: HeldMessage): HeldMessage => {
  const partner = network.directory.find(held.chatLid)
  return partner === undefined || partner.formerNumbers.length === 0
    ? held
    : { ...held, partnersJids: [...formerJidsOf(partner), partner.jid] }
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
    events: [...events],
    ...settingsOn(network, account)
  }
}

const settingsOn = (network: Network, account: Account): Pick<Truth, 'chats' | 'labels'> => {
  const mailbox = network.mailboxes.get(account)
  if (!mailbox) return { chats: [], labels: [] }
  return {
    chats: mailbox.chats.filter(chat => mailbox.size(chat) > 0).map(heldChat),
    labels: [...mailbox.labels].map(([id, label]) => ({ id, ...label }))
  }
}

export const formerJidsOf = ({ formerNumbers }: Account): string[] =>
  formerNumbers.map(number => formatJid(number, PHONE_SERVER))

const heldChat = (chat: MailboxChat): HeldChat => {
  const { archived, labels, markedUnread, mutedUntil, partner, pinned, savedName, unread } = chat
  return {
    chatJid: chatJidOf(chat),
    ...(isGroup(partner) ? {} : { chatLid: partner.lid }),
    formerJids: isGroup(partner) ? [] : formerJidsOf(partner),
    ...(savedName === undefined ? {} : { name: savedName }),
    archived,
    pinned,
    mutedUntil,
    markedUnread,
    unread,
    labels: [...labels]
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
