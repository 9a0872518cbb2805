// What a linked device has not confirmed yet. Everything addressed to a device goes through here, in order: sent at once
// while it is connected, queued until it is receipted (messages) or acknowledged (everything else), and delivered again,
// marked offline, on the next connection.
import type { BinaryNode } from '../wire/binary-node.ts'
import { element, SERVER_JID } from '../wire/stanza.ts'

/** Stanzas by their tag; `other` is any that has another one. */
export const STANZA_KINDS = ['message', 'receipt', 'notification', 'call', 'status', 'other'] as const
export type StanzaKind = (typeof STANZA_KINDS)[number]

export interface QueuedStanza {
  readonly sequence: number
  readonly kind: StanzaKind
  /** May become another one with the same id, as long as it was not written. */
  node: BinaryNode
  readonly queuedAt: number
  /** How often it was written to a connection. */
  deliveries: number
  /** The connection it was last written to. */
  sentOn: number | undefined
}

export interface QueueObserver {
  changed(): void
  written(entry: QueuedStanza): void
  settled(entry: QueuedStanza): void
}

export interface Outlet {
  readonly id: number
  readonly closed: boolean
  readonly bufferedBytes: number
  send(node: BinaryNode): Promise<boolean>
  destroy(): void
}

/** Decides how one stanza is written: this is where faults apply. */
export type Departure = (entry: QueuedStanza, node: BinaryNode) => Promise<Delivery>

export interface Delivery {
  readonly nodes: BinaryNode[]
  /** The connection breaks right after. */
  readonly thenDrop?: boolean
  /** Wait for this many stanzas, or this long, and send them in reverse. */
  readonly holdUntil?: { readonly count: number; readonly withinMs: number }
}

const BUFFERED_HIGH = 4 * 1024 * 1024

/** How much of a backlog comes before a device asks for it, and at most for each time it asks. */
const UNASKED = 5
const MOST_ASKED = 200

export class StanzaQueue {
  private readonly entries = new Map<number, QueuedStanza>()
  private readonly byId = new Map<string, Set<QueuedStanza>>()
  private unsent: QueuedStanza[] = []
  private head = 0
  private heldBack: { entry: QueuedStanza; nodes: BinaryNode[] }[] = []
  private heldTimer: NodeJS.Timeout | undefined
  private nextSequence = 1
  private outlet: Outlet | undefined
  private backlogEnd = 0
  private backlogSize = 0
  /** How many more of the backlog may leave before the device asks again. */
  private allowed = Infinity
  private offlineAnnounced = true
  private pumping = false
  private paused = false
  /** The stanza that the device refused, and behind which everything else is held back. */
  private refused: QueuedStanza | undefined
  private readonly departure: Departure
  private readonly observer: QueueObserver

  constructor(departure: Departure, observer: QueueObserver) {
    this.departure = departure
    this.observer = observer
  }

  get size(): number {
    return this.entries.size
  }

  get connected(): boolean {
    return this.outlet !== undefined
  }

  waiting(): readonly QueuedStanza[] {
    return [...this.entries.values()]
  }

  add(kind: StanzaKind, node: BinaryNode): QueuedStanza {
    const entry: QueuedStanza = {
      sequence: this.nextSequence++,
      kind,
      node,
      queuedAt: Date.now(),
      deliveries: 0,
      sentOn: undefined
    }
    this.entries.set(entry.sequence, entry)
    const id = node.attrs.id ?? ''
    const named = this.byId.get(id) ?? new Set()
    this.byId.set(id, named.add(entry))
    if (this.outlet) this.unsent.push(entry)
    this.observer.changed()
    this.pump()
    return entry
  }

  /** Deletes the entries that a receipt or an acknowledgement confirms; returns them. */
  settle(id: string, names: (entry: QueuedStanza) => boolean, most = Infinity): QueuedStanza[] {
    const named = this.byId.get(id)
    if (!named) return []
    const settled = [...named].filter(entry => entry.deliveries > 0 && names(entry)).slice(0, most)
    for (const entry of settled) {
      this.entries.delete(entry.sequence)
      named.delete(entry)
      this.observer.settled(entry)
    }
    if (named.size === 0) this.byId.delete(id)
    if (settled.length > 0) this.observer.changed()
    if (this.refused && !this.entries.has(this.refused.sequence)) {
      this.refused = undefined
      this.pump()
    }
    return settled
  }

  /** The device refuses a stanza that has to be acknowledged: it stays, and nothing else leaves before it is. */
  refuse(id: string, names: (entry: QueuedStanza) => boolean): void {
    this.refused ??= [...(this.byId.get(id) ?? [])].find(entry => entry.deliveries > 0 && names(entry))
  }

  /** Deletes everything that waits, as WhatsApp does for a device that is away too long; returns how much it was. */
  expire(): number {
    const expired = this.waiting()
    this.entries.clear()
    this.byId.clear()
    this.unsent = []
    this.head = 0
    this.refused = undefined
    for (const entry of expired) this.observer.settled(entry)
    if (expired.length > 0) this.observer.changed()
    return expired.length
  }

