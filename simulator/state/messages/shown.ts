// How a message that was edited, revoked, reacted to or voted in looks in the history that a phone shares.
import { proto } from '@whiskeysockets/baileys'
import type { Account } from '../account.ts'
import type { HeldMessage } from '../ledger.ts'
import { hashOfOption } from './polls.ts'

export const asShown = (
  info: proto.IWebMessageInfo,
  held: HeldMessage,
  holder: Account
): proto.IWebMessageInfo => {
  if (held.revoked) {
    const { message: _gone, ...rest } = info
    return {
      ...rest,
      messageStubType: proto.WebMessageInfo.StubType.REVOKE,
      ...(held.revokedAt === undefined ? {} : { revokeMessageTimestamp: held.revokedAt })
    }
  }
  return {
    ...edited(info, held, holder),
    ...reactionsOf(info, held, holder),
    ...votesOf(info, held, holder)
  }
}

const edited = (
  info: proto.IWebMessageInfo,
  { editedAt, editId, id, text }: HeldMessage,
  { historySharing }: Account
): proto.IWebMessageInfo => {
  const content = info.message && text !== undefined ? withText(info.message, text) : undefined
  if (content === undefined || editedAt === undefined) return info
  const messageContextInfo = info.message?.messageContextInfo
  const context = messageContextInfo ? { messageContextInfo } : {}
  if (historySharing.editedMessages === 'content') {
    return { ...info, message: { ...context, editedMessage: { message: content } } }
  }
  const edit: proto.IMessage = {
    protocolMessage: {
      key: { ...info.key, id },
      type: proto.Message.ProtocolMessage.Type.MESSAGE_EDIT,
      editedMessage: content,
      timestampMs: editedAt
    }
  }
  return {
    ...info,
    // The edit has taken the place of the message, and its id.
    key: { ...info.key, id: editId ?? id },
    message:
      historySharing.editedMessages === 'bareEdit'
        ? { ...context, ...edit }
        : { ...context, editedMessage: { message: edit } }
  }
}

/** The content with another text or caption; nothing when it has neither. */
const withText = (message: proto.IMessage, text: string): proto.IMessage | undefined => {
  const { documentWithCaptionMessage, extendedTextMessage, imageMessage, videoMessage } = message
  if (imageMessage) return { imageMessage: { ...imageMessage, caption: text } }
  if (videoMessage) return { videoMessage: { ...videoMessage, caption: text } }
  const captioned = documentWithCaptionMessage?.message?.documentMessage
  if (captioned) {
    return { documentWithCaptionMessage: { message: { documentMessage: { ...captioned, caption: text } } } }
  }
  if (extendedTextMessage) return { extendedTextMessage: { ...extendedTextMessage, text } }
  return typeof message.conversation === 'string' ? { conversation: text } : undefined
}

/** The key of a reaction or vote: from the holder's view, unlike on the wire. */
const keyOfAddOn = (
  info: proto.IWebMessageInfo,
  id: string,
  by: string,
  holder: Account
): proto.IMessageKey => {
  const fromMe = by === 'me' || by === holder.jid
  return {
    remoteJid: info.key?.remoteJid ?? null,
    fromMe,
    id,
    ...(info.key?.participant ? { participant: fromMe ? holder.jid : by } : {})
  }
}

const withdrawnFrom = (
  { withdrawn = [] }: HeldMessage,
  what: 'reaction' | 'vote',
  { historySharing }: Account
): { by: string; at: number }[] =>
  historySharing.showsWithdrawn ? withdrawn.filter(one => one.what === what) : []

const reactionsOf = (
  info: proto.IWebMessageInfo,
  held: HeldMessage,
  holder: Account
): Pick<proto.IWebMessageInfo, 'reactions'> => ({
  reactions: [
    ...(held.reactions ?? []).map(({ at, from, text }) => ({ by: from, text, at })),
    ...withdrawnFrom(held, 'reaction', holder).map(({ at, by }) => ({ by, text: '', at }))
  ].map(({ at = (held.timestamp + 5) * 1000, by, text }) => ({
    text,
    senderTimestampMs: at,
    key: keyOfAddOn(info, `${held.id}R`, by, holder)
  }))
})

const votesOf = (
  info: proto.IWebMessageInfo,
  held: HeldMessage,
  holder: Account
): Pick<proto.IWebMessageInfo, 'pollUpdates'> => {
  const votes = [
    ...(held.votes ?? []),
    ...withdrawnFrom(held, 'vote', holder).map(({ at, by }) => ({ voter: by, options: [], at }))
  ]
  if (votes.length === 0) return {}
  return {
    pollUpdates: votes.map(({ at = held.timestamp * 1000, options, voter }) => ({
      pollUpdateMessageKey: keyOfAddOn(info, `${held.id}V`, voter, holder),
      vote: { selectedOptions: options.map(hashOfOption) },
      senderTimestampMs: at
    }))
  }
}
