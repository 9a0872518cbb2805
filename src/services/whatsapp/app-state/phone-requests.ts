// What is asked of the phone when app state cannot be read: keys, or a whole collection in the clear. APP_STATE_FATAL_EXCEPTION
// is never sent: phones answer it by unlinking all devices.
import { jidNormalizedUser, proto, type WASocket } from '@whiskeysockets/baileys'
import { Effect } from 'effect'
import { newWhatsAppMessageId } from '../../../domain/ids.ts'

const { Type } = proto.Message.ProtocolMessage

/** Completes when the message has left; the phone's answer comes as a message of its own. */
const sendToPhone = (socket: WASocket, protocolMessage: proto.Message.IProtocolMessage) =>
  Effect.tryPromise(() =>
    socket.relayMessage(
      jidNormalizedUser(socket.authState.creds.me?.id),
      { protocolMessage },
      {
        messageId: newWhatsAppMessageId(),
        additionalAttributes: { category: 'peer', push_priority: 'high' },
        additionalNodes: [{ tag: 'meta', attrs: { appdata: 'default' } }]
      }
    )
  )

/** `keyIds` in base64. */
export const askForKeys = (socket: WASocket, keyIds: ReadonlyArray<string>) =>
  sendToPhone(socket, {
    type: Type.APP_STATE_SYNC_KEY_REQUEST,
    appStateSyncKeyRequest: { keyIds: keyIds.map(id => ({ keyId: Buffer.from(id, 'base64') })) }
  })

/** `now` in milliseconds since 1970. */
export const askForCollection = (socket: WASocket, collectionName: string, now: number) =>
  sendToPhone(socket, {
    type: Type.PEER_DATA_OPERATION_REQUEST_MESSAGE,
    peerDataOperationRequestMessage: {
      peerDataOperationRequestType:
        proto.Message.PeerDataOperationRequestType.COMPANION_SYNCD_SNAPSHOT_FATAL_RECOVERY,
      syncdCollectionFatalRecoveryRequest: { collectionName, timestamp: now }
    }
  })
