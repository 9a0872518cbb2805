// What an account does on its open connection besides receiving: send, upload, tell that it read or types.
import { createReadStream } from 'node:fs'
import {
  type AnyMediaMessageContent,
  type BinaryNode,
  jidNormalizedUser,
  prepareWAMessageMedia,
  proto,
  type WASocket
} from '@whiskeysockets/baileys'
import { Deferred, Effect, Schema } from 'effect'
import { newWhatsAppMessageId } from '../../domain/ids.ts'
import { isGroupJid } from '../../domain/jid.ts'
import type { MediaType, Target } from '../../domain/outbox.ts'
import { type Live, SendRefused } from './socket/connection.ts'
import { refusal, refusalCodeOf } from './socket/baileys-errors.ts'
import type { RawMessage } from './convert/chunk.ts'
import { contextOf, type Destination } from './convert/outgoing.ts'
import { type MediaRequest, requestNode } from './phone/media-reupload.ts'

/** The account has no open connection: wait for one; this is no attempt. */
export class NotConnected extends Schema.TaggedError<NotConnected>()('NotConnected', {}) {}

/** WhatsApp did not confirm the message in time; it may or may not have it, so it is sent again with the same id. */
export class NotConfirmed extends Schema.TaggedError<NotConfirmed>()('NotConfirmed', {}) {}

/** The file did not reach WhatsApp's media server. */
export class UploadFailed extends Schema.TaggedError<UploadFailed>()('UploadFailed', {
  reason: Schema.String
}) {}

export interface Outgoing {
  readonly toJid: string
  readonly whatsAppId: string
  /** The `Message` protobuf. */
  readonly content: Uint8Array
}

/** A file to be sent, with all that its message says. */
export interface OutgoingMedia {
  readonly type: MediaType
  readonly path: string
  readonly mimeType: string
  readonly fileName?: string | undefined
  readonly caption?: string | undefined
  readonly mentions?: ReadonlyArray<string> | undefined
  readonly quoted?: Target | undefined
}

/** A page of a chat to ask the phone for. */
export interface HistoryRequest {
  /** The id of the message that asks; the answer names it. */
  readonly requestId: string
  readonly chatJid: string
  /** The message before which the page ends. */
  readonly before: RawMessage
  readonly count: number
}

export type TypingState = 'composing' | 'recording' | 'paused'

const UPLOAD_TIMEOUT_MS = 10 * 60_000

/** What WhatsApp wants to know of some messages outside of their encryption. */
const attributesOf = (message: proto.IMessage, toJid: string): { edit?: string } => {
  const { protocolMessage } = message
  if (protocolMessage?.type === proto.Message.ProtocolMessage.Type.MESSAGE_EDIT) return { edit: '1' }
  if (protocolMessage?.type !== proto.Message.ProtocolMessage.Type.REVOKE) return {}
  return { edit: isGroupJid(toJid) && protocolMessage.key?.fromMe !== true ? '8' : '7' }
}

const nodesOf = (message: proto.IMessage): Array<BinaryNode> =>
  message.pollCreationMessage || message.pollCreationMessageV3
    ? [{ tag: 'meta', attrs: { polltype: 'creation' } }]
    : []

const mediaContent = (media: OutgoingMedia): AnyMediaMessageContent => {
  const file = { stream: createReadStream(media.path) }
  const mimetype = media.mimeType
  const caption = media.caption === undefined ? {} : { caption: media.caption }
  switch (media.type) {
    case 'image':
      return { image: file, mimetype, ...caption }
    case 'video':
      return { video: file, mimetype, ...caption }
    case 'audio':
      return { audio: file, mimetype }
    case 'voice':
      return { audio: file, mimetype, ptt: true }
    case 'sticker':
      return { sticker: file, mimetype }
    case 'document':
      return { document: file, mimetype, fileName: media.fileName ?? 'file', ...caption }
  }
}

