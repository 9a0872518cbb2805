// How a phone gives its history to a newly linked device: notifications in peer messages, each naming a chunk that comes
// inline or is fetched from the media host. Every generated message is in exactly one chunk, newest first within its chat.
import { deflateSync } from 'node:zlib'
import { proto } from '@whiskeysockets/baileys'
import type { Account } from '../../state/account.ts'
import type { Companion } from '../../state/companion.ts'
import { isGroupChat, type Mailbox, type MailboxChat } from '../../state/history/mailbox.ts'
import { encryptMedia, sha256Of } from '../../state/media/sample-files.ts'
import type { Network } from '../../state/network.ts'
import type { PreparedChunk } from './prepared.ts'
import { sendPeerMessage } from '../messages/primary-sender.ts'
import { Random } from '../../state/random.ts'
import { unixSeconds } from '../../wire/stanza.ts'

const { HistorySyncType } = proto.HistorySync
const { EndOfHistoryTransferType } = proto.Conversation

export interface SyncPlan {
  /** Newest messages of every chat in the first chunk. */
  readonly bootstrapPerChat: number
  /** The share of the rest that comes as RECENT; what remains comes as FULL, if the device asked for the full history. */
  readonly recentShare: number
  /** Messages per RECENT or FULL chunk. */
  readonly chunkMessages: number
  /** Chunks smaller than this travel inside the message. */
  readonly inlineBelowBytes: number
  /** At most this many of a chat's newest messages are pushed; older ones wait to be asked for. */
  readonly pushPerChat: number
}

/** A stretch of one chat, counted from its newest message: `from` included, `to` excluded. */
interface Stretch {
  readonly chat: MailboxChat
  readonly from: number
  readonly to: number
  /** Whether it ends what is pushed of this chat. */
  readonly last?: boolean
  /** How many messages written while the simulator ran go before the generated stretch. */
  readonly live?: number
}

interface Chunk {
  readonly syncType: proto.HistorySync.HistorySyncType
  readonly chunkOrder: number
  readonly progress: number
  readonly stretches: Stretch[]
}

export const pushedCount = (chat: MailboxChat, plan: SyncPlan): number =>
  Math.min(chat.count, plan.pushPerChat)

/** All chunks, in the order they are sent; none of them is made yet. */
export const planChunks = (mailbox: Mailbox, plan: SyncPlan, full: boolean): Chunk[] => {
  const bootstrap: Stretch[] = []
  const recent: Stretch[] = []
  const rest: Stretch[] = []
  for (const chat of mailbox.chats) {
    const pushed = pushedCount(chat, plan)
    const first = Math.min(plan.bootstrapPerChat, pushed)
    const middle = first + Math.ceil((pushed - first) * plan.recentShare)
    const end = full ? pushed : middle
    bootstrap.push({ chat, from: 0, to: first, live: chat.live.length, last: first === end })
    if (middle > first) recent.push({ chat, from: first, to: middle, last: middle === end })
    if (end > middle) rest.push({ chat, from: middle, to: end, last: true })
  }
  return [
    {
      syncType: HistorySyncType.INITIAL_BOOTSTRAP,
      chunkOrder: 0,
      progress: 100,
      stretches: bootstrap
    },
    { syncType: HistorySyncType.INITIAL_STATUS_V3, chunkOrder: 0, progress: 100, stretches: [] },
    { syncType: HistorySyncType.PUSH_NAME, chunkOrder: 0, progress: 100, stretches: [] },
    { syncType: HistorySyncType.NON_BLOCKING_DATA, chunkOrder: 0, progress: 100, stretches: [] },
    ...cut(recent, HistorySyncType.RECENT, plan.chunkMessages),
    ...cut(rest, HistorySyncType.FULL, plan.chunkMessages)
  ]
}

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

const conversationOf = (mailbox: Mailbox, stretch: Stretch, settings: boolean): proto.IConversation => {
  const { chat, from, to } = stretch
  const messages: proto.IHistorySyncMsg[] = []
  const take = (place: number): void => {
    const info = mailbox.infoAt(chat, place)
    if (info) messages.push({ message: info, msgOrderId: place + 1 })
  }
  for (let newest = (stretch.live ?? 0) - 1; newest >= 0; newest--) take(chat.count + newest)
  for (let newest = from; newest < to; newest++) take(chat.count - 1 - newest)
  const conversation: proto.IConversation = { id: mailbox.chatId(chat), messages }
  const newest = mailbox.size(chat) > 0 ? mailbox.timeAt(chat, mailbox.size(chat) - 1) : undefined
  if (newest !== undefined) {
    conversation.conversationTimestamp = newest
    conversation.lastMsgTimestamp = newest
  }
  if (stretch.last) {
    conversation.endOfHistoryTransfer = true
    conversation.endOfHistoryTransferType =
      to < chat.count
        ? EndOfHistoryTransferType.COMPLETE_BUT_MORE_MESSAGES_REMAIN_ON_PRIMARY
        : EndOfHistoryTransferType.COMPLETE_AND_NO_MORE_MESSAGE_REMAIN_ON_PRIMARY
  }
  Object.assign(conversation, identityOf(chat), settings ? settingsOf(mailbox, chat) : {})
  return conversation
}

