// How a phone divides its history into chunks. Every generated message is in exactly one chunk, newest first within its chat.
import { proto } from '@whiskeysockets/baileys'
import type { MailboxChat } from './chat.ts'
import type { Mailbox } from './mailbox.ts'

const { HistorySyncType } = proto.HistorySync

export interface SyncPlan {
  /** Newest messages of every chat in the first chunk. */
  readonly bootstrapPerChat: number
  /** The share of the rest that comes as RECENT; what remains comes as FULL, if the device asked for the full history. */
  readonly recentShare: number
  /** Messages per RECENT or FULL chunk. */
  readonly chunkMessages: number
  /** Chunks smaller than this travel inside the message. */
  readonly inlineBelowBytes: number
  /** At most this many of a chat's newest messages are pushed; older ones are given on demand only. */
  readonly pushPerChat: number
}

/** A stretch of one chat, counted from its newest message: `from` included, `to` excluded. */
export interface Stretch {
  readonly chat: MailboxChat
  readonly from: number
  readonly to: number
  /** Whether it ends what is pushed of this chat. */
  readonly last?: boolean
  /** How many messages written while the simulator ran go before the generated stretch. */
  readonly live?: number
}

export interface Chunk {
  readonly syncType: proto.HistorySync.HistorySyncType
  readonly chunkOrder: number
  readonly progress: number
  readonly stretches: Stretch[]
}

/** A chunk that was made before anyone linked: an encrypted file on the media host. */
export interface PreparedChunk {
  readonly syncType: number
  readonly chunkOrder: number
  readonly messages: number
  /** The path of the encrypted file. */
  readonly file: string
  readonly mediaKey: Buffer
  readonly fileSha256: Buffer
  readonly fileEncSha256: Buffer
  readonly fileLength: number
  readonly directPath: string
}

/** All chunks, in the order they are sent; their content is not made yet. */
export const planChunks = (mailbox: Mailbox, plan: SyncPlan, full: boolean): Chunk[] => {
  const bootstrap: Stretch[] = []
  const recent: Stretch[] = []
  const rest: Stretch[] = []
  for (const chat of mailbox.chats) {
    const pushed = Math.min(chat.count, plan.pushPerChat)
    const first = Math.min(plan.bootstrapPerChat, pushed)
    const middle = first + Math.ceil((pushed - first) * plan.recentShare)
    const end = full ? pushed : middle
    bootstrap.push({ chat, from: 0, to: first, live: chat.live.length, last: first === end })
    if (middle > first) recent.push({ chat, from: first, to: middle, last: middle === end })
    if (end > middle) rest.push({ chat, from: middle, to: end, last: true })
  }
  const single = (syncType: Chunk['syncType'], stretches: Stretch[] = []): Chunk => ({
    syncType,
    chunkOrder: 0,
    progress: 100,
    stretches
  })
  return [
    single(HistorySyncType.INITIAL_BOOTSTRAP, bootstrap),
    single(HistorySyncType.INITIAL_STATUS_V3),
    single(HistorySyncType.PUSH_NAME),
    single(HistorySyncType.NON_BLOCKING_DATA),
    ...cut(recent, HistorySyncType.RECENT, plan.chunkMessages),
    ...cut(rest, HistorySyncType.FULL, plan.chunkMessages)
  ]
}

/** Chunks of `size` messages each; a stretch may be divided among several. */
const cut = (stretches: Stretch[], syncType: Chunk['syncType'], size: number): Chunk[] => {
  const chunks: Stretch[][] = []
  let open: Stretch[] = []
  let room = size
  for (const { chat, from, to, last } of stretches) {
    let at = from
    while (at < to) {
      const end = Math.min(to, at + room)
      open.push({ chat, from: at, to: end, last: last === true && end === to })
      room -= end - at
      at = end
      if (room === 0) {
        chunks.push(open)
        open = []
        room = size
      }
    }
  }
  if (open.length > 0) chunks.push(open)
  return chunks.map((part, order) => ({
    syncType,
    chunkOrder: order + 1,
    progress: Math.round(((order + 1) / chunks.length) * 100),
    stretches: part
  }))
}
