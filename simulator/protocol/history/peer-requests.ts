// What a linked device asks its own phone in peer messages: older history of one chat, a lost history chunk, a message it could
// not read, app-state keys, an app-state collection.
import { proto } from '@whiskeysockets/baileys'
import type { Account, Companion } from '../../state/account.ts'
import type { Network } from '../../state/network.ts'
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
  companion: Companion,
  id: string,
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
  network.signals.emit('peerRequest', {
    device: companion.jid,
    id,
    type: PeerDataOperationRequestType[request.peerDataOperationRequestType ?? 0]
  })
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

/** A chunk the device could not use is made and announced once more, or refused when there is no such chunk. */
const answerChunkRetry = async (
  network: Network,
  companion: Companion,
  id: string,
  request: ChunkRetryRequest
): Promise<void> => {
  const mailbox = network.mailboxes.get(companion.account)
  const wanted = { syncType: request.syncType ?? 0, chunkOrder: request.chunkOrder ?? 0 }
  if (mailbox && (await sendChunkAgain(network, companion, mailbox, wanted))) return
  await respond(network, companion, id, PeerDataOperationRequestType.HISTORY_SYNC_CHUNK_RETRY, [
    {
      historySyncChunkRetryResponse: {
        ...wanted,
        requestId: id,
        responseCode: HistorySyncChunkRetryResponseCode.GENERATION_ERROR,
        canRecover: false
      }
    }
  ])
}

/** The whole messages behind placeholders, as far as the phone holds them. */
const answerPlaceholders = async (
  network: Network,
  companion: Companion,
  id: string,
  requests: PlaceholderRequest[]
): Promise<void> => {
  const results = requests.flatMap(({ messageKey }): PeerResult[] => {
    const { chat, mailbox } = network.chatNamed(companion.account, messageKey?.remoteJid) ?? {}
    const info = chat && messageKey?.id ? mailbox?.infoOf(chat, messageKey.id) : undefined
    if (!info) return []
    const webMessageInfoBytes = proto.WebMessageInfo.encode(info).finish()
    return [{ placeholderMessageResendResponse: { webMessageInfoBytes } }]
  })
  await respond(network, companion, id, PeerDataOperationRequestType.PLACEHOLDER_MESSAGE_RESEND, results)
}
