// The owner's side of one simulated phone, as tests use it: link devices, write, read, change settings, go offline, and read the
// truth. Each method is one action; what it does is in protocol/.
import type { proto, WAPatchName } from '@whiskeysockets/baileys'
import { changeFromPhone, writeUnreadable } from './protocol/app-state.ts'
import { rotateAppStateKey } from './protocol/app-state-keys.ts'
import { type CallOutcome, ring } from './protocol/calls.ts'
import {
  changeChatSetting,
  type ChatSetting,
  nameContact,
  renameOwner,
  setUnarchiveChats
} from './protocol/chat-settings.ts'
import { announceExpiration } from './protocol/client-version.ts'
import { announceDevices } from './protocol/device-list.ts'
import { addFault, disconnect } from './protocol/disconnections.ts'
import {
  addMembers,
  changeGroup,
  type GroupChange,
  makeGroup,
  removeMembers
} from './protocol/groups/changes.ts'
import { type PastMessage, shareHistory } from './protocol/groups/shared-history.ts'
import { announceGroup } from './protocol/groups/notifications.ts'
import { prepareHistory } from './protocol/history/prepared.ts'
import { unlink } from './protocol/login.ts'
import { expireFile } from './protocol/media/expire.ts'
import { editLabel, type LabelEdit, markMessage, type MessageMark } from './protocol/message-marks.ts'
import { answerFromBot, askBot, type BotAnswer, META_AI } from './protocol/messages/bots.ts'
import { type Flood, flood } from './protocol/messages/flood.ts'
import { sendToList } from './protocol/messages/broadcast.ts'
import { type ChannelPostOptions, postToChannel } from './protocol/messages/channel-post.ts'
import { postStatus, type StatusContent } from './protocol/messages/status.ts'
import { write, type WriteOptions, type WrittenMessage } from './protocol/messages/write.ts'
import type { Content } from './protocol/messages/written.ts'
import { capMessages, restrict } from './protocol/new-chat-limits.ts'
import { readChat } from './protocol/own-reads.ts'
import { enterPairingCode } from './protocol/pairing/code.ts'
import { askAgain, codeOnPhone, compareCodes } from './protocol/pairing/passkey.ts'
import { scanQr } from './protocol/pairing/qr.ts'
import { confusePreKeys } from './protocol/pre-keys.ts'
import { showPresence, showTyping, type TypingState } from './protocol/presence.ts'
import { changeTokenSalt } from './protocol/token-salt.ts'
import type { Account, Companion, StatusAudience } from './state/account.ts'
import type { PhonePatch } from './state/app-state.ts'
import { type AssertionJson, type AssertionOptions, Authenticator } from './state/authenticator.ts'
import type { ActiveFault, Fault, FaultScope, StreamError } from './state/faults.ts'
import { type Group, isGroup } from './state/group.ts'
import type { Mailbox } from './state/history/mailbox.ts'
import type { HistorySharing } from './state/history/sharing.ts'
import type { PreparedChunk } from './state/history/plan.ts'
import type { HeldMessage } from './state/ledger.ts'
import { accountNamed, type Chat, chatNamed, groupNamed } from './state/names.ts'
import type { Network } from './state/network.ts'
import type { MessageCap, ReachoutTimelock } from './state/new-chat-limits.ts'
import {
  heldMessages,
  offlineQueueOf,
  type Truth,
  truthBesideMessages,
  type WaitingStanza,
  withPartnersJids
} from './state/truth.ts'
import type { BinaryNode } from './wire/binary-node.ts'
import { STANZA_KINDS } from './state/stanza-queue.ts'
import type { Addressing } from './wire/jid.ts'
import { unixSeconds } from './wire/stanza.ts'

/** A message of a group's past. */
export interface SharedMessage {
  readonly from: Chat
  readonly text?: string | undefined
  readonly message?: proto.IMessage | undefined
  readonly id?: string | undefined
  /** Unix seconds. */
  readonly timestamp?: number | undefined
}

