// The truth: what every phone holds, what every recipient got and how often, which receipts passed through the server.
// Written by the parts of the server as things happen, read by tests; nothing in the server depends on it.
import type { Account, Companion } from './account.ts'
import type { ReceivedMedia } from './media/download.ts'
import type { ReceivedContext } from './messages/context.ts'
import type { MessageDetails } from './messages/details.ts'
import type { QueuedStanza } from './stanza-queue.ts'
import type { Signals } from './signals.ts'

export interface HeldMessage {
  /** A group's id, or the partner's phone-number address. */
  chatJid: string
  chatLid?: string
  /** The addresses of all numbers that the partner has had, if there were several; only in the truth as it is read. */
  partnersJids?: string[]
  id: string
  fromMe: boolean
  /** In groups, who wrote it when it was not the owner, by phone number and by LID. */
  participant?: string
  participantLid?: string
  timestamp: number
  kind: string
  text?: string
  pushName?: string
  edited?: true
  /** The id of the last edit, and when it was made (milliseconds since 1970). */
  editId?: string
  editedAt?: number
  revoked?: true
  /** Unix seconds. */
  revokedAt?: number
  quotedId?: string
  /** What each person reacted with last; `at` in milliseconds since 1970. */
  reactions?: { from: string; text: string; at?: number }[]
  /** What each voter of a poll chose last, by phone-number address, or `me`. Who took a vote back is not listed. */
  votes?: { voter: string; options: string[]; at?: number }[]
  /** Who took a reaction or a vote back, and when. */
  withdrawn?: { what: 'reaction' | 'vote'; by: string; at: number }[]
  /** What the owner did to it, for the own devices only. */
  starred?: boolean
  deletedForMe?: boolean
  /** The ids of its labels. */
  labels?: string[]
  /** What each person answered last to an event. */
  responses?: { from: string; response: string }[]
  /** Where the quoted message is when it is not in this chat: a group, or `status@broadcast`. */
  quotedIn?: string
  /** The album that it is a part of. */
  albumId?: string
  /** The sender's broadcast list that it was sent to. */
  list?: string
  /** Of the files, the last in better quality, which is shown. */
  shownFile?: string
  /** The ids of messages that brought further files of this one: in better quality, the film of a motion photo. */
  files?: string[]
  /** How it came: from the generated history, or while the simulator ran. */
  origin: 'history' | 'live'
}

export interface Received extends ReceivedMedia, ReceivedContext, MessageDetails {
  recipient: string
  chatJid: string
  id: string
  from: string
  times: number
  /** A kind of message, or `edit`, `revoke`, `reaction`, `vote`. */
  kind: string
  /** Body or caption; an edit's new text, a reaction's emoji. */
  text?: string
  quotedId?: string
  /** The message that an edit, a revoke, a reaction, a vote or a pin is about. */
  targetId?: string
  /** Why a phone does not show it, or not as what it is meant to be. */
  hiddenBecause?: string
  /** Addresses of people, in keys and of the quoted author, that are not in the form of the chat. */
  otherForms?: string[]
}

/** What happened in a chat besides messages: `type` is a group change's word in the protocol, `call` or `disappearing`. */
export interface ChatEvent {
  type: string
  id: string
  chatJid: string
  by: string
  timestamp: number
  value?: string
  participants?: string[]
}

/** One of this account's own devices said that the owner read (or played) a message. */
export interface ReadByDevice {
  id: string
  chatJid: string
  participant?: string
  device: number
  type: string
}

/** What a linked device asked its own phone in a peer message, and how it marked the stanza. */
export interface PeerRequest {
  id: string
  device: number
  /** As `PeerDataOperationRequestType` calls it. */
  type: string
  pushPriority?: string
  privacySensitive?: string
  appdata?: string
  /** The time in a request for older messages, as it was sent. */
  time?: number
}

/** A message stanza for one of this account's linked devices. */
export interface Delivered {
  device: string
  id: string
  chatJid: string
  participant?: string
  /** How often it was written to the device's connections. */
  times: number
  /** Whether the device has confirmed it. */
  confirmed: boolean
}

