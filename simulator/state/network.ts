// What all parts of the server share: who exists, who is connected, what was observed, which faults are on.
// The parts themselves are functions over this; it contains no protocol.
import type { Account } from './account.ts'
import { Companion, type CompanionKeys } from './companion.ts'
import type { DeviceProperties } from './companion.ts'
import { Directory } from './directory.ts'
import { Faults } from './faults.ts'
import { Ledger } from './ledger.ts'
import { MediaStore } from './media/store.ts'
import { NewChatLimits } from '../protocol/new-chat-limits.ts'
import type { HeldMessage } from './ledger.ts'
import type { SyncPlan } from '../protocol/history/sync.ts'
import type { PreparedChunk } from '../protocol/history/prepared.ts'
import type { Mailbox } from './history/mailbox.ts'
import { AppState } from '../protocol/app-state.ts'
import { Presence } from '../protocol/presence.ts'
import { Remembered, SenderKeys } from './sent-messages.ts'
import { Repeats } from './repeats.ts'
import { Signals } from './signals.ts'
import type { Group } from './group.ts'
import { randomBytes } from 'node:crypto'
import { StanzaQueue } from './stanza-queue.ts'
import type { BinaryNode } from '../wire/binary-node.ts'
import type { Connection } from '../wire/connection.ts'

const HISTORY_AHEAD = 16
const WORK_LIMIT = 500
const ROOM_PATIENCE_MS = 30_000

/** A connection and who is on it. */
export interface Session {
  readonly connection: Connection
  companion: Companion | undefined
  /** Set while the connection belongs to a device that is not linked yet. */
  pairing: unknown
}

export class Network {
  readonly seed: number
  readonly directory: Directory
  readonly signals = new Signals()
  readonly ledger = new Ledger(this.signals)
  readonly faults = new Faults()
  readonly media = new MediaStore()
  readonly repeats = new Repeats()
  readonly remembered = new Remembered()
  readonly senderKeys = new SenderKeys()
  readonly presence = new Presence()
  readonly limits = new NewChatLimits()
  /** What phones hold; contacts have none. */
  readonly mailboxes = new Map<Account, Mailbox>()
  readonly syncPlans = new Map<Account, SyncPlan>()
  /** Chunks of phones whose history was made ahead. */
  readonly preparedChunks = new Map<Account, readonly PreparedChunk[]>()
  readonly sessions = new Map<Connection, Session>()
  /** Host and port clients reach the media under, once the port is known. */
  mediaHost = ''
  /** What went wrong inside the server; a test may look, nothing is printed. */
  readonly errors: { at: number; where: string; error: unknown }[] = []
  private identifiers = 0
  private readonly background = new Set<Promise<unknown>>()
  private readonly talked = new Set<string>()
  private readonly appStates = new Map<Account, AppState>()
  private readonly offlineTasks = new Map<Account, (() => void)[]>()
  stopping = false
  /** Called when a linked device says it wants its stanzas. */
  activate: (session: Session, companion: Companion) => void = () => undefined

  constructor(seed: number) {
    this.seed = seed
    this.directory = new Directory(seed)
  }

  /** Remembers that two accounts wrote to each other: from then on each keeps the other's device list. */
  rememberTalk(one: Account, other: Account): void {
    this.talked.add(talkKey(one, other))
  }

  haveTalked(one: Account, other: Account): boolean {
    return this.talked.has(talkKey(one, other))
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

  /** The truth's entry of a generated message, so that a later edit or revoke can change it. */
  heldInHistory(holder: Account, chatJid: string, id: string): HeldMessage | undefined {
    const mailbox = this.mailboxes.get(holder)
    const partner = this.partnerNamed(chatJid)
    const chat = partner && mailbox?.find(partner)
    return chat && mailbox?.changeable(chat, id)
  }

  partnerNamed(jid: string): Account | Group | undefined {
    return this.directory.group(jid) ?? this.directory.find(jid)
  }

  /** Keeps work for a primary device that is offline. */
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

  /** Work that outlives the stanza which began it; `settled` waits for it, errors are kept and not thrown. */
  run(where: string, work: Promise<unknown>): void {
    const guarded = work
      .catch((error: unknown) => this.report(where, error))
      .finally(() => this.background.delete(guarded))
    this.background.add(guarded)
  }

  /** Resolves when there is little left to do: one busy client must not pile work up without end. */
  async breathe(): Promise<void> {
    while (this.background.size > WORK_LIMIT) await Promise.race(this.background)
  }

  report(where: string, error: unknown): void {
    this.errors.push({ at: Date.now(), where, error })
    if (this.errors.length > 1000) this.errors.shift()
    this.signals.emit('error', { where })
  }

  async settled(): Promise<void> {
    while (this.background.size > 0) await Promise.all(this.background)
  }
}

const talkKey = (one: Account, other: Account): string =>
  [one.phoneNumber, other.phoneNumber].sort().join('|')
