// What is asked of the account's own phone, in messages that only the phone gets: history, messages that arrived without
// content, a history chunk that could not be read. The phone answers later, in a message of its own, or never.
import { jidNormalizedUser, proto } from '@whiskeysockets/baileys'
import { Effect } from 'effect'
import { PAGE_MESSAGES, type TimeUnit } from '../../../domain/backfill.ts'
import { newWhatsAppMessageId } from '../../../domain/ids.ts'
import { namesWriters } from '../../../domain/jid.ts'
import type { Target } from '../../../domain/outbox.ts'
import type { RawMessage } from '../convert/chunk.ts'
import type { OpenConnections } from '../open-connections.ts'

/** A page of a chat to ask the phone for. */
export interface HistoryRequest {
  /** The id of the message that asks; the answer names it. */
  readonly requestId: string
  readonly chatJid: string
  /** The message before which the page ends. */
  readonly before: RawMessage
  readonly count: number
  /** In which unit the phone is given the time of `before`. */
  readonly timeUnit: TimeUnit
}

const { PeerDataOperationRequestType } = proto.Message

/** What the person at the other end waits for wakes the phone; the rest waits for its turn. */
const FORCED: ReadonlySet<proto.Message.PeerDataOperationRequestType> = new Set([
  PeerDataOperationRequestType.GENERATE_LINK_PREVIEW,
  PeerDataOperationRequestType.HISTORY_SYNC_ON_DEMAND,
  PeerDataOperationRequestType.PLACEHOLDER_MESSAGE_RESEND
])

const urgencyOf = ({
  peerDataOperationRequestType: type
}: proto.Message.IPeerDataOperationRequestMessage): Record<string, string> =>
  type != null && FORCED.has(type)
    ? { push_priority: 'high_force', privacy_sensitive: '1' }
    : { push_priority: 'high' }

type Ask = ReturnType<typeof makeAsk>

/** Completes when WhatsApp has the request; the phone's answer names `requestId`. */
const makeAsk = (connections: OpenConnections, timeoutMs: number) =>
  Effect.fnUntraced(function* (
    accountId: string,
    requestId: string,
    request: proto.Message.IPeerDataOperationRequestMessage
  ) {
    const { acknowledgements, socket } = yield* connections.get(accountId)
    const unanswered = () => connections.unanswered(accountId, socket)
    const relaying = Effect.tryPromise({
      try: () =>
        socket.relayMessage(
          jidNormalizedUser(socket.authState.creds.me?.id),
          {
            protocolMessage: {
              type: proto.Message.ProtocolMessage.Type.PEER_DATA_OPERATION_REQUEST_MESSAGE,
              peerDataOperationRequestMessage: request
            }
          },
          {
            messageId: requestId,
            additionalAttributes: { category: 'peer', ...urgencyOf(request) },
            additionalNodes: [{ tag: 'meta', attrs: { appdata: 'default' } }]
          }
        ),
      catch: cause => connections.failed(accountId, socket, cause)
    })
    yield* acknowledgements
      .awaitAfter(requestId, relaying)
      .pipe(Effect.timeoutOrElse({ duration: timeoutMs, orElse: () => Effect.fail(unanswered()) }))
  })

const askForChunk = (ask: Ask) =>
  Effect.fn('WhatsApp.askForChunk')(function* (
    accountId: string,
    requestId: string,
    notificationId: string,
    notification: Uint8Array
  ) {
    const { chunkOrder, syncType } = proto.Message.HistorySyncNotification.decode(notification)
    yield* ask(accountId, requestId, {
      peerDataOperationRequestType: PeerDataOperationRequestType.HISTORY_SYNC_CHUNK_RETRY,
      historySyncChunkRetryRequest: {
        syncType: syncType ?? 0,
        chunkOrder: chunkOrder ?? 0,
        chunkNotificationId: notificationId,
        regenerateChunk: true
      }
    })
  })

const askForHistory = (ask: Ask) =>
  Effect.fn('WhatsApp.askForHistory')(function* (
    accountId: string,
    { before, chatJid, count, requestId, timeUnit }: HistoryRequest
  ) {
    yield* ask(accountId, requestId, {
      peerDataOperationRequestType: PeerDataOperationRequestType.HISTORY_SYNC_ON_DEMAND,
      historySyncOnDemandRequest: {
        chatJid,
        oldestMsgId: before.whatsAppId,
        oldestMsgFromMe: before.fromMe,
        oldestMsgTimestampMs: timeUnit === 'seconds' ? Math.floor(before.at / 1000) : before.at,
        onDemandMsgCount: Math.min(PAGE_MESSAGES, count)
      }
    })
  })

const askForMessages = (ask: Ask) =>
  Effect.fn('WhatsApp.askForMessages')(function* (
    accountId: string,
    chatJid: string,
    targets: ReadonlyArray<Target & { readonly fromMe: boolean }>
  ) {
    yield* ask(accountId, newWhatsAppMessageId(), {
      peerDataOperationRequestType: PeerDataOperationRequestType.PLACEHOLDER_MESSAGE_RESEND,
      placeholderMessageResendRequest: targets.map(({ fromMe, sender, whatsAppId }) => ({
        messageKey: {
          remoteJid: chatJid,
          fromMe,
          id: whatsAppId,
          ...(namesWriters(chatJid) && sender !== null ? { participant: sender } : {})
        }
      }))
    })
  })

export const makePhoneRequests = (connections: OpenConnections, timeoutMs: number) => {
  const ask = makeAsk(connections, timeoutMs)
  return {
    askForChunk: askForChunk(ask),
    askForHistory: askForHistory(ask),
    askForMessages: askForMessages(ask)
  }
}
