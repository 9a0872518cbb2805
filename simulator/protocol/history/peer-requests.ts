// What a linked device asks of its own phone in peer messages: older history of one chat, a message it could not read,
// app-state keys. The phone answers when it is online.
import { proto } from '@whiskeysockets/baileys'
import type { Account } from '../../state/account.ts'
import { shareAppStateKey } from '../app-state.ts'
import type { Companion } from '../../state/companion.ts'
import { identityOf, sendChunk, sendChunkAgain } from './sync.ts'
import { isGroupChat, type Mailbox, type MailboxChat } from '../../state/history/mailbox.ts'
import type { Network } from '../../state/network.ts'
import { sendPeerMessage } from '../messages/primary-sender.ts'
import { unixSeconds } from '../../wire/stanza.ts'

const { Type } = proto.Message.ProtocolMessage
const { PeerDataOperationRequestType } = proto.Message
const { EndOfHistoryTransferType } = proto.Conversation
const ON_DEMAND_LIMIT = 50

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
    await shareAppStateKey(network, companion)
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
  if (request.placeholderMessageResendRequest?.length) {
    await answerPlaceholders(network, companion, id, request.placeholderMessageResendRequest)
  }
}

/** A page of a chat before the anchor, newest first, as an ON_DEMAND chunk that names the request it answers. */
const answerOnDemand = async (
  network: Network,
  companion: Companion,
  id: string,
  request: proto.Message.PeerDataOperationRequestMessage.IHistorySyncOnDemandRequest
): Promise<void> => {
  const mailbox = network.mailboxes.get(companion.account)
  const chat = mailbox && chatNamed(network, mailbox, request.chatJid ?? undefined)
  if (!mailbox || !chat) return
  const fault = network.faults.take('historyOnDemand', { companion }, one =>
    [undefined, request.chatJid, mailbox.chatId(chat)].includes(one.chat)
  )
  if (fault?.effect === 'silent') return
  if (fault?.effect === 'refused') {
    await respond(network, companion, id, PeerDataOperationRequestType.HISTORY_SYNC_ON_DEMAND, [])
    return
  }
  const count = Math.min(Math.max(request.onDemandMsgCount ?? ON_DEMAND_LIMIT, 1), ON_DEMAND_LIMIT)
  const page = pageBefore(mailbox, chat, fault?.effect === 'sameAgain' ? {} : request, count)
  const conversation: proto.IConversation = {
    ...(fault?.effect === 'otherAddress'
      ? { id: otherAddress(chat, request.chatJid) }
      : { id: request.chatJid ?? mailbox.chatId(chat), ...identityOf(chat) }),
    messages: page.infos.map((info, place) => ({
      message: info,
      msgOrderId: page.remaining + page.infos.length - place
    })),
    endOfHistoryTransfer: true,
    endOfHistoryTransferType:
      page.remaining > 0
        ? EndOfHistoryTransferType.COMPLETE_ON_DEMAND_SYNC_BUT_MORE_MSG_REMAIN_ON_PRIMARY
        : EndOfHistoryTransferType.COMPLETE_AND_NO_MORE_MESSAGE_REMAIN_ON_PRIMARY
  }
  await sendChunk(network, companion, {
    plan: network.syncPlanOf(companion.account),
    build: () => ({
      syncType: proto.HistorySync.HistorySyncType.ON_DEMAND,
      chunkOrder: 0,
      progress: 100,
      conversations: [conversation]
    }),
    notification: {
      syncType: proto.Message.HistorySyncType.ON_DEMAND,
      chunkOrder: 0,
      progress: 100,
      peerDataRequestSessionId: id
    }
  })
}

/** The form of a person's address that was not asked with. */
const otherAddress = ({ partner }: MailboxChat, asked: string | null | undefined): string =>
  isGroupChat(partner) ? partner.id : asked === partner.jid ? partner.lid : partner.jid

const chatNamed = (network: Network, mailbox: Mailbox, jid: string | undefined): MailboxChat | undefined => {
  const partner = network.directory.group(jid) ?? network.directory.find(jid)
  return partner && mailbox.find(partner)
}

