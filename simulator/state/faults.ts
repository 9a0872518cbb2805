// Faults on demand. A fault is switched on, applies to everyone, one account or one device, and ends when it is cleared or after a
// number of times. Parts of the server ask here at the few points where a fault can apply.
import type { Account, Companion } from './account.ts'
import type { Delivery, StanzaKind } from './stanza-queue.ts'
import type { BinaryNode } from '../wire/binary-node.ts'

/** What a stream error says: a code, a condition (its child, which a `conflict` gives a type), both, or neither. */
export interface StreamError {
  readonly code?: number | undefined
  readonly condition?: string | undefined
  readonly type?: string | undefined
}

/** What a refused login says besides its reason; `expire` in seconds. */
export interface FailureDetails {
  readonly code?: number | undefined
  readonly expire?: number | undefined
  readonly location?: string | undefined
  readonly message?: string | undefined
}

/** Why only the phone has a message. */
export const PHONE_ONLY = ['viewOnce', 'hosted', 'bot'] as const

/** Messages of chats, or those between a phone and its own linked devices. */
export const MESSAGE_CATEGORIES = ['chat', 'peer'] as const
export type MessageCategory = (typeof MESSAGE_CATEGORIES)[number]

export type Fault =
  /** The connections end now with this stream error. */
  | ({ readonly kind: 'disconnect' } & StreamError)
  /** The TCP connections are dropped now. */
  | { readonly kind: 'drop' }
  /** From now on the connections that are open answer keep-alives and nothing else, until they end; new ones work. */
  | { readonly kind: 'deaf' }
  /** The TCP connection ends right after this many more stanzas were written to it. */
  | { readonly kind: 'dropAfter'; readonly count: number; readonly stanza?: StanzaKind }
  /**
   * The TCP connection ends when the client has sent this many stanzas; the last one is still handled if `handled`. With `sent` those count
   * alone that are this in a few words, such as `iq encrypt count` (see `describeStanza`).
   */
  | {
      readonly kind: 'dropOnReceived'
      readonly count: number
      readonly handled: boolean
      readonly sent?: string
    }
  /** Receipts that clients send never reach the server. */
  | { readonly kind: 'loseReceipts' }
  /** Every login is refused with this reason (401, 403, 405, 503 …), or without one. */
  | ({ readonly kind: 'refuseLogins'; readonly reason?: number | undefined } & FailureDetails)
  /** Requests for a pairing code are refused with this error (400, 429 …). */
  | { readonly kind: 'refusePairingCodes'; readonly error: number }
  /** Every WebSocket is refused with this HTTP status, as a proxy does it. Nobody knows yet whose it would be. */
  | { readonly kind: 'refuseUpgrades'; readonly status: number }
  /** The page that tells the live version: refused with 503, never answered, without a version, or without an end. */
  | {
      readonly kind: 'versionPage'
      readonly effect: 'unavailable' | 'silent' | 'garbled' | 'endless'
    }
  /** WhatsApp is down: connections end now, and each login fails, in one way or another: with 500, 501, 503, `ack`, a drop. */
  | { readonly kind: 'outage' }
  /** Stanzas leave this much later; those behind them wait. */
  | { readonly kind: 'delay'; readonly ms: number; readonly stanza?: StanzaKind }
  /** Every stanza is written twice. */
  | { readonly kind: 'duplicate'; readonly stanza?: StanzaKind }
  /** Stanzas are held until `count` have come and leave in reverse, or after `withinMs`. */
  | {
      readonly kind: 'reorder'
      readonly count: number
      readonly withinMs?: number
      readonly stanza?: StanzaKind
    }
  /** The server stops acknowledging what clients send; what it owes is sent when the fault ends. */
  | { readonly kind: 'holdAcks' }
  /** The server never sends the acknowledgements. */
  | { readonly kind: 'loseAcks' }
  /** Acknowledgements of messages say that what is known of the recipient is out of date. */
  | { readonly kind: 'refreshLid' }
  /** Messages that clients send are acknowledged with this error and not routed. */
  | { readonly kind: 'rejectMessages'; readonly error: number }
  /** History chunks cannot be downloaded (404), or are damaged. */
  | {
      readonly kind: 'historyChunk'
      readonly effect: 'missing' | 'corrupt'
      readonly chunkOrder?: number
      readonly syncType?: number
    }
  /** A chunk is not made again; the phone answers with this code of HistorySyncChunkRetryResponse. */
  | { readonly kind: 'historyChunkRetry'; readonly code: number; readonly canRecover: boolean }
  /**
   * Requests for older messages of a chat (of any, without `chat`): never answered, answered without history, answered under
   * the chat's other address, or with the same page again and again.
   */
  | {
      readonly kind: 'historyOnDemand'
      readonly effect: 'silent' | 'refused' | 'otherAddress' | 'sameAgain'
      readonly chat?: string
    }
  /**
   * Downloads from the media host end after `afterBytes` (`cut`) or hang there (`stall`), come with other bytes (`corrupt`),
   * or are refused with 503 (`unavailable`). The media host does not know phones: `path` selects the file.
   */
  | {
      readonly kind: 'media'
      readonly effect: 'cut' | 'stall' | 'corrupt' | 'unavailable'
      readonly afterBytes?: number
      readonly path?: string
    }
  /**
   * Of an app-state collection (of any, without `collection`), answers carry a MAC that does not fit (`wrongMac`), or leave out
   * the first patch (`missingPatch`); or the last patch is genuine and fits nothing, and every snapshot is older (`diverged`).
   */
  | {
      readonly kind: 'appState'
      readonly effect: 'wrongMac' | 'missingPatch' | 'diverged'
      readonly collection?: string
    }
  /** Messages are stamped this far in the future. */
  | { readonly kind: 'futureTimestamps'; readonly seconds: number }
  /**
   * Message stanzas carry a ciphertext that cannot be decrypted: those of chats, and those that the own phone sends to a linked
   * device (`peer`); of these, the history notifications of a chunk alone.
   */
  | {
      readonly kind: 'corruptMessages'
      readonly only?: MessageCategory
      readonly syncType?: number
      readonly chunkOrder?: number
    }
  /** A device that was just linked is not told to log in: no stream error 515, and the connection stays. */
  | { readonly kind: 'withholdRestart' }
  /** A phone never answers a retry receipt of a linked device. */
  | { readonly kind: 'ignoreRetries' }
  /** Message stanzas come without ciphertext, so that a placeholder resend is needed; of those that only the phone is to have, none helps. */
  | { readonly kind: 'unavailableMessages'; readonly only?: (typeof PHONE_ONLY)[number] }
  /** A contact cannot decrypt what a linked device sends it, and asks for it again with a retry receipt. */
  | { readonly kind: 'recipientCannotDecrypt' }
  /** Queries of this namespace are never answered. */
  | { readonly kind: 'ignoreQueries'; readonly xmlns: string }
  /** They are answered with this error, as WhatsApp answers who asks too often (429). */
  | { readonly kind: 'refuseQueries'; readonly xmlns: string; readonly error: number }

