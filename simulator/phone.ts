// The owner's side of one simulated phone, as tests use it: link devices, write, read, be offline, and tell the truth.
import type { Account, Companion } from './state/account.ts'
import { type CallOutcome, ring } from './protocol/calls.ts'
import type { ActiveFault, Fault, FaultScope } from './state/faults.ts'
import { type Flood, flood } from './protocol/messages/flood.ts'
import {
  addMembers,
  changeGroup,
  type GroupChange,
  makeGroup,
  removeMembers
} from './protocol/groups/changes.ts'
import { announceGroup } from './protocol/groups/notifications.ts'
import { type Group, isGroup } from './state/group.ts'
import type {
  ChatEvent,
  Delivered,
  HeldMessage,
  ReadByDevice,
  Received,
  SeenReceipt
} from './state/ledger.ts'
import { unlink } from './protocol/login.ts'
import { addFault, disconnect } from './protocol/disconnections.ts'
import { announceDevices } from './protocol/device-list.ts'
import type { Mailbox } from './state/history/mailbox.ts'
import { fileIn } from './protocol/media/retry.ts'
import type { Network } from './state/network.ts'
import { capMessages, restrict } from './protocol/new-chat-limits.ts'
import type { MessageCap, ReachoutTimelock } from './state/new-chat-limits.ts'
import { postStatus } from './protocol/messages/status.ts'
import { showPresence, showTyping } from './protocol/presence.ts'
import { enterPairingCode } from './protocol/pairing/code.ts'
import { scanQr } from './protocol/pairing/qr.ts'
import type { PreparedChunk } from './state/history/plan.ts'
import { prepareHistory } from './protocol/history/prepared.ts'
import { sendFromPrimary } from './protocol/messages/primary-sender.ts'
import { addressingFor } from './protocol/messages/stanza.ts'
import { tellOwnDevices } from './protocol/receipts.ts'
import type { StanzaKind } from './state/stanza-queue.ts'
import type { Addressing } from './wire/jid.ts'
import { unixSeconds } from './wire/stanza.ts'
import { type Content, messageFrom } from './protocol/messages/written.ts'

export interface WriteOptions {
  readonly id?: string | undefined
  /** Unix seconds; now when left out. */
  readonly timestamp?: number | undefined
  readonly addressing?: Addressing | undefined
}

export interface WrittenMessage {
  readonly id: string
  readonly timestamp: number
  readonly chatJid: string
}

export interface WaitingStanza {
  readonly device: string
  readonly kind: StanzaKind
  readonly id: string
  readonly from: string
  readonly participant?: string
  readonly type?: string
  readonly queuedAt: number
  readonly deliveries: number
}

export interface Truth {
  readonly messages: HeldMessage[]
  readonly received: Received[]
  readonly receipts: SeenReceipt[]
  /** Message stanzas for this phone's own linked devices, peer messages included. */
  readonly delivered: Delivered[]
  readonly offlineQueue: WaitingStanza[]
  /** What the owner read on linked devices. */
  readonly readByDevices: ReadByDevice[]
  /** What happened in chats besides messages. */
  readonly events: ChatEvent[]
}

export type Chat = Account | Group | string

export class Phone {
  readonly account: Account
  readonly mailbox: Mailbox
  readonly contacts: readonly Account[]
  readonly groups: Group[]
  private readonly network: Network

  constructor(network: Network, account: Account, mailbox: Mailbox, contacts: Account[], groups: Group[]) {
    this.network = network
    this.account = account
    this.mailbox = mailbox
    this.contacts = contacts
    this.groups = groups
  }

  get jid(): string {
    return this.account.jid
  }

  get lid(): string {
    return this.account.lid
  }

  get phoneNumber(): string {
    return this.account.phoneNumber
  }

  get name(): string {
    return this.account.pushName
  }

  get devices(): Companion[] {
    return [...this.account.companions.values()]
  }

  /** Makes the whole history now and keeps its chunks in a folder, so that sending it later takes no time. */
  prepareHistory(folder: string): readonly PreparedChunk[] {
    return prepareHistory(this.network, this.account, this.mailbox, folder)
  }

  /** Resolves with the device number once the client that shows this QR is linked. */
  scanQr(qr: string): Promise<number> {
    return scanQr(this.network, this.account, qr)
  }

  /** Resolves with the device number once the client that shows this pairing code is linked. */
  enterPairingCode(code: string): Promise<number> {
    return enterPairingCode(this.network, this.account, code)
  }

