// What all parts of the server share: the accounts, the connections, what was observed, the active faults.
// The protocol's parts are functions over this state; it contains no protocol itself.
import { randomBytes } from 'node:crypto'
import type { BinaryNode } from '../wire/binary-node.ts'
import type { Connection } from '../wire/connection.ts'
import { type Account, Companion, type CompanionKeys, type DeviceProperties } from './account.ts'
import { AppState } from './app-state.ts'
import { BackgroundWork } from './background-work.ts'
import { ClientVersions } from './client-versions.ts'
import { WhatsAppClock } from './clock.ts'
import { Directory } from './directory.ts'
import { Faults } from './faults.ts'
import type { Group } from './group.ts'
import type { MailboxChat } from './history/chat.ts'
import type { Mailbox } from './history/mailbox.ts'
import type { PreparedChunk, SyncPlan } from './history/plan.ts'
import { Ledger } from './ledger.ts'
import { MediaStore } from './media/store.ts'
import { NewChatLimits } from './new-chat-limits.ts'
import { MessageSecrets } from './messages/secrets.ts'
import { Presence } from './presence.ts'
import { Random } from './random.ts'
import { Refusals } from './refusals.ts'
import { Repeats } from './repeats.ts'
import { SenderKeys } from './sender-keys.ts'
import { SentMessages } from './sent-messages.ts'
import type { Session } from './session.ts'
import { Signals } from './signals.ts'
import { StanzaQueue } from './stanza-queue.ts'

const HISTORY_AHEAD = 16
const ROOM_PATIENCE_MS = 30_000

export class Network {
  readonly seed: number
  readonly directory: Directory
  readonly signals = new Signals()
  readonly ledger = new Ledger(this.signals)
  readonly faults = new Faults()
  readonly media = new MediaStore()
  readonly repeats = new Repeats()
  readonly sent = new SentMessages()
  readonly senderKeys = new SenderKeys()
  readonly secrets = new MessageSecrets()
  /** Options that were added to polls, by the poll's id. */
  readonly addedOptions = new Map<string, readonly string[]>()
  readonly presence = new Presence()
  readonly limits = new NewChatLimits()
  readonly clientVersions = new ClientVersions()
  readonly clock = new WhatsAppClock()
  readonly background = new BackgroundWork(this.signals)
  readonly refusals = new Refusals(this.signals)
  /** Decides how connections and logins fail while WhatsApp is down. */
  readonly outages: Random
  /** How often a primary device could not decrypt a message, by recipient, sender and id. */
  readonly decryptionFailures = new Map<string, number>()
  /** The names of channels, by their addresses. */
  readonly channelNames = new Map<string, string>()
  /** What phones hold; contacts have none. */
  readonly mailboxes = new Map<Account, Mailbox>()
  readonly syncPlans = new Map<Account, SyncPlan>()
  /** Chunks of phones whose history was made ahead. */
  readonly preparedChunks = new Map<Account, readonly PreparedChunk[]>()
  readonly sessions = new Map<Connection, Session>()
  /** Whether accounts are asked for a passkey when they link a device, unless they say otherwise themselves. */
  passkeysDemanded = false
  /** Host and port of the media host, once the port is known. */
  mediaHost = ''
  private identifiers = 0
  private readonly talked = new Set<string>()
  private readonly appStates = new Map<Account, AppState>()
  private readonly offlineTasks = new Map<Account, (() => void)[]>()
  stopping = false

  constructor(seed: number) {
    this.seed = seed
    this.outages = new Random(seed, 'outages')
    this.directory = new Directory(seed)
  }

  /** Records that two accounts wrote to each other: from then on each has the other's device list. */
  rememberTalk(one: Account, other: Account): void {
    this.talked.add(talkKey(one, other))
  }

  haveTalked(one: Account, other: Account): boolean {
    return this.talked.has(talkKey(one, other))
  }

  /** The linked devices of everyone who has this account's device list: those it wrote to, or who wrote to it. */
  *acquaintedDevices(account: Account): Generator<Companion> {
    for (const other of this.directory.accounts.values()) {
      if (other !== account && this.haveTalked(other, account)) yield* other.companions.values()
    }
  }

  demandsPasskey({ passkeys }: Account): boolean {
    return passkeys.demanded ?? this.passkeysDemanded
  }

  nextId(): string {
    return `sim-${Date.now().toString(36)}-${++this.identifiers}`
  }

  addCompanion(
    account: Account,
    number: number,
    keys: CompanionKeys,
    properties: DeviceProperties
  ): Companion {
    const queue = new StanzaQueue(
      (entry, node) => this.faults.departure({ companion, kind: entry.kind }, node),
      {
        changed: () => this.signals.emit('queue', { device: companion.jid, waiting: queue.size }),
        written: entry => this.ledger.written(companion, entry),
        settled: entry => this.ledger.confirmed(companion, entry)
      }
    )
    const companion = new Companion(account, number, keys, properties, queue)
    account.companions.set(companion.number, companion)
    return companion
  }

  /** An id as phones make them. */
  messageId(): string {
    return `3EB0${randomBytes(9).toString('hex').toUpperCase()}`
  }

  appStateOf(account: Account): AppState {
    let state = this.appStates.get(account)
    if (!state) this.appStates.set(account, (state = new AppState(this.seed, account.phoneNumber)))
    return state
  }

  syncPlanOf(account: Account): SyncPlan {
    const plan = this.syncPlans.get(account)
    if (!plan) throw new Error(`${account.jid} is not a phone`)
    return plan
  }

  partnerNamed(jid: string | null | undefined): Account | Group | undefined {
    return this.directory.group(jid ?? undefined) ?? this.directory.find(jid ?? undefined)
  }

  /** A chat that a phone holds, by any of its addresses. */
  chatNamed(
    holder: Account,
    jid: string | null | undefined
  ): { mailbox: Mailbox; chat: MailboxChat } | undefined {
    const mailbox = this.mailboxes.get(holder)
    const partner = this.partnerNamed(jid)
    const chat = partner && mailbox?.find(partner)
    return mailbox && chat && { mailbox, chat }
  }

  /** Defers work for a primary device that is offline. */
  whenOnline(account: Account, task: () => void): void {
    const tasks = this.offlineTasks.get(account) ?? []
    tasks.push(task)
    this.offlineTasks.set(account, tasks)
  }

  wentOnline(account: Account): void {
    const tasks = this.offlineTasks.get(account) ?? []
    this.offlineTasks.delete(account)
    for (const task of tasks) task()
  }

  waitingOffline(account: Account): number {
    return this.offlineTasks.get(account)?.length ?? 0
  }

  /** Waits until a device has few unconfirmed stanzas or is away, so that a long history is not made ahead of its reader. */
  async roomFor(companion: Companion): Promise<void> {
    const roomy = (): boolean =>
      companion.queue.size < HISTORY_AHEAD || !companion.queue.connected || this.stopping
    if (roomy()) return
    await this.signals
      .until(roomy, { timeoutMs: ROOM_PATIENCE_MS, what: 'room for history' })
      .catch(() => undefined)
  }

  /** Answers a client directly: query results, acknowledgements, presence. Nothing here is ever repeated. */
  reply(session: Session, node: BinaryNode): void {
    void session.connection.send(node)
  }
}

const talkKey = (one: Account, other: Account): string => [one.lidUser, other.lidUser].sort().join('|')