export type FaultKind = Fault['kind']

export type FaultOf<K extends FaultKind> = Extract<Fault, { kind: K }>

export interface FaultScope {
  readonly account?: Account | undefined
  readonly device?: number | undefined
  /** How often it applies before it ends; without a limit when left out. */
  readonly times?: number | undefined
  /** How long it applies before it ends, milliseconds; until it is cleared when left out. */
  readonly forMs?: number | undefined
}

export interface ActiveFault {
  readonly id: number
  readonly fault: Fault
  clear(): void
}

interface Entry {
  readonly id: number
  readonly fault: Fault
  readonly scope: FaultScope
  left: number
  seen: number
  readonly ended: (() => void)[]
}

interface Target {
  readonly account?: Account | undefined
  readonly companion?: Companion | undefined
}

export class Faults {
  private readonly entries = new Map<number, Entry>()
  private nextId = 1

  add(fault: Fault, scope: FaultScope = {}): ActiveFault {
    const entry: Entry = {
      id: this.nextId++,
      fault,
      scope,
      left: scope.times ?? Number.POSITIVE_INFINITY,
      seen: 0,
      ended: []
    }
    this.entries.set(entry.id, entry)
    if (scope.forMs !== undefined) {
      const timer = setTimeout(() => this.clear(entry.id), scope.forMs).unref()
      entry.ended.push(() => clearTimeout(timer))
    }
    return { id: entry.id, fault, clear: () => this.clear(entry.id) }
  }

