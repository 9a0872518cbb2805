// What a linked device asks its own phone in peer messages: older history of one chat, a lost history chunk, a message it could
// not read, app-state keys, an app-state collection.
import { proto } from '@whiskeysockets/baileys'
import type { Account, Companion } from '../../state/account.ts'
import type { Network } from '../../state/network.ts'
import type { PeerRequest } from '../../state/ledger.ts'
import { statusInfo } from '../../state/statuses.ts'
import { type BinaryNode, child } from '../../wire/binary-node.ts'
import { STATUS_JID } from '../../wire/jid.ts'
import type { Envelope } from '../messages/envelope.ts'
import { answerRecovery, shareAppStateKeys } from '../app-state-keys.ts'
import { answerOnDemand } from './on-demand.ts'
import { type PeerResult, respond } from './peer-response.ts'
import { sendChunkAgain } from './send.ts'

const { Type } = proto.Message.ProtocolMessage
const { PeerDataOperationRequestType } = proto.Message
const { HistorySyncChunkRetryResponseCode } =
  proto.Message.PeerDataOperationRequestResponseMessage.PeerDataOperationResult

type ChunkRetryRequest = proto.Message.PeerDataOperationRequestMessage.IHistorySyncChunkRetryRequest
type PlaceholderRequest = proto.Message.PeerDataOperationRequestMessage.IPlaceholderMessageResendRequest

export const answerPeerMessage = async (
  network: Network,
  account: Account,
  { id, node, sender: companion }: Envelope,
  message: proto.Message
): Promise<void> => {
  const content = message.deviceSentMessage?.message ?? message
  const protocol = content.protocolMessage
  if (!protocol || companion.account !== account) return
  if (protocol.type === Type.APP_STATE_SYNC_KEY_REQUEST) {
    const wanted = protocol.appStateSyncKeyRequest?.keyIds?.flatMap(({ keyId }) => keyId ?? []) ?? []
    network.signals.emit('keyRequest', { device: companion.jid, id, keys: wanted.length })
    await shareAppStateKeys(network, companion, wanted)
    return
  }
  const request = protocol.peerDataOperationRequestMessage
  if (protocol.type !== Type.PEER_DATA_OPERATION_REQUEST_MESSAGE || !request) return
  const asked = describeRequest(companion, id, node, request)
  network.ledger.of(account).peerRequests.push(asked)
  network.signals.emit('peerRequest', { ...asked, device: companion.jid })
  if (!wakesPhone(asked)) return
  if (request.historySyncOnDemandRequest) {
    await answerOnDemand(network, companion, id, request.historySyncOnDemandRequest)
  }
  if (request.historySyncChunkRetryRequest) {
    await answerChunkRetry(network, companion, id, request.historySyncChunkRetryRequest)
  }
  const recovery = request.syncdCollectionFatalRecoveryRequest
  if (recovery) await answerRecovery(network, companion, id, recovery.collectionName ?? '')
  if (request.placeholderMessageResendRequest?.length) {
    await answerPlaceholders(network, companion, id, request.placeholderMessageResendRequest)
  }
}

const describeRequest = (
  { number: device }: Companion,
  id: string,
  node: BinaryNode,
  request: proto.Message.IPeerDataOperationRequestMessage
): PeerRequest => {
  const { privacy_sensitive: privacySensitive, push_priority: pushPriority } = node.attrs
  const appdata = child(node, 'meta')?.attrs.appdata
  const time = request.historySyncOnDemandRequest?.oldestMsgTimestampMs
  return {
    id,
    device,
    type: PeerDataOperationRequestType[request.peerDataOperationRequestType ?? 0] ?? 'unknown',
    ...(pushPriority === undefined ? {} : { pushPriority }),
    ...(privacySensitive === undefined ? {} : { privacySensitive }),
    ...(appdata === undefined ? {} : { appdata }),
    ...(time == null ? {} : { time: Number(time) })
  }
}

/** What a person waits for has to be marked so, or the phone does not get it before it is opened. */
const FORCED = ['GENERATE_LINK_PREVIEW', 'HISTORY_SYNC_ON_DEMAND', 'PLACEHOLDER_MESSAGE_RESEND']

const wakesPhone = ({ appdata, pushPriority, type }: PeerRequest): boolean =>
  !FORCED.includes(type) || (pushPriority === 'high_force' && appdata === 'default')

/** A chunk the device could not use is made and announced once more, or refused when there is no such chunk. */
const answerChunkRetry = async (
  network: Network,
  companion: Companion,
  id: string,
  request: ChunkRetryRequest
): Promise<void> => {
  const mailbox = network.mailboxes.get(companion.account)
  const wanted = { syncType: request.syncType ?? 0, chunkOrder: request.chunkOrder ?? 0 }
  const fault = network.faults.take('historyChunkRetry', { companion })
  if (!fault && mailbox && (await sendChunkAgain(network, companion, mailbox, wanted))) return
  await respond(network, companion, id, PeerDataOperationRequestType.HISTORY_SYNC_CHUNK_RETRY, [
    {
      historySyncChunkRetryResponse: {
        ...wanted,
        requestId: id,
        responseCode: fault?.code ?? HistorySyncChunkRetryResponseCode.GENERATION_ERROR,
        canRecover: fault?.canRecover ?? false
      }
    }
  ])
}

const heldInfo = (
  network: Network,
  account: Account,
  { id, remoteJid }: proto.IMessageKey
): proto.IWebMessageInfo | undefined => {
  if (remoteJid === STATUS_JID) {
    const status = account.statuses.find(one => one.id === id)
    return status && statusInfo(account, status)
  }
  const { chat, mailbox } = network.chatNamed(account, remoteJid) ?? {}
  return chat && id ? mailbox?.infoOf(chat, id) : undefined
}

/** The whole messages behind placeholders, as far as the phone holds them. */
const answerPlaceholders = async (
  network: Network,
  companion: Companion,
  id: string,
  requests: PlaceholderRequest[]
): Promise<void> => {
  const results = requests.flatMap(({ messageKey }): PeerResult[] => {
    const info = messageKey?.id ? heldInfo(network, companion.account, messageKey) : undefined
    if (!info) return []
    const webMessageInfoBytes = proto.WebMessageInfo.encode(info).finish()
    return [{ placeholderMessageResendResponse: { webMessageInfoBytes } }]
  })
  await respond(network, companion, id, PeerDataOperationRequestType.PLACEHOLDER_MESSAGE_RESEND, results)
}