export const identityOf = ({ partner }: MailboxChat): proto.IConversation => {
  if (isGroupChat(partner)) return { name: partner.subject }
  return partner.addressing === 'lid'
    ? { name: partner.pushName, pnJid: partner.jid, accountLid: partner.lid }
    : { name: partner.pushName, lidJid: partner.lid }
}

const settingsOf = (mailbox: Mailbox, chat: MailboxChat): proto.IConversation => ({
  unreadCount: chat.unread,
  archived: chat.archived,
  ...(chat.pinned ? { pinned: mailbox.timestampOf(chat, Math.max(0, chat.count - 1)) } : {}),
  ...(chat.muted ? { muteEndTime: 4_000_000_000 } : {}),
  notSpam: true,
  ...(isGroupChat(chat.partner)
    ? {
        participant: [...chat.partner.members].map(([member, rank]) => ({
          userJid: member.address('lid'),
          rank: rank === 'superadmin' ? 2 : rank === 'admin' ? 1 : 0
        }))
      }
    : {})
})

const partnersOf = (mailbox: Mailbox): Account[] => {
  const partners = new Set<Account>([mailbox.owner])
  for (const { partner } of mailbox.chats) {
    if (isGroupChat(partner)) for (const member of partner.members.keys()) partners.add(member)
    else partners.add(partner)
  }
  return [...partners]
}

/** Somebody's status posts: no messages of any chat. */
const statusesOf = (mailbox: Mailbox): proto.IWebMessageInfo[] =>
  partnersOf(mailbox)
    .slice(1, 3)
    .map((author, place) => ({
      key: {
        remoteJid: 'status@broadcast',
        fromMe: false,
        id: `3ASTATUS${place}`,
        participant: author.address(author.addressing)
      },
      message: { conversation: `Status of ${author.pushName}` },
      messageTimestamp: 1_767_225_600
    }))

/** In every group, who of the owner's other contacts has left it. */
const pastParticipantsOf = (mailbox: Mailbox): proto.IPastParticipants[] =>
  mailbox.chats.flatMap(({ partner }) => {
    if (!isGroupChat(partner)) return []
    const gone = partnersOf(mailbox)
      .filter(account => !partner.members.has(account))
      .slice(0, 2)
    return [
      {
        groupJid: partner.id,
        pastParticipants: gone.map((account, place) => ({
          userJid: account.address(partner.addressing),
          leaveReason: place,
          leaveTs: 1_767_225_600 + place
        }))
      }
    ]
  })

export const buildChunk = (mailbox: Mailbox, chunk: Chunk): proto.IHistorySync => {
  const { syncType, chunkOrder, progress, stretches } = chunk
  const common = { syncType, chunkOrder, progress }
  if (syncType === HistorySyncType.PUSH_NAME) {
    return {
      ...common,
      pushnames: partnersOf(mailbox).map(partner => ({
        id: partner.address(partner.addressing),
        pushname: partner.pushName
      }))
    }
  }
  if (syncType === HistorySyncType.INITIAL_STATUS_V3)
    return { ...common, statusV3Messages: statusesOf(mailbox) }
  if (syncType === HistorySyncType.NON_BLOCKING_DATA) {
    return { ...common, pastParticipants: pastParticipantsOf(mailbox) }
  }
  const first = syncType === HistorySyncType.INITIAL_BOOTSTRAP
  return {
    ...common,
    conversations: stretches.map(stretch => conversationOf(mailbox, stretch, first)),
    ...(first
      ? {
          phoneNumberToLidMappings: partnersOf(mailbox).map(({ jid, lid }) => ({ pnJid: jid, lidJid: lid }))
        }
      : {})
  }
}

/** Sends every chunk's notification, one after another, making each chunk only when its turn comes. */
export const sendHistory = async (
  network: Network,
  companion: Companion,
  mailbox: Mailbox,
  plan: SyncPlan
): Promise<void> => {
  for (const chunk of chunksFor(companion, mailbox, plan)) {
    if (network.stopping || !companion.account.companions.has(companion.number)) return
    await network.roomFor(companion)
    await announceChunk(network, companion, mailbox, plan, chunk)
  }
  network.signals.emit('historySent', { device: companion.jid })
}

const chunksFor = (companion: Companion, mailbox: Mailbox, plan: SyncPlan): Chunk[] =>
  planChunks(mailbox, plan, companion.properties.requireFullSync === true)

