// Fair turns between chats: the stanzas of one chat are handled one after the other, and those of different chats in turn, so that whoever
// sends a great many, or what takes long to handle, delays no other chat.
import { AsyncResource } from 'node:async_hooks'

/** Where a stanza belongs. */
export interface Place {
  readonly chat: string
  /** Who has sent it, in a chat of several. */
  readonly sender: string
}

export interface ChatTurns {
  /**
   * Calls `turn` once everything that came in this chat before is handled: at once when nothing waits. When a great many of a chat
   * wait, its senders take turns, too. A rejection of what `turn` returns stays unhandled, in the async context of the caller.
   */
  readonly take: (place: Place, bytes: number, turn: () => Promise<unknown>) => void
  /** How full the room for what waits is: from 1 on nothing more should be read. */
  readonly fullness: () => number
  /** Forgets what waits: the connection is over. */
  readonly end: () => void
}

interface Waiting {
  readonly sender: string
  readonly bytes: number
  readonly turn: (over: () => void) => void
}

/** So many chats have their turn at the same time: one whose turn waits for an answer of WhatsApp's does not stop the others. */
const MOST_AT_ONCE = 32
/** When more of one chat wait, somebody is flooding it. */
const MANY_OF_A_CHAT = 64
/** After this the chat's next turn begins, whether the last one has ended or not. */
const LONGEST_TURN_MS = 20_000

/** What may wait in memory; the rest stays with WhatsApp. */
const MOST_WAITING = 5000
const MOST_BYTES = 32 * 1024 * 1024

/** What waits of a chat. */
interface Queue {
  readonly entries: Array<Waiting>
  /** How many of them each sender has. */
  readonly senders: Map<string, number>
}

const add = ({ entries, senders }: Queue, entry: Waiting): void => {
  entries.push(entry)
  senders.set(entry.sender, (senders.get(entry.sender) ?? 0) + 1)
}

/** Takes the oldest that waits; of a great many, the oldest of another sender than the last one. */
const takeNext = ({ entries, senders }: Queue, lastSender: string | undefined): Waiting | undefined => {
  const takesTurns = entries.length > MANY_OF_A_CHAT && senders.size > 1
  const place = takesTurns ? entries.findIndex(({ sender }) => sender !== lastSender) : 0
  const next = place === 0 ? entries.shift() : entries.splice(place, 1)[0]
  if (next === undefined) return undefined
  const left = (senders.get(next.sender) ?? 1) - 1
  if (left === 0) senders.delete(next.sender)
  else senders.set(next.sender, left)
  return next
}

export const makeChatTurns = (options: { readonly longestTurnMs?: number } = {}): ChatTurns => {
  const { longestTurnMs = LONGEST_TURN_MS } = options
  /** What waits of each chat that has something waiting. */
  const waiting = new Map<string, Queue>()
  /** The same chats, in their order. */
  let order: Array<string> = []
  /** Chats whose turn it is. */
  const underWay = new Set<string>()
  /** Who had the last turn of a chat that has something waiting. */
  const lastSenders = new Map<string, string>()
  const timers = new Set<NodeJS.Timeout>()
  let count = 0
  let bytes = 0

  const begin = (chat: string, next: Waiting): void => {
    underWay.add(chat)
    let isOver = false
    const over = (): void => {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      timers.delete(timer)
      underWay.delete(chat)
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
    while (underWay.size < MOST_AT_ONCE) {
      const place = order.findIndex(chat => !underWay.has(chat))
      const [chat] = place < 0 ? [] : order.splice(place, 1)
      if (chat === undefined) return
      const queue = waiting.get(chat)
      const next = queue && takeNext(queue, lastSenders.get(chat))
      if (queue === undefined || queue.entries.length === 0) {
        waiting.delete(chat)
        lastSenders.delete(chat)
      } else {
        order.push(chat)
        if (next !== undefined) lastSenders.set(chat, next.sender)
      }
      if (next !== undefined) begin(chat, next)
    }
  }

  return {
    take: ({ chat, sender }, size, turn) => {
      count += 1
      bytes += size
      const entry = {
        sender,
        bytes: size,
        turn: AsyncResource.bind((over: () => void) => void turn().finally(over))
      }
      const before = waiting.get(chat)
      if (before !== undefined) return add(before, entry)
      const queue: Queue = { entries: [], senders: new Map() }
      add(queue, entry)
      waiting.set(chat, queue)
      order.push(chat)
      beginWaiting()
    },
    fullness: () => Math.max(count / MOST_WAITING, bytes / MOST_BYTES),
    end: () => {
      waiting.clear()
      lastSenders.clear()
      order = []
      for (const timer of timers) clearTimeout(timer)
    }
  }
}