export const makeSending = (live: ReadonlyMap<string, Live>, sendTimeoutMs: number) => {
  const liveOf = (accountId: string) =>
    Effect.suspend(() => {
      const connection = live.get(accountId)
      return connection === undefined ? Effect.fail(new NotConnected({})) : Effect.succeed(connection)
    })

  const isOpen = (accountId: string, socket: WASocket): boolean => live.get(accountId)?.socket === socket

  const send = Effect.fn('WhatsApp.send')(function* (accountId: string, outgoing: Outgoing) {
    const { confirmations, socket } = yield* liveOf(accountId)
    const confirmed = yield* Deferred.make<number | undefined, SendRefused>()
    confirmations.set(outgoing.whatsAppId, confirmed)
    return yield* Effect.tryPromise({
      try: () => {
        const message = proto.Message.decode(outgoing.content)
        return socket.relayMessage(outgoing.toJid, message, {
          messageId: outgoing.whatsAppId,
          additionalAttributes: attributesOf(message, outgoing.toJid),
          additionalNodes: nodesOf(message)
        })
      },
      catch: cause => {
        const code = refusalCodeOf(cause)
        if (code !== undefined) return new SendRefused({ code, reason: refusal(code) })
        return isOpen(accountId, socket) ? new NotConfirmed({}) : new NotConnected({})
      }
    }).pipe(
      Effect.andThen(Deferred.await(confirmed)),
      Effect.timeoutOrElse({
        duration: sendTimeoutMs,
        orElse: () => Effect.fail(isOpen(accountId, socket) ? new NotConfirmed({}) : new NotConnected({}))
      }),
      Effect.ensuring(Effect.sync(() => confirmations.delete(outgoing.whatsAppId)))
    )
  })

  const upload = Effect.fn('WhatsApp.upload')(function* (
    accountId: string,
    media: OutgoingMedia,
    destination: Destination,
    quotedMessage: Uint8Array | undefined
  ) {
    const { socket } = yield* liveOf(accountId)
    const message = yield* Effect.tryPromise({
      try: () =>
        prepareWAMessageMedia(mediaContent(media), {
          upload: socket.waUploadToServer,
          mediaUploadTimeoutMs: UPLOAD_TIMEOUT_MS
        }),
      catch: cause =>
        isOpen(accountId, socket)
          ? new UploadFailed({ reason: cause instanceof Error ? cause.message : 'unknown' })
          : new NotConnected({})
    })
    const contextInfo = contextOf(media, destination, quotedMessage)
    if (contextInfo !== undefined) {
      for (const part of Object.values(message)) {
        if (typeof part === 'object' && part !== null && 'mediaKey' in part)
          Object.assign(part, { contextInfo })
      }
    }
    return proto.Message.encode(message).finish()
  })

  const read = Effect.fn('WhatsApp.read')(function* (
    accountId: string,
    chatJid: string,
    targets: ReadonlyArray<Target>
  ) {
    const { socket } = yield* liveOf(accountId)
    const isGroup = isGroupJid(chatJid)
    const keys = targets.map(({ sender, whatsAppId }) => ({
      remoteJid: chatJid,
      id: whatsAppId,
      fromMe: false,
      ...(isGroup && sender !== null ? { participant: sender } : {})
    }))
    yield* Effect.tryPromise({
      try: () => socket.readMessages(keys),
      catch: () => (isOpen(accountId, socket) ? new NotConfirmed({}) : new NotConnected({}))
    }).pipe(
      Effect.timeoutOrElse({
        duration: sendTimeoutMs,
        orElse: () => Effect.fail(isOpen(accountId, socket) ? new NotConfirmed({}) : new NotConnected({}))
      })
    )
  })

  const type = Effect.fn('WhatsApp.type')(function* (accountId: string, chatJid: string, state: TypingState) {
    const { socket } = yield* liveOf(accountId)
    yield* Effect.tryPromise({
      try: () => socket.sendPresenceUpdate(state, chatJid),
      catch: () => new NotConnected({})
    })
  })

  /** What WhatsApp says about a refusal to start conversations. `null`: nothing that it would tell. */
  const restriction = Effect.fn('WhatsApp.restriction')(function* (accountId: string) {
    const { askRestriction } = yield* liveOf(accountId)
    return yield* Effect.tryPromise({ try: askRestriction, catch: () => new NotConnected({}) }).pipe(
      Effect.timeoutOrElse({ duration: sendTimeoutMs, orElse: () => Effect.fail(new NotConnected({})) })
    )
  })

  /**
   * Asks the account's own phone for something, in a message that only it gets. Completes when WhatsApp has it; the phone
   * answers later, in a message that names `requestId`, or never.
   */
  const askPhone = Effect.fnUntraced(function* (
    accountId: string,
    requestId: string,
    request: proto.Message.IPeerDataOperationRequestMessage
  ) {
    const { confirmations, socket } = yield* liveOf(accountId)
    const confirmed = yield* Deferred.make<number | undefined, SendRefused>()
    confirmations.set(requestId, confirmed)
    const missing = () => (isOpen(accountId, socket) ? new NotConfirmed({}) : new NotConnected({}))
    yield* Effect.tryPromise({
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
            additionalAttributes: { category: 'peer', push_priority: 'high_force' },
            additionalNodes: [{ tag: 'meta', attrs: { appdata: 'default' } }]
          }
        ),
      catch: missing
    }).pipe(
      Effect.andThen(Deferred.await(confirmed)),
      Effect.timeoutOrElse({ duration: sendTimeoutMs, orElse: () => Effect.fail(missing()) }),
      Effect.ensuring(Effect.sync(() => confirmations.delete(requestId)))
    )
  })

  /** Asks the phone to make and announce a history chunk again. */
  const askForChunk = Effect.fn('WhatsApp.askForChunk')(function* (
    accountId: string,
    notificationId: string,
    notification: Uint8Array
  ) {
    const { chunkOrder, syncType } = proto.Message.HistorySyncNotification.decode(notification)
    yield* askPhone(accountId, newWhatsAppMessageId(), {
      peerDataOperationRequestType: proto.Message.PeerDataOperationRequestType.HISTORY_SYNC_CHUNK_RETRY,
      historySyncChunkRetryRequest: {
        syncType: syncType ?? 0,
        chunkOrder: chunkOrder ?? 0,
        chunkNotificationId: notificationId,
        regenerateChunk: true
      }
    })
  })

  /** Asks the phone for the messages of a chat before one of them; they come as a history chunk. */
  const askForHistory = Effect.fn('WhatsApp.askForHistory')(function* (
    accountId: string,
    { before, chatJid, count, requestId }: HistoryRequest
  ) {
    yield* askPhone(accountId, requestId, {
      peerDataOperationRequestType: proto.Message.PeerDataOperationRequestType.HISTORY_SYNC_ON_DEMAND,
      historySyncOnDemandRequest: {
        chatJid,
        oldestMsgId: before.whatsAppId,
        oldestMsgFromMe: before.fromMe,
        oldestMsgTimestampMs: before.at,
        onDemandMsgCount: count
      }
    })
  })

  /** Asks the phone for messages that arrived here without their content. */
  const askForMessages = Effect.fn('WhatsApp.askForMessages')(function* (
    accountId: string,
    chatJid: string,
    targets: ReadonlyArray<Target & { readonly fromMe: boolean }>
  ) {
    yield* askPhone(accountId, newWhatsAppMessageId(), {
      peerDataOperationRequestType: proto.Message.PeerDataOperationRequestType.PLACEHOLDER_MESSAGE_RESEND,
      placeholderMessageResendRequest: targets.map(({ fromMe, sender, whatsAppId }) => ({
        messageKey: {
          remoteJid: chatJid,
          fromMe,
          id: whatsAppId,
          ...(isGroupJid(chatJid) && sender !== null ? { participant: sender } : {})
        }
      }))
    })
  })

  /** Asks the phone to upload a file again; it answers by a notification, at once or days later. */
  const askForMedia = Effect.fn('WhatsApp.askForMedia')(function* (accountId: string, request: MediaRequest) {
    const { socket } = yield* liveOf(accountId)
    const own = socket.user?.id
    if (own === undefined) return yield* new NotConnected({})
    yield* Effect.tryPromise({
      try: () => socket.sendNode(requestNode(request, own)),
      catch: () => new NotConnected({})
    })
  }, Effect.asVoid)

  const isConnected = (accountId: string): Effect.Effect<boolean> => Effect.sync(() => live.has(accountId))

  return {
    send,
    upload,
    read,
    type,
    restriction,
    askForChunk,
    askForHistory,
    askForMessages,
    askForMedia,
    isConnected,
    liveOf
  }
}