  /** Someone writes to this phone, 1:1 or in a group. Resolves when every linked device's copy is queued. */
  async receive(
    options: { from: Chat; group?: Chat | undefined } & Content & WriteOptions
  ): Promise<WrittenMessage> {
    const sender = this.accountOf(options.from)
    const chat = options.group === undefined ? this.account : this.groupOf(options.group)
    if (isGroup(chat) && !(chat.has(sender) && chat.has(this.account))) {
      throw new Error('both the writer and this phone must be members of the group')
    }
    return this.write(sender, chat, options)
  }

  /** The phone's owner writes. */
  async send(options: { to: Chat } & Content & WriteOptions): Promise<WrittenMessage> {
    return this.write(this.account, this.chatOf(options.to), options)
  }

  /** Someone types to this phone, or stops. */
  showTyping(options: {
    from: Chat
    group?: Chat | undefined
    state: 'composing' | 'recording' | 'paused'
  }): void {
    const group = options.group === undefined ? undefined : this.groupOf(options.group)
    showTyping(this.account, this.accountOf(options.from), options.state, group)
  }

  /** Someone comes online or leaves; devices that subscribed are told. */
  showPresence(options: { from: Chat; available: boolean }): void {
    showPresence(this.network, this.accountOf(options.from), options.available)
  }

  /** Someone posts a status that this phone may see. It is no message of any chat. */
  receiveStatus(options: { from: Chat; text: string }): Promise<{ id: string; timestamp: number }> {
    return postStatus(this.network, this.account, this.accountOf(options.from), options.text)
  }

  /** Someone calls and gives up, unless it is answered or declined on the phone; returns the call's id. */
  ring(options: { from: Chat; video?: boolean | undefined; outcome?: CallOutcome | undefined }): string {
    return ring(this.network, this.account, this.accountOf(options.from), options)
  }

  /** WhatsApp locks this account out of writing to people who never wrote to it; null lifts that. */
  restrict(timelock: ReachoutTimelock | null): void {
    restrict(this.network, this.account, timelock)
  }

  /** WhatsApp caps how many new chats this account may begin; null lifts that. */
  capMessages(cap: MessageCap | null): void {
    capMessages(this.network, this.account, cap)
  }

  /**
   * Many live messages, from one contact or several in turn (every contact when left out), as fast as they can be encrypted.
   * Resolves when all are queued.
   */
  flood(options: {
    from?: Chat | readonly Chat[] | undefined
    count: number
    text?: string
  }): Promise<Flood> {
    const { from = this.contacts, count, text = 'flood' } = options
    const writers = (isSeveral(from) ? from : [from]).map(writer => this.accountOf(writer))
    return flood(this.network, this.account, writers, { count, text })
  }

  /** The owner reads a chat on the phone; the linked devices are told. */
  async markRead(chat: Chat): Promise<void> {
    const partner = this.chatOf(chat)
    const place = this.mailbox.find(partner)
    if (place) place.unread = 0
    const group = isGroup(partner) ? partner : undefined
    const unread = [...this.network.ledger.of(this.account).held.values()].filter(
      held => !held.fromMe && held.chatJid === (group ? group.id : (partner as Account).jid)
    )
    const addressing = partner.addressing
    const bySender = Map.groupBy(unread, held => held.participant ?? held.chatJid)
    for (const [sender, messages] of bySender) {
      const author = this.network.directory.find(sender)
      tellOwnDevices(this.network, this.account, {
        ids: messages.map(message => message.id),
        chat: group ? group.id : (partner as Account).address(addressing),
        participant: group ? author?.address(addressing) : undefined,
        addressing,
        group
      })
    }
  }

  /** The media host no longer has the file of this message until the phone is asked for it; `lost`: nor has the phone. */
  expireMedia(id: string, options: { lost?: boolean | undefined } = {}): void {
    const path = this.fileOf(id)?.directPath
    if (!path) throw new Error(`no message ${id} with a file is on this phone`)
    if (options.lost === true) this.network.media.withdraw(path)
    else this.network.media.expire(path)
  }

  goOffline(): void {
    this.account.online = false
  }

  goOnline(): void {
    this.account.online = true
    this.network.wentOnline(this.account)
  }

  createGroup(subject: string, members: Chat[], options: { addressing?: Addressing } = {}): Group {
    const accounts = members.map(member => this.accountOf(member))
    const group = makeGroup(this.network, this.account, subject, accounts, options)
    this.groups.push(group)
    this.mailbox.chatWith(group)
    announceGroup(this.network, group, this.account, group.members.keys(), true)
    return group
  }

  addMembers(group: Chat, members: Chat[]): void {
    const accounts = members.map(member => this.accountOf(member))
    addMembers(this.network, this.groupOf(group), this.account, accounts)
  }

