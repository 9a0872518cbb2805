// The addresses of people within a message: phones write all of them in the form of the chat.
import type { proto } from '@whiskeysockets/baileys'
import { type Addressing, LID_SERVER, parseJid, PHONE_SERVER } from '../../wire/jid.ts'
import { unwrap } from './content.ts'
import { contextIn } from './context.ts'

const addressesIn = (message: proto.IMessage): readonly (string | null | undefined)[] => {
  const { pinInChatMessage, protocolMessage, reactionMessage } = unwrap(message)
  const parent = message.messageContextInfo?.messageAssociation?.parentMessageKey
  const keys = [pinInChatMessage?.key, protocolMessage?.key, reactionMessage?.key, parent]
  return [...keys.flatMap(key => [key?.remoteJid, key?.participant]), contextIn(message)?.participant]
}

/** Those in the other form. */
export const inOtherForm = (message: proto.IMessage, addressing: Addressing): string[] => {
  const other = addressing === 'lid' ? PHONE_SERVER : LID_SERVER
  return addressesIn(message).flatMap(jid => (jid && parseJid(jid)?.server === other ? [jid] : []))
}