  clear(id: number): boolean {
    const entry = this.entries.get(id)
    if (!entry) return false
    this.entries.delete(id)
    for (const end of entry.ended) end()
    return true
  }

  clearAll(): void {
    for (const id of this.entries.keys()) this.clear(id)
  }

  list(): { id: number; fault: Fault; account: string | undefined }[] {
    return [...this.entries.values()].map(({ id, fault, scope }) => ({
      id,
      fault,
      account: scope.account?.jid
    }))
  }

  /** The fault of this kind that applies now, without using it up. */
  active<K extends FaultKind>(
    kind: K,
    target: Target,
    fits: (fault: FaultOf<K>) => boolean = () => true
  ): FaultOf<K> | undefined {
    return this.find(kind, target, fits)?.[1]
  }

  /** The fault of this kind that applies now; it counts as one of its times. */
  take<K extends FaultKind>(
    kind: K,
    target: Target,
    fits: (fault: FaultOf<K>) => boolean = () => true
  ): FaultOf<K> | undefined {
    const found = this.find(kind, target, fits)
    if (!found) return undefined
    const [entry, fault] = found
    if (--entry.left <= 0) this.clear(entry.id)
    return fault
  }

  /** Calls back when the fault of this kind ends; at once when there is none. */
  whenOver(kind: FaultKind, target: Target, then: () => void): void {
    const found = this.find(kind, target, () => true)
    if (found) found[0].ended.push(then)
    else then()
  }

  /** How one stanza is written to a device. */
  async departure(target: { companion: Companion; kind: StanzaKind }, node: BinaryNode): Promise<Delivery> {
    if (this.entries.size === 0) return { nodes: [node] }
    const applies = (fault: { stanza?: StanzaKind }): boolean =>
      fault.stanza === undefined || fault.stanza === target.kind
    const delay = this.take('delay', target, applies)
    if (delay) await new Promise(resolve => setTimeout(resolve, delay.ms).unref())
    const nodes = this.take('duplicate', target, applies) ? [node, node] : [node]
    const reorder = this.take('reorder', target, applies)
    const thenDrop = this.countdown(target, applies)
    return {
      nodes,
      thenDrop,
      ...(reorder ? { holdUntil: { count: reorder.count, withinMs: reorder.withinMs ?? 500 } } : {})
    }
  }

  private countdown(target: Target, applies: (fault: { stanza?: StanzaKind }) => boolean): boolean {
    return this.counted(this.find('dropAfter', target, applies)) !== undefined
  }

  /** The fault that ends the connection of a client which has just sent a stanza. */
  dropOnReceived(target: Target, stanza: string): FaultOf<'dropOnReceived'> | undefined {
    return this.counted(
      this.find('dropOnReceived', target, ({ sent }) => sent === undefined || sent === stanza)
    )
  }

  /** The fault, if this was the last stanza that it waited for. */
  private counted<F extends Fault & { readonly count: number }>(
    found: [Entry, F] | undefined
  ): F | undefined {
    if (!found) return undefined
    const [entry, fault] = found
    if (++entry.seen < fault.count) return undefined
    entry.seen = 0
    if (--entry.left <= 0) this.clear(entry.id)
    return fault
  }

  private find<K extends FaultKind>(
    kind: K,
    target: Target,
    fits: (fault: FaultOf<K>) => boolean
  ): [Entry, FaultOf<K>] | undefined {
    const account = target.account ?? target.companion?.account
    for (const entry of this.entries.values()) {
      if (!isKind(entry.fault, kind)) continue
      if (entry.scope.account && entry.scope.account !== account) continue
      if (entry.scope.device !== undefined && entry.scope.device !== target.companion?.number) continue
      if (fits(entry.fault)) return [entry, entry.fault]
    }
    return undefined
  }
}

const isKind = <K extends FaultKind>(fault: Fault, kind: K): fault is FaultOf<K> => fault.kind === kind
