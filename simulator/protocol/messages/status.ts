// Statuses: messages to everyone who knows the poster, addressed to `status@broadcast`; and what happens to them.
import { proto } from '@whiskeysockets/baileys'
import type { Account } from '../../state/account.ts'
import { Group } from '../../state/group.ts'
import type { Network } from '../../state/network.ts'
import { STATUS_JID } from '../../wire/jid.ts'
import { sendFromPrimary } from './primary-sender.ts'

/** A new status, its deletion by its poster, or a reaction to it. */
export type StatusContent =
  | { readonly text: string }
  | { readonly message: proto.IMessage }
  | { readonly revoke: string }
  | { readonly react: string; readonly text: string }

const { Type } = proto.Message.ProtocolMessage

const messageOf = (owner: Account, writer: Account, content: StatusContent): proto.IMessage => {
  if ('message' in content) return content.message
  if ('revoke' in content) {
    const key = { remoteJid: STATUS_JID, fromMe: true, id: content.revoke }
    return { protocolMessage: { key, type: Type.REVOKE } }
  }
  if ('react' in content) {
    const { react: id, text } = content
    const poster = owner.statuses.find(status => status.id === id)?.poster ?? owner
    const participant = poster.address(poster.addressing)
    const key = { remoteJid: STATUS_JID, fromMe: poster === writer, id, participant }
    return { reactionMessage: { key, text, senderTimestampMs: Date.now() } }
  }
  return { extendedTextMessage: { text: content.text } }
}

/** `owner` is the phone that shows the status; `readers` see it beside the owner and the one who posts it. */
export const postStatus = async (
  network: Network,
  { owner, poster, readers }: { owner: Account; poster: Account; readers: readonly Account[] },
  content: StatusContent
): Promise<{ id: string; timestamp: number }> => {
  const timestamp = network.clock.seconds()
  const chat = new Group({
    id: STATUS_JID,
    subject: '',
    creator: poster,
    members: [owner, ...readers],
    addressing: poster.addressing,
    createdAt: timestamp,
    inviteCode: ''
  })
  const id = network.messageId()
  const message = messageOf(owner, poster, content)
  if ('revoke' in content)
    owner.statuses = owner.statuses.filter(one => one.id !== content.revoke || one.poster !== poster)
  else if (!('react' in content)) owner.statuses = [...owner.statuses, { id, poster, message, timestamp }]
  await sendFromPrimary(network, { sender: poster, chat, message, id, timestamp })
  return { id, timestamp }
}
