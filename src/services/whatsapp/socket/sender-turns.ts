// Fair turns between senders: the stanzas of one sender are handled one after the other, and those of different senders in turn, so that
// whoever sends a great many, or what takes long to handle, delays nobody else.
import { AsyncResource } from 'node:async_hooks'

export interface SenderTurns {
  /**
   * Calls `turn` once everything that came from this sender before is handled: at once when nobody waits. A rejection of what it
   * returns stays unhandled, in the async context of the caller.
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

/** So many senders have their turn at the same time: one whose turn waits for an answer of WhatsApp's does not stop the others. */
const MOST_AT_ONCE = 32
/** After this the sender's next turn begins, whether the last one has ended or not. */
const LONGEST_TURN_MS = 20_000

/** What may wait in memory; the rest stays with WhatsApp. */
const MOST_WAITING = 5000
const MOST_BYTES = 32 * 1024 * 1024

export const makeSenderTurns = (options: { readonly longestTurnMs?: number } = {}): SenderTurns => {
  const { longestTurnMs = LONGEST_TURN_MS } = options
  /** What waits of each sender; a sender who has a turn, or waits for one, is listed. */
  const waiting = new Map<string, Array<Waiting>>()
  /** Senders whose next turn can begin, in their order. */
  let ready: Array<string> = []
  const timers = new Set<NodeJS.Timeout>()
  let atOnce = 0
  let count = 0
  let bytes = 0

  const begin = (sender: string, next: Waiting): void => {
    atOnce += 1
    let isOver = false
    const over = (): void => {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      timers.delete(timer)
      atOnce -= 1
      count -= 1
      bytes -= next.bytes
      if ((waiting.get(sender)?.length ?? 0) > 0) ready.push(sender)
      else waiting.delete(sender)
      // Not before sockets were read: turns whose work waits for nothing but the database would follow each other without a pause.
      if (ready.length > 0) setImmediate(beginReady)
    }
    const timer = setTimeout(over, longestTurnMs).unref()
    timers.add(timer)
    next.turn(over)
  }

  const beginReady = (): void => {
    while (atOnce < MOST_AT_ONCE) {
      const sender = ready.shift()
      if (sender === undefined) return
      const next = waiting.get(sender)?.shift()
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
      const before = waiting.get(sender)
      if (before !== undefined) return void before.push(entry)
      waiting.set(sender, [entry])
      ready.push(sender)
      beginReady()
    },
    fullness: () => Math.max(count / MOST_WAITING, bytes / MOST_BYTES),
    end: () => {
      waiting.clear()
      ready = []
      for (const timer of timers) clearTimeout(timer)
    }
  }
}