export interface SharedHistoryOptions {
  readonly from: Chat
  readonly group: Chat
  readonly messages: readonly SharedMessage[]
  /** Messages that belong to a shared one; `type` is the number of the `AssociationType`. */
  readonly associated?: readonly (SharedMessage & { readonly parent: string; readonly type: number })[]
  readonly comments?: readonly SharedMessage[]
  readonly pinned?: readonly SharedMessage[]
  /** Whom it is for; this phone when left out. */
  readonly receivers?: readonly Chat[] | undefined
}

export class Phone {
  readonly account: Account
  readonly mailbox: Mailbox
  readonly contacts: readonly Account[]
  readonly groups: Group[]
  private readonly network: Network
  private authenticator: Authenticator | undefined

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

  /** Makes the whole history now and writes its chunks to a folder, so that sending it later takes no time. */
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

  /** Whether WhatsApp asks for a passkey when a device is linked; what the simulator does for everybody when left out. */
  demandPasskey(demanded: boolean | undefined): void {
    this.account.passkeys.demanded = demanded
  }

  /** The owner answers a challenge (base64url) with the own passkey; `options` make it a wrong answer. */
  assertPasskey(challenge: string, options: AssertionOptions = {}): AssertionJson {
    this.authenticator ??= this.registeredAuthenticator()
    return this.authenticator.assert(challenge, options)
  }

  /** The code that the phone shows for comparison with the device's; `undefined` while it shows none. */
  get passkeyCode(): string | undefined {
    return codeOnPhone(this.network, this.account)
  }

  /** The owner says on the phone whether the device shows the same code. */
  comparePasskeyCode(says: 'same' | 'other'): void {
    compareCodes(this.network, this.account, says)
  }

  /** WhatsApp asks once more for the passkey of the device that is being linked. */
  askForPasskeyAgain(): void {
    askAgain(this.network, this.account)
  }

  private registeredAuthenticator(): Authenticator {
    const authenticator = new Authenticator()
    this.account.passkeys.register(authenticator.credentialId, authenticator.publicKey)
    return authenticator
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
    return write(this.network, { owner: this.account, sender, chat }, options)
  }

  /** The phone's owner writes. */
  async send(options: { to: Chat } & Content & WriteOptions): Promise<WrittenMessage> {
    const parties = { owner: this.account, sender: this.account, chat: this.chatOf(options.to) }
    return write(this.network, parties, options)
  }

  /** The phone's owner writes to a broadcast list. */
  async sendToList(
    options: { list: string; to: readonly Chat[] } & Content & WriteOptions
  ): Promise<WrittenMessage> {
    const recipients = this.accountsOf([...options.to])
    return sendToList(this.network, { list: options.list, owner: this.account, recipients }, options)
  }

  /** The owner asks a bot on the phone, in its own chat. */
  askBot(text: string, bot = META_AI): Promise<{ id: string; timestamp: number }> {
    return askBot(this.network, this.account, { bot, text })
  }

  /** A bot answers what somebody asked: in its own chat, or in the group it was asked in. */
  receiveBotAnswer(
    options: { to: string; text: string; from?: Chat | undefined; group?: Chat | undefined } & Partial<
      Pick<BotAnswer, 'bot' | 'continues' | 'isLast'>
    >
  ): { id: string; timestamp: number } {
    const { bot = META_AI, from, group, ...answer } = options
    return answerFromBot(this.network, this.account, {
      ...answer,
      bot,
      asker: from === undefined ? this.account : this.accountOf(from),
      group: group === undefined ? undefined : this.groupOf(group)
    })
  }

  /** Someone types to this phone, or stops. */
  showTyping(options: { from: Chat; group?: Chat | undefined; state: TypingState }): void {
    const group = options.group === undefined ? undefined : this.groupOf(options.group)
    showTyping(this.account, this.accountOf(options.from), options.state, group)
  }

  /** Someone becomes available or not; devices that subscribed are notified. */
  showPresence(options: { from: Chat; available: boolean }): void {
    showPresence(this.network, this.accountOf(options.from), options.available)
  }

  /** Someone posts a status that this phone may see, deletes it, or reacts to one. It belongs to no chat. */
  receiveStatus(options: { from: Chat } & StatusContent): Promise<{ id: string; timestamp: number }> {
    const parties = { owner: this.account, poster: this.accountOf(options.from), readers: [] }
    return postStatus(this.network, parties, options)
  }

