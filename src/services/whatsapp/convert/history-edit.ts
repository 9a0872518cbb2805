// How the history of a phone shows a message that was edited: as its last edit. On the wire an edit is about another
// message; in history the edit has taken the place of the message, and often its id.
import { proto } from '@whiskeysockets/baileys'
import { millisecondsOf } from './numbers.ts'
import { unwrap } from './unwrap.ts'

export interface HistoryEdit {
  /** The message as it reads after the edit. */
  readonly content: proto.IMessage
  /** The id the message was sent with, when the edit names it. */
  readonly whatsAppId: string | undefined
  /** When it was edited, milliseconds since 1970; `undefined` when the phone does not say. */
  readonly at: number | undefined
}

const { MESSAGE_EDIT } = proto.Message.ProtocolMessage.Type

/** The edit that a message of the history is shown as; `undefined` when it was not edited. */
export const editInHistory = (message: proto.IMessage): HistoryEdit | undefined => {
  const { layers, message: inner } = unwrap(message)
  const { protocolMessage } = inner
  if (protocolMessage?.type === MESSAGE_EDIT && protocolMessage.editedMessage) {
    return {
      content: withContext(protocolMessage.editedMessage, layers),
      whatsAppId: protocolMessage.key?.id || undefined,
      at: millisecondsOf(protocolMessage.timestampMs) ?? undefined
    }
  }
  // Some phones put the new content itself into the envelope of an edit.
  const isEdited = protocolMessage == null && layers.some(layer => layer.editedMessage?.message)
  return isEdited ? { content: message, whatsAppId: undefined, at: undefined } : undefined
}

/** The secret that add-ons are encrypted with may be on any envelope. */
const withContext = (content: proto.IMessage, layers: ReadonlyArray<proto.IMessage>): proto.IMessage => {
  const context = layers.find(({ messageContextInfo }) => messageContextInfo)?.messageContextInfo
  return context == null ? content : { messageContextInfo: context, ...content }
}