  /**
   * The device is connected and wants its stanzas: first what waited, then `offline`, then what comes. `asked`: of what waited only as
   * much as it asks for.
   */
  open(outlet: Outlet, { asked }: { readonly asked: boolean }): void {
    this.outlet = outlet
    this.allowed = asked ? UNASKED : Infinity
    const backlog = this.waiting()
    // What was refused comes first, as long as it takes.
    this.unsent = [
      ...backlog.filter(entry => entry === this.refused),
      ...backlog.filter(entry => entry !== this.refused)
    ]
    this.head = 0
    this.backlogSize = backlog.length
    this.backlogEnd = this.nextSequence
    this.offlineAnnounced = false
    const count = (kind: StanzaKind) => String(backlog.filter(entry => entry.kind === kind).length)
    if (backlog.length > 0) {
      void outlet.send(
        element('ib', { from: SERVER_JID }, [
          element('offline_preview', {
            count: backlog.length,
            message: count('message'),
            receipt: count('receipt'),
            notification: count('notification'),
            call: count('call'),
            appdata: '0'
          })
        ])
      )
    }
    this.pump()
  }

  /** The device asks for more of what waits. */
  allow(count: number): void {
    this.allowed += Math.min(count, MOST_ASKED)
    this.pump()
  }

  /** Nothing leaves until `resume`: what is added waits as if the network were slow. */
  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
    this.pump()
  }

  close(outlet: Outlet): void {
    if (this.outlet !== outlet) return
    this.outlet = undefined
    this.forgetHeld()
  }

  clear(): void {
    this.entries.clear()
    this.byId.clear()
    this.unsent = []
    this.head = 0
    this.observer.changed()
  }

  private pump(): void {
    if (this.pumping || this.paused || !this.outlet) return
    this.pumping = true
    void this.drain().finally(() => {
      this.pumping = false
      if (
        this.outlet &&
        !this.outlet.closed &&
        !this.paused &&
        !this.refused &&
        (this.offlineAnnounced ? this.peek() : this.allowed > 0 || !this.peek())
      )
        this.pump()
    })
  }

  private async drain(): Promise<void> {
    for (;;) {
      const outlet = this.outlet
      if (!outlet || outlet.closed || this.paused) return
      const entry = this.peek()
      if (!this.offlineAnnounced && (!entry || entry.sequence >= this.backlogEnd)) {
        this.offlineAnnounced = true
        await outlet.send(
          element('ib', { from: SERVER_JID }, [element('offline', { count: this.backlogSize })])
        )
        continue
      }
      if (!entry || (this.refused && entry !== this.refused)) return
      if (!this.offlineAnnounced && this.allowed-- <= 0) {
        this.allowed = 0
        return
      }
      this.head++
      await this.write(outlet, entry)
    }
  }

  /** The next entry to leave on this connection; what was settled meanwhile is skipped. */
  private peek(): QueuedStanza | undefined {
    for (;;) {
      const entry = this.unsent[this.head]
      if (!entry) {
        this.unsent = []
        this.head = 0
        return undefined
      }
      if (this.entries.has(entry.sequence)) return entry
      this.head++
    }
  }

  private async write(outlet: Outlet, entry: QueuedStanza): Promise<void> {
    entry.sentOn = outlet.id
    const offline = entry.sequence < this.backlogEnd && !this.offlineAnnounced
    const node = offline
      ? { ...entry.node, attrs: { ...entry.node.attrs, offline: String(Math.min(entry.deliveries, 9)) } }
      : entry.node
    const { nodes, holdUntil, thenDrop } = await this.departure(entry, node)
    if (holdUntil) {
      this.heldBack.push({ entry, nodes })
      if (this.heldBack.length >= holdUntil.count) await this.releaseHeld(outlet)
      else this.heldTimer ??= setTimeout(() => void this.releaseHeld(outlet), holdUntil.withinMs).unref()
      return
    }
    await this.writeNow(outlet, entry, nodes, thenDrop)
  }

  private async releaseHeld(outlet: Outlet): Promise<void> {
    const held = this.heldBack.reverse()
    this.forgetHeld()
    for (const { entry, nodes } of held) await this.writeNow(outlet, entry, nodes)
  }

  private forgetHeld(): void {
    clearTimeout(this.heldTimer)
    this.heldTimer = undefined
    this.heldBack = []
  }

  private async writeNow(
    outlet: Outlet,
    entry: QueuedStanza,
    nodes: BinaryNode[],
    thenDrop = false
  ): Promise<void> {
    for (const node of nodes) {
      if (outlet.closed) return
      entry.deliveries++
      this.observer.written(entry)
      const left = outlet.send(node)
      if (thenDrop || outlet.bufferedBytes > BUFFERED_HIGH) await left
    }
    if (thenDrop) {
      outlet.destroy()
      this.close(outlet)
    }
  }
}
