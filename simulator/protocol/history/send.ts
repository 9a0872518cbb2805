// How a phone gives its history to a linked device: notifications in peer messages, each naming a chunk that comes inline or is
// fetched from the media host.
import { proto } from '@whiskeysockets/baileys'
import type { Companion } from '../../state/account.ts'
import type { FaultOf } from '../../state/faults.ts'
import { buildChunk, compressChunk } from '../../state/history/chunk.ts'
import type { Mailbox } from '../../state/history/mailbox.ts'
import { type Chunk, planChunks, type PreparedChunk, type SyncPlan } from '../../state/history/plan.ts'
import { damaged, encryptMedia, sha256Of } from '../../state/media/encryption.ts'
import type { Network } from '../../state/network.ts'
import { Random } from '../../state/random.ts'
import { sendPeerMessage } from '../messages/peer.ts'

type Notification = proto.Message.IHistorySyncNotification

/** Sends every chunk's notification, one after another; a chunk is made when its turn comes. */
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
  const notification: Notification = {
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
  notification: Notification,
  { directPath, fileEncSha256, fileLength, fileSha256, mediaKey }: PreparedChunk
): Promise<void> => {
  const file = { mediaKey, fileSha256, fileEncSha256, fileLength, directPath }
  await sendNotification(network, companion, { ...notification, ...file }, fileLength)
}

export const sendChunk = async (
  network: Network,
  companion: Companion,
  options: { plan: SyncPlan; build: () => proto.IHistorySync; notification: Notification }
): Promise<void> => {
  const { plan, build, notification } = options
  const compress = (): Buffer => compressChunk(build())
  const plain = compress()
  const id = network.messageId()
  const fault = chunkFault(network, companion, notification)
  const payload =
    plain.length < plan.inlineBelowBytes && !fault
      ? { initialHistBootstrapInlinePayload: plain }
      : offerChunk(network, companion, { id, plain, compress, effect: fault?.effect })
  await sendNotification(network, companion, { ...notification, ...payload }, plain.length, id)
}

const chunkFault = (
  network: Network,
  companion: Companion,
  { chunkOrder, syncType }: Notification
): FaultOf<'historyChunk'> | undefined =>
  network.faults.take(
    'historyChunk',
    { companion },
    one =>
      (one.chunkOrder === undefined || one.chunkOrder === (chunkOrder ?? 0)) &&
      (one.syncType === undefined || one.syncType === Number(syncType ?? 0))
  )

/** Puts a chunk on the media host, unless a fault keeps it away; returns what the notification says about the file. */
const offerChunk = (
  network: Network,
  companion: Companion,
  chunk: {
    id: string
    plain: Buffer
    compress: () => Buffer
    effect: FaultOf<'historyChunk'>['effect'] | undefined
  }
): Notification => {
  const { id, plain, compress, effect } = chunk
  const seed = new Random(network.seed, companion.account.phoneNumber, companion.number, id)
  const mediaKey = seed.bytes(32)
  const encrypted = encryptMedia(plain, mediaKey, 'md-msg-hist')
  const directPath = `/v/t62.hist/${seed.bytes(16).toString('hex')}.enc`
  const served = (file: Buffer): Buffer => (effect === 'corrupt' ? damaged(file) : file)
  if (effect !== 'missing') {
    const makeAgain = (): Buffer => served(encryptMedia(compress(), mediaKey, 'md-msg-hist'))
    network.media.offer(directPath, makeAgain, served(encrypted))
  }
  return {
    mediaKey,
    fileSha256: sha256Of(plain),
    fileEncSha256: sha256Of(encrypted),
    fileLength: plain.length,
    directPath
  }
}

const sendNotification = async (
  network: Network,
  companion: Companion,
  historySyncNotification: Notification,
  bytes: number,
  id?: string
): Promise<void> => {
  const type = proto.Message.ProtocolMessage.Type.HISTORY_SYNC_NOTIFICATION
  await sendPeerMessage(network, companion, { type, historySyncNotification }, id)
  network.signals.emit('chunk', {
    device: companion.jid,
    syncType: historySyncNotification.syncType ?? 0,
    chunkOrder: historySyncNotification.chunkOrder ?? 0,
    bytes
  })
}