  removeMembers(group: Chat, members: Chat[]): void {
    const accounts = members.map(member => this.accountOf(member))
    removeMembers(this.network, this.groupOf(group), this.account, accounts)
  }

  /** A setting or ranks change; the owner does it unless another member is named. */
  changeGroup(group: Chat, change: GroupChange<Chat>, options: { by?: Chat | undefined } = {}): void {
    const changed = this.groupOf(group)
    const actor = options.by === undefined ? this.account : this.accountOf(options.by)
    if (!changed.has(actor)) throw new Error(`${actor.jid} is no member of the group`)
    const named = (members: readonly Chat[]): Account[] => members.map(member => this.accountOf(member))
    changeGroup(
      this.network,
      changed,
      actor,
      'promote' in change
        ? { promote: named(change.promote) }
        : 'demote' in change
          ? { demote: named(change.demote) }
          : change
    )
  }

  /** The owner logs a linked device out on the phone. */
  unlinkDevice(device: number): void {
    const companion = this.companion(device)
    unlink(this.network, companion)
    announceDevices(this.network, this.account, 'remove', companion)
  }

  /** Ends the devices' connections: with a stream error when a code is given, without a word otherwise. */
  disconnect(options: { code?: number | undefined; device?: number | undefined } = {}): void {
    const devices = options.device === undefined ? this.devices : [this.companion(options.device)]
    for (const { connection } of devices) if (connection) disconnect(connection, options.code)
  }

  fault(fault: Fault, scope: Omit<FaultScope, 'account'> = {}): ActiveFault {
    return addFault(this.network, fault, { ...scope, account: this.account })
  }

  truth(): Truth {
    return { messages: [...this.heldMessages()], ...this.truthBesideMessages() }
  }

  /** Every message the phone holds, one at a time. */
  *heldMessages(): Generator<HeldMessage> {
    yield* this.mailbox.held()
    yield* this.network.ledger.of(this.account).held.values()
  }

  truthBesideMessages(): Omit<Truth, 'messages'> {
    const { received, receipts, delivered, readByDevices, events } = this.network.ledger.of(this.account)
    return {
      received: [...received.values()],
      receipts: [...receipts],
      delivered: [...delivered.values()],
      offlineQueue: this.offlineQueue(),
      readByDevices: [...readByDevices],
      events: [...events]
    }
  }

  offlineQueue(): WaitingStanza[] {
    return this.devices.flatMap(device =>
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
  }

  /** What waits for linked devices that are away is given up, as WhatsApp does after weeks; returns how much it was. */
  expireOfflineQueue(): number {
    return this.devices
      .filter(({ queue }) => !queue.connected)
      .reduce((sum, { queue }) => sum + queue.expire(), 0)
  }

  private async write(
    sender: Account,
    chat: Account | Group,
    options: Content & WriteOptions
  ): Promise<WrittenMessage> {
    const id = options.id ?? this.network.messageId()
    const timestamp = options.timestamp ?? unixSeconds()
    const chatJid = isGroup(chat) ? chat.id : chat === this.account ? sender.jid : chat.jid
    const message = messageFrom(options, {
      network: this.network,
      owner: this.account,
      sender,
      chat,
      addressing: addressingFor({ sender, addressing: options.addressing }, chat)
    })
    await sendFromPrimary(this.network, {
      sender,
      chat,
      message,
      id,
      timestamp,
      addressing: options.addressing
    })
    return { id, timestamp, chatJid }
  }

  private fileOf(id: string) {
    for (const chat of this.mailbox.chats) {
      const message = this.mailbox.infoOf(chat, id)?.message
      if (message) return fileIn(message)
    }
    return undefined
  }

  private companion(device: number): Companion {
    const companion = this.account.companions.get(device)
    if (!companion) throw new Error(`${this.jid} has no device ${device}`)
    return companion
  }

  private chatOf(chat: Chat): Account | Group {
    if (typeof chat !== 'string') return chat
    return this.network.directory.group(chat) ?? this.accountOf(chat)
  }

  private accountOf(chat: Chat): Account {
    if (typeof chat === 'string') {
      const account = this.network.directory.find(chat) ?? this.network.directory.byPhoneNumber(chat)
      if (account) return account
    } else if (!isGroup(chat)) return chat
    throw new Error(`there is nobody called ${typeof chat === 'string' ? chat : chat.id}`)
  }

  private groupOf(chat: Chat): Group {
    const group = typeof chat === 'string' ? this.network.directory.group(chat) : chat
    if (group && isGroup(group)) return group
    throw new Error('there is no such group')
  }
}

const isSeveral = (chats: Chat | readonly Chat[]): chats is readonly Chat[] => Array.isArray(chats)
