// How the history of a phone shows a message that was edited: as its last edit. On the wire an edit is about another
// message; in history the edit has taken the place of the message, and often its id.
import { proto } from '@whiskeysockets/baileys/WAProto/index.js'
import { editedIn } from './content.ts'
import { millisecondsOf } from './numbers.ts'
import { unwrap } from './unwrap.ts'

export interface HistoryEdit {
  /** The message as it reads after the edit. */
  readonly content: proto.IMessage
  /** The same as the phone encoded it, where that is known. */
  readonly encoded: Uint8Array | undefined
  /** The id the message was sent with, when the edit names it. */
  readonly whatsAppId: string | undefined
  /** When it was edited, milliseconds since 1970; `undefined` when the phone does not say. */
  readonly at: number | undefined
}

const { MESSAGE_EDIT } = proto.Message.ProtocolMessage.Type

/** The edit that a message of the history is shown as; `undefined` when it was not edited. */
export const editInHistory = (message: proto.IMessage, encoded?: Uint8Array): HistoryEdit | undefined => {
  const { encoded: bytes, layers, message: inner } = unwrap(message, encoded)
  const { protocolMessage } = inner
  if (protocolMessage?.type === MESSAGE_EDIT && protocolMessage.editedMessage) {
    return {
      content: withContext(protocolMessage.editedMessage, layers),
      encoded: withEncodedContext(editedIn(bytes), layers),
      whatsAppId: protocolMessage.key?.id || undefined,
      at: millisecondsOf(protocolMessage.timestampMs) ?? undefined
    }
  }
  // Some phones put the new content itself into the envelope of an edit.
  const isEdited = protocolMessage == null && layers.some(layer => layer.editedMessage?.message)
  return isEdited ? { content: message, encoded, whatsAppId: undefined, at: undefined } : undefined
}

const contextOn = (layers: ReadonlyArray<proto.IMessage>) =>
  layers.find(({ messageContextInfo }) => messageContextInfo)?.messageContextInfo

/** The same in bytes: those of two messages in a row are one message. */
const withEncodedContext = (
  content: Uint8Array | undefined,
  layers: ReadonlyArray<proto.IMessage>
): Uint8Array | undefined => {
  const messageContextInfo = contextOn(layers)
  return content && messageContextInfo
    ? Buffer.concat([proto.Message.encode({ messageContextInfo }).finish(), content])
    : content
}

/** The secret that add-ons are encrypted with may be on any envelope. */
const withContext = (content: proto.IMessage, layers: ReadonlyArray<proto.IMessage>): proto.IMessage => {
  const context = contextOn(layers)
  return context == null ? content : { messageContextInfo: context, ...content }
}
