// Fair turns between senders. A few stanzas are handled as they come; when more are under way, those of one sender are handled one after the
// other, and those of different senders in turn, so that whoever sends a great many, or what takes long to handle, delays nobody else.
import { AsyncResource } from 'node:async_hooks'

export interface SenderTurns {
  /**
   * Calls `turn`, at once when little is under way and nothing waits, and never before what came from this sender before. A
   * rejection of what it returns stays unhandled, in the async context of the caller.
   */
  readonly take: (sender: string, bytes: number, turn: () => Promise<unknown>) => void
  /** How full the room for what waits is: from 1 on nothing more should be read. */
  readonly fullness: () => number
  /** Forgets what waits: the connection is over. */
  readonly end: () => void
}

interface Waiting {
  readonly bytes: number
  readonly turn: (over: () => void) => void
}

/** Up to so many at the same time are begun in the order in which they came, whoever has sent them. */
const FEW = 16
/** So many turns are under way at most: one that waits for an answer of WhatsApp's does not stop the others. */
const MOST_AT_ONCE = 32
/** After this the sender's next turn begins, whether the last one has ended or not. */
const LONGEST_TURN_MS = 20_000

/** What may wait in memory; the rest stays with WhatsApp. */
const MOST_WAITING = 5000
const MOST_BYTES = 32 * 1024 * 1024

export const makeSenderTurns = (options: { readonly longestTurnMs?: number } = {}): SenderTurns => {
  const { longestTurnMs = LONGEST_TURN_MS } = options
  /** What waits of each sender who has something waiting. */
  const waiting = new Map<string, Array<Waiting>>()
  /** The same senders, in their order. */
  let order: Array<string> = []
  /** How many turns of each sender are under way. */
  const underWay = new Map<string, number>()
  const timers = new Set<NodeJS.Timeout>()
  let atOnce = 0
  let count = 0
  let bytes = 0

  const noteUnderWay = (sender: string, change: number): void => {
    atOnce += change
    const now = (underWay.get(sender) ?? 0) + change
    if (now === 0) underWay.delete(sender)
    else underWay.set(sender, now)
  }

  const begin = (sender: string, next: Waiting): void => {
    noteUnderWay(sender, 1)
    let isOver = false
    const over = (): void => {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      timers.delete(timer)
      noteUnderWay(sender, -1)
      count -= 1
      bytes -= next.bytes
      // Not before sockets were read: turns whose work waits for nothing but the database would follow each other without a pause.
      if (order.length > 0) setImmediate(beginWaiting)
    }
    const timer = setTimeout(over, longestTurnMs).unref()
    timers.add(timer)
    next.turn(over)
  }

  const beginWaiting = (): void => {
    while (atOnce < MOST_AT_ONCE) {
      const place = order.findIndex(sender => !underWay.has(sender))
      const [sender] = place < 0 ? [] : order.splice(place, 1)
      if (sender === undefined) return
      const entries = waiting.get(sender) ?? []
      const next = entries.shift()
      if (entries.length === 0) waiting.delete(sender)
      else order.push(sender)
      if (next !== undefined) begin(sender, next)
    }
  }

  return {
    take: (sender, size, turn) => {
      count += 1
      bytes += size
      const entry = {
        bytes: size,
        turn: AsyncResource.bind((over: () => void) => void turn().finally(over))
      }
      if (order.length === 0 && atOnce < FEW) return begin(sender, entry)
      const before = waiting.get(sender)
      if (before !== undefined) return void before.push(entry)
      waiting.set(sender, [entry])
      order.push(sender)
      beginWaiting()
    },
    fullness: () => Math.max(count / MOST_WAITING, bytes / MOST_BYTES),
    end: () => {
      waiting.clear()
      order = []
      for (const timer of timers) clearTimeout(timer)
    }
  }
}