  /** The owner posts a status for all contacts, deletes one, or reacts to somebody's. */
  postStatus(content: StatusContent): Promise<{ id: string; timestamp: number }> {
    const parties = { owner: this.account, poster: this.account, readers: this.contacts }
    return postStatus(this.network, parties, content)
  }

  /** Whom the owner shows statuses: `contacts` is everybody in the address book, `blacklist` all but these, `whitelist` only these. */
  showStatusesTo(type: StatusAudience['type'], people: readonly Account[] = []): void {
    this.account.statusAudience = { type, people }
  }

  /** A channel that the owner follows gets a post, or one of its posts changes. */
  receivePost(options: ChannelPostOptions): { id: string } {
    return postToChannel(this.network, this.account, options)
  }

  /** WhatsApp sends the linked devices any stanza; it waits until they acknowledge it. */
  receiveStanza(stanza: BinaryNode): { id: string } {
    const id = stanza.attrs.id ?? this.network.nextId()
    const kind = STANZA_KINDS.find(known => known === stanza.tag) ?? 'other'
    for (const { queue } of this.devices) queue.add(kind, { ...stanza, attrs: { ...stanza.attrs, id } })
    return { id }
  }

  /** Someone calls and gives up, unless it is answered or declined on the phone; returns the call's id. */
  ring(options: { from: Chat; video?: boolean | undefined; outcome?: CallOutcome | undefined }): string {
    return ring(this.network, this.account, this.accountOf(options.from), options)
  }

  /** WhatsApp locks this account out of writing to people who never wrote to it; null lifts the lock. */
  restrict(timelock: ReachoutTimelock | null): void {
    restrict(this.network, this.account, timelock)
  }