/** Announces one chunk once more; `false` when there is none of that type and number. */
export const sendChunkAgain = async (
  network: Network,
  companion: Companion,
  mailbox: Mailbox,
  wanted: { syncType: number; chunkOrder: number }
): Promise<boolean> => {
  const plan = network.syncPlanOf(companion.account)
  const chunk = chunksFor(companion, mailbox, plan).find(
    one => Number(one.syncType) === wanted.syncType && one.chunkOrder === wanted.chunkOrder
  )
  if (chunk) await announceChunk(network, companion, mailbox, plan, chunk)
  return chunk !== undefined
}

const announceChunk = async (
  network: Network,
  companion: Companion,
  mailbox: Mailbox,
  plan: SyncPlan,
  chunk: Chunk
): Promise<void> => {
  const oldest = chunk.stretches
    .filter(stretch => stretch.to > stretch.from)
    .map(stretch => mailbox.timestampOf(stretch.chat, stretch.chat.count - stretch.to))
  const notification: proto.Message.IHistorySyncNotification = {
    syncType: chunk.syncType as number as proto.Message.HistorySyncType,
    chunkOrder: chunk.chunkOrder,
    progress: chunk.progress,
    ...(oldest.length > 0 ? { oldestMsgInChunkTimestampSec: Math.min(...oldest) } : {})
  }
  const prepared = network.preparedChunks
    .get(companion.account)
    ?.find(one => one.syncType === Number(chunk.syncType) && one.chunkOrder === chunk.chunkOrder)
  if (prepared) await sendPreparedChunk(network, companion, notification, prepared)
  else await sendChunk(network, companion, { plan, build: () => buildChunk(mailbox, chunk), notification })
}

const sendPreparedChunk = async (
  network: Network,
  companion: Companion,
  notification: proto.Message.IHistorySyncNotification,
  { chunkOrder, directPath, fileEncSha256, fileLength, fileSha256, mediaKey, syncType }: PreparedChunk
): Promise<void> => {
  const file = { mediaKey, fileSha256, fileEncSha256, fileLength, directPath }
  const message = notificationMessage({ ...notification, ...file })
  await sendPeerMessage(network, companion, message, network.messageId(), unixSeconds())
  network.signals.emit('chunk', { device: companion.jid, syncType, chunkOrder, bytes: fileLength })
}

export const sendChunk = async (
  network: Network,
  companion: Companion,
  options: {
    plan: SyncPlan
    build: () => proto.IHistorySync
    notification: proto.Message.IHistorySyncNotification
  }
): Promise<void> => {
  const { plan, build, notification } = options
  const compress = (): Buffer => deflateSync(proto.HistorySync.encode(build()).finish(), { level: 3 })
  const plain = compress()
  const id = network.messageId()
  const chunkOrder = notification.chunkOrder ?? 0
  const syncType = notification.syncType ?? 0
  const { account } = companion
  const fault = network.faults.take(
    'historyChunk',
    { companion },
    one =>
      (one.chunkOrder === undefined || one.chunkOrder === chunkOrder) &&
      (one.syncType === undefined || one.syncType === syncType)
  )
  if (plain.length < plan.inlineBelowBytes && !fault) {
    await sendPeerMessage(
      network,
      companion,
      notificationMessage({ ...notification, initialHistBootstrapInlinePayload: plain }),
      id,
      unixSeconds()
    )
  } else {
    const seed = new Random(network.seed, account.phoneNumber, companion.number, id)
    const mediaKey = seed.bytes(32)
    const encrypted = encryptMedia(plain, mediaKey, 'md-msg-hist')
    const directPath = `/v/t62.hist/${seed.bytes(16).toString('hex')}.enc`
    if (fault?.effect !== 'missing') {
      const damage = (bytes: Buffer): Buffer => {
        if (fault?.effect === 'corrupt') bytes.fill(0x2a, 0, Math.min(64, bytes.length))
        return bytes
      }
      network.media.offer(
        directPath,
        () => damage(encryptMedia(compress(), mediaKey, 'md-msg-hist')),
        damage(Buffer.from(encrypted))
      )
    }
    await sendPeerMessage(
      network,
      companion,
      notificationMessage({
        ...notification,
        mediaKey,
        fileSha256: sha256Of(plain),
        fileEncSha256: sha256Of(encrypted),
        fileLength: plain.length,
        directPath
      }),
      id,
      unixSeconds()
    )
  }
  network.signals.emit('chunk', { device: companion.jid, syncType, chunkOrder, bytes: plain.length })
}

const notificationMessage = (
  notification: proto.Message.IHistorySyncNotification
): proto.Message.IProtocolMessage => ({
  type: proto.Message.ProtocolMessage.Type.HISTORY_SYNC_NOTIFICATION,
  historySyncNotification: notification
})