const pageBefore = (
  mailbox: Mailbox,
  chat: MailboxChat,
  request: proto.Message.PeerDataOperationRequestMessage.IHistorySyncOnDemandRequest,
  count: number
): { infos: proto.IWebMessageInfo[]; remaining: number } => {
  const before = placeOf(mailbox, chat, request)
  const infos: proto.IWebMessageInfo[] = []
  let place = before - 1
  for (; place >= 0 && infos.length < count; place--) {
    const info = mailbox.infoAt(chat, place)
    if (info) infos.push(info)
  }
  return { infos, remaining: place + 1 }
}

/** Where the anchor stands among the chat's messages, oldest first; by its time when its id is not known. */
const placeOf = (
  mailbox: Mailbox,
  chat: MailboxChat,
  request: proto.Message.PeerDataOperationRequestMessage.IHistorySyncOnDemandRequest
): number => {
  const known = mailbox.placeOf(chat, request.oldestMsgId ?? '')
  if (known !== undefined) return known
  const given = Number(request.oldestMsgTimestampMs ?? 0)
  // some clients send seconds where milliseconds are asked for
  const time = given > 100_000_000_000 ? Math.floor(given / 1000) : given
  if (time <= 0) return mailbox.size(chat)
  let low = 0
  let high = mailbox.size(chat)
  while (low < high) {
    const middle = (low + high) >> 1
    if (mailbox.timeAt(chat, middle) < time) low = middle + 1
    else high = middle
  }
  return low
}

/** A chunk the device could not use is made and announced once more, or refused when there is no such chunk. */
const answerChunkRetry = async (
  network: Network,
  companion: Companion,
  id: string,
  request: proto.Message.PeerDataOperationRequestMessage.IHistorySyncChunkRetryRequest
): Promise<void> => {
  const mailbox = network.mailboxes.get(companion.account)
  const { syncType, chunkOrder } = request
  const known =
    mailbox &&
    (await sendChunkAgain(network, companion, mailbox, {
      syncType: syncType ?? 0,
      chunkOrder: chunkOrder ?? 0
    }))
  if (known) return
  await respond(network, companion, id, PeerDataOperationRequestType.HISTORY_SYNC_CHUNK_RETRY, [
    {
      historySyncChunkRetryResponse: {
        syncType: syncType ?? 0,
        chunkOrder: chunkOrder ?? 0,
        requestId: id,
        responseCode:
          proto.Message.PeerDataOperationRequestResponseMessage.PeerDataOperationResult
            .HistorySyncChunkRetryResponseCode.GENERATION_ERROR,
        canRecover: false
      }
    }
  ])
}

const respond = (
  network: Network,
  companion: Companion,
  id: string,
  type: proto.Message.PeerDataOperationRequestType,
  results: proto.Message.PeerDataOperationRequestResponseMessage.IPeerDataOperationResult[]
): Promise<void> =>
  sendPeerMessage(
    network,
    companion,
    {
      type: Type.PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE,
      peerDataOperationRequestResponseMessage: {
        peerDataOperationRequestType: type,
        stanzaId: id,
        peerDataOperationResult: results
      }
    },
    network.messageId(),
    unixSeconds()
  )

/** The whole messages behind placeholders, as far as the phone holds them. */
const answerPlaceholders = async (
  network: Network,
  companion: Companion,
  id: string,
  requests: proto.Message.PeerDataOperationRequestMessage.IPlaceholderMessageResendRequest[]
): Promise<void> => {
  const mailbox = network.mailboxes.get(companion.account)
  const results: proto.Message.PeerDataOperationRequestResponseMessage.IPeerDataOperationResult[] = []
  for (const { messageKey } of requests) {
    const chat = mailbox && chatNamed(network, mailbox, messageKey?.remoteJid ?? undefined)
    const info = chat && messageKey?.id ? messageNamed(mailbox, chat, messageKey.id) : undefined
    if (info) {
      results.push({
        placeholderMessageResendResponse: {
          webMessageInfoBytes: proto.WebMessageInfo.encode(info).finish()
        }
      })
    }
  }
  await respond(network, companion, id, PeerDataOperationRequestType.PLACEHOLDER_MESSAGE_RESEND, results)
}

const messageNamed = (mailbox: Mailbox, chat: MailboxChat, id: string): proto.IWebMessageInfo | undefined => {
  const place = mailbox.placeOf(chat, id)
  return place === undefined ? undefined : mailbox.infoAt(chat, place)
}