  /** WhatsApp caps how many new chats this account may begin; null lifts the cap. */
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
    return flood(this.network, this.account, this.accountsOf(isSeveral(from) ? from : [from]), {
      count,
      text
    })
  }

  /** The owner reads a chat on the phone; the linked devices get the receipts. */
  async markRead(chat: Chat): Promise<void> {
    const partner = this.chatOf(chat)
    readChat(this.network, this.account, partner)
    // What is read is not marked as unread either.
    if (this.mailbox.find(partner)?.markedUnread) await this.changeChat(chat, { read: true })
  }

  /** The owner archives, pins, mutes, labels, clears or deletes a chat or marks it (un)read; the linked devices learn it by app state. */
  changeChat(chat: Chat, setting: ChatSetting): Promise<void> {
    return changeChatSetting(this.network, this.account, this.chatOf(chat), setting)
  }

  /** The owner changes the own name, which others see. */
  rename(name: string): Promise<void> {
    return renameOwner(this.network, this.account, name)
  }

  /** The owner stars, labels or deletes ("for me") a message of a chat. */
  markMessage(chat: Chat, id: string, mark: MessageMark): Promise<void> {
    return markMessage(this.network, this.account, { partner: this.chatOf(chat), id, mark })
  }

  /** The owner makes, renames or deletes a label. */
  editLabel(label: LabelEdit): Promise<void> {
    return editLabel(this.network, this.account, label)
  }

  /** Whether a new message takes a chat out of the archive. */
  setUnarchiveChats(unarchive: boolean): Promise<void> {
    return setUnarchiveChats(this.network, this.account, unarchive)
  }

  /** The owner changes the name of a contact in the address book, or (without a name) removes the contact. */
  nameContact(contact: Chat, name?: string): Promise<void> {
    return nameContact(this.network, this.account, this.accountOf(contact), name)
  }

  /** The phone writes any patch of app state; the linked devices are notified. */
  changeAppState(patch: PhonePatch): Promise<void> {
    return changeFromPhone(this.network, this.account, patch)
  }

  /** The phone gives its linked devices another salt for the account's own tokens. */
  changeTokenSalt(): Promise<void> {
    return changeTokenSalt(this.network, this.account)
  }

  /** The phone writes an app-state record that no linked device can read. */
  writeUnreadableAppState(collection: WAPatchName, index: readonly string[]): Promise<void> {
    return writeUnreadable(this.network, this.account, collection, index)
  }

  /** The phone makes a new app-state key; with `share: false` the linked devices have to ask for it. */
  async rotateAppStateKey(options: { share?: boolean | undefined } = {}): Promise<void> {
    await rotateAppStateKey(this.network, this.account, { share: options.share ?? true })
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

  createGroup(subject: string, members: Chat[], options: { addressing?: Addressing } = {}): Group {
    const group = makeGroup(this.network, this.account, subject, this.accountsOf(members), options)
    this.groups.push(group)
    this.mailbox.chatWith(group)
    announceGroup(this.network, group, this.account, group.members.keys(), true)
    return group
  }

  addMembers(group: Chat, members: Chat[]): void {
    addMembers(this.network, this.groupOf(group), this.account, this.accountsOf(members))
  }

  removeMembers(group: Chat, members: Chat[]): void {
    removeMembers(this.network, this.groupOf(group), this.account, this.accountsOf(members))
  }

  /** A setting or ranks change; the owner does it unless another member is named. */
  changeGroup(group: Chat, change: GroupChange<Chat>, options: { by?: Chat | undefined } = {}): void {
    const changed = this.groupOf(group)
    const actor = options.by === undefined ? this.account : this.accountOf(options.by)
    if (!changed.has(actor)) throw new Error(`${actor.jid} is no member of the group`)
    changeGroup(
      this.network,
      changed,
      actor,
      'promote' in change
        ? { promote: this.accountsOf(change.promote) }
        : 'demote' in change
          ? { demote: this.accountsOf(change.demote) }
          : change
    )
  }

  /**
   * A member shares the past of a group with this phone, or with the receivers named. The messages need not be known; ids and
   * times (Unix seconds) are made up where left out, one second apart.
   */
  receiveSharedHistory(options: SharedHistoryOptions): Promise<{ id: string }> {
    const group = this.groupOf(options.group)
    const sharer = this.accountOf(options.from)
    const receivers = options.receivers === undefined ? [this.account] : this.accountsOf(options.receivers)
    const { associated = [], comments = [], messages, pinned = [] } = options
    const count = messages.length + comments.length + pinned.length + associated.length
    let time = unixSeconds() - count - 60
    const past = ({ from, id, message, text, timestamp }: SharedMessage): PastMessage => ({
      from: this.accountOf(from),
      id: id ?? this.network.messageId(),
      timestamp: timestamp ?? (time += 1),
      message: message ?? { conversation: text ?? '' }
    })
    return shareHistory(
      this.network,
      { group, owner: this.account, sharer },
      {
        messages: messages.map(past),
        associated: associated.map(({ parent, type, ...message }) => ({
          parent,
          type,
          message: past(message)
        })),
        comments: comments.map(past),
        pinned: pinned.map(past)
      },
      receivers
    )
  }

  /** The owner logs a linked device out on the phone. */
  unlinkDevice(device: number): void {
    const companion = this.companion(device)
    unlink(this.network, companion)
    announceDevices(this.network, this.account, 'remove', companion)
  }

  /** WhatsApp hands out other pre-keys under the ids that this linked device has uploaded. */
  confusePreKeys(device: number): void {
    confusePreKeys(this.companion(device))
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

  /** Deletes what waits for linked devices that are away, as WhatsApp does after weeks; returns how much it was. */
  expireOfflineQueue(): number {
    return this.devices
      .filter(({ queue }) => !queue.connected)
      .reduce((sum, { queue }) => sum + queue.expire(), 0)
  }

  private companion(device: number): Companion {
    const companion = this.account.companions.get(device)
    if (!companion) throw new Error(`${this.jid} has no device ${device}`)
    return companion
  }

  private accountOf(chat: Chat): Account {
    return accountNamed(this.network.directory, chat)
  }

  private accountsOf(chats: readonly Chat[]): Account[] {
    return chats.map(chat => this.accountOf(chat))
  }

  private groupOf(chat: Chat): Group {
    return groupNamed(this.network.directory, chat)
  }

  private chatOf(chat: Chat): Account | Group {
    return chatNamed(this.network.directory, chat)
  }
}

const isSeveral = (chats: Chat | readonly Chat[]): chats is readonly Chat[] => Array.isArray(chats)
