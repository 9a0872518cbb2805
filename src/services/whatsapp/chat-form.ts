// The addresses of people within a message: in the keys of messages it is about, and of whom it answers. Phones write them in the form
// of the chat, by LID or by number; whoever knows a message by the one form may not find it by the other.
import type { GroupMetadata, proto } from '@whiskeysockets/baileys'
import { chatJid, isGroupJid, isLidJid, isPersonJid, isPhoneJid, isStatusJid } from '../../domain/jid.ts'
import type { Self } from './convert/address.ts'
import { unwrap } from './convert/unwrap.ts'

export interface Chat {
  readonly jid: string
  /** Of a group. */
  readonly group: GroupMetadata | undefined
  readonly self: Self
  readonly lidOf: (phoneJid: string) => Promise<string | null>
  readonly numberOf: (lid: string) => Promise<string | null>
}

/** The form of the chat; `undefined` where it is not known, or people are not named. */
const formOf = ({ group, jid }: Chat): 'lid' | 'number' | undefined => {
  if (isStatusJid(jid)) return undefined
  if (!isGroupJid(jid)) return isLidJid(jid) ? 'lid' : 'number'
  if (group?.addressingMode === undefined) return undefined
  return group.addressingMode === 'lid' ? 'lid' : 'number'
}

const memberOf = (group: GroupMetadata | undefined, jid: string) =>
  group?.participants.find(({ id, lid, phoneNumber }) => [id, lid, phoneNumber].includes(jid))

const inForm = async (jid: string, form: 'lid' | 'number', chat: Chat): Promise<string> => {
  const isWanted = form === 'lid' ? isLidJid : isPhoneJid
  if (isWanted(jid) || !(isLidJid(jid) || isPhoneJid(jid))) return jid
  const { self } = chat
  const member = memberOf(chat.group, jid)
  const forms =
    jid === self.jid || jid === self.lid
      ? [self.jid, self.lid]
      : [member?.id, member?.lid, member?.phoneNumber]
  const known = forms.find(other => other !== undefined && isWanted(other))
  const found = known ?? (await (form === 'lid' ? chat.lidOf(jid) : chat.numberOf(jid)))
  return chatJid(found) ?? jid
}

interface Contextual {
  contextInfo?: proto.IContextInfo | null
}

const isContextual = (part: unknown): part is Contextual =>
  typeof part === 'object' && part !== null && 'contextInfo' in part

/** The keys within a message. */
const keysIn = (message: proto.IMessage): ReadonlyArray<proto.IMessageKey> => {
  const { layers, message: content } = unwrap(message)
  const { pinInChatMessage, protocolMessage, reactionMessage } = content
  const parents = layers.map(layer => layer.messageContextInfo?.messageAssociation?.parentMessageKey)
  return [reactionMessage?.key, pinInChatMessage?.key, protocolMessage?.key, ...parents].filter(
    key => key !== null && key !== undefined
  )
}

/** What the message, or an edit it brings, answers. */
const contextsIn = (message: proto.IMessage): ReadonlyArray<proto.IContextInfo> => {
  const { message: content } = unwrap(message)
  const said = content.protocolMessage?.editedMessage
    ? unwrap(content.protocolMessage.editedMessage).message
    : content
  return Object.values(said).flatMap((part: unknown) =>
    isContextual(part) && part.contextInfo ? [part.contextInfo] : []
  )
}

/** Writes the addresses within a message in the form of the chat that it goes to. Who has none in that form stays as they are. */
export const writeInFormOf = async (chat: Chat, message: proto.IMessage): Promise<void> => {
  const form = formOf(chat)
  if (form === undefined) return
  for (const key of keysIn(message)) {
    if (key.participant) key.participant = await inForm(key.participant, form, chat)
    // The other side of a chat of two is the one that the message goes to.
    if (key.remoteJid && isPersonJid(key.remoteJid) && !isGroupJid(chat.jid)) key.remoteJid = chat.jid
  }
  for (const info of contextsIn(message))
    if (info.participant) info.participant = await inForm(info.participant, form, chat)
}