export interface SeenReceipt {
  from: string
  device: number
  chatJid: string
  id: string
  type: string
  timestamp: number
}

/** Queue positions per device, for one number that names both. */
const SEQUENCES = 2 ** 40

const keyOf = (chatJid: string, sender: string, id: string): string => `${chatJid}|${sender}|${id}`

/** A further file of a message came. */
export const addFile = (
  message: HeldMessage,
  { id, isBetter }: { readonly id: string; readonly isBetter: boolean }
): void => {
  message.files = [...(message.files ?? []), id]
  if (isBetter) message.shownFile = id
}

/** One account's part of the truth. */
export class AccountLedger {
  readonly held = new Map<string, HeldMessage>()
  /** Files whose message has not come yet. */
  readonly orphans: { chatJid: string; parent: string; id: string; isBetter: boolean }[] = []
  readonly received = new Map<string, Received>()
  readonly receipts: SeenReceipt[] = []
  readonly delivered = new Map<number, Delivered>()
  readonly readByDevices: ReadByDevice[] = []
  readonly peerRequests: PeerRequest[] = []
  readonly events: ChatEvent[] = []
}

export class Ledger {
  private readonly accounts = new Map<Account, AccountLedger>()
  private readonly signals: Signals

  constructor(signals: Signals) {
    this.signals = signals
  }

  of(account: Account): AccountLedger {
    let part = this.accounts.get(account)
    if (!part) this.accounts.set(account, (part = new AccountLedger()))
    return part
  }

  hold(account: Account, message: HeldMessage): void {
    const sender = message.fromMe ? 'me' : (message.participant ?? message.chatJid)
    const { held, orphans } = this.of(account)
    const files = orphans.filter(file => file.chatJid === message.chatJid && file.parent === message.id)
    for (const file of files) addFile(message, file)
    const key = keyOf(message.chatJid, sender, message.id)
    if (!held.has(key)) held.set(key, message)
    this.signals.emit('held', { account: account.jid, id: message.id })
  }

  /** A stanza was written to a linked device's connection. */
  written(companion: Companion, { kind, node, sequence }: QueuedStanza): void {
    if (kind !== 'message') return
    const { delivered } = this.of(companion.account)
    const key = companion.number * SEQUENCES + sequence
    const before = delivered.get(key)
    if (before) before.times++
    else {
      const { id = '', from = '', recipient, participant } = node.attrs
      delivered.set(key, {
        device: companion.jid,
        id,
        chatJid: recipient ?? from,
        times: 1,
        confirmed: false,
        ...(participant === undefined ? {} : { participant })
      })
    }
    this.signals.emit('delivered', { device: companion.jid, id: node.attrs.id })
  }

  confirmed(companion: Companion, { sequence }: QueuedStanza): void {
    const entry = this.of(companion.account).delivered.get(companion.number * SEQUENCES + sequence)
    if (entry) entry.confirmed = true
  }

  /** A recipient got a message that `sender` wrote. */
  receive(
    sender: Account,
    recipient: Account,
    message: Omit<Received, 'times' | 'recipient' | 'from'>
  ): void {
    const { received } = this.of(sender)
    const key = keyOf(message.chatJid, recipient.jid, message.id)
    const before = received.get(key)
    if (before) before.times++
    else received.set(key, { ...message, recipient: recipient.jid, from: sender.jid, times: 1 })
    this.signals.emit('received', { from: sender.jid, recipient: recipient.jid, id: message.id })
  }

  event(account: Account, event: ChatEvent): void {
    this.of(account).events.push(event)
    this.signals.emit('chatEvent', { account: account.jid, ...event })
  }

  readByDevice(account: Account, read: ReadByDevice): void {
    this.of(account).readByDevices.push(read)
    this.signals.emit('readByDevice', { account: account.jid, ...read })
  }

  /** A receipt for a message `sender` wrote, or (read-self and the like) one its own devices sent each other. */
  receipt(sender: Account, receipt: SeenReceipt): void {
    this.of(sender).receipts.push(receipt)
    this.signals.emit('receipt', { sender: sender.jid, ...receipt })
  }
}
