// What the owner of a phone and contacts write, as messages: text, whole messages, and messages about earlier ones, whose keys
// are written as their writer sees them.
import { proto } from '@whiskeysockets/baileys'
import type { Account } from '../../state/account.ts'
import { type Group, isGroup } from '../../state/group.ts'
import { heldPoll } from './record.ts'
import type { Network } from '../../state/network.ts'
import { type NewerField, withNewerFields } from '../../state/messages/newer-fields.ts'
import { sealVote, withSecret } from '../../state/messages/polls.ts'
import type { Addressing } from '../../wire/jid.ts'
import { unixSeconds } from '../../wire/stanza.ts'

/** What is written: plain text, or any WhatsApp message, or a change to an earlier message, or to the chat. */
export type Content =
  | { readonly text: string }
  | {
      readonly message: proto.IMessage
      readonly viewOnce?: boolean | undefined
      /** Fields that are newer than the generated classes. */
      readonly newer?: readonly NewerField[] | undefined
    }
  | { readonly edit: string; readonly text: string }
  | { readonly revoke: string }
  | { readonly react: string; readonly text: string }
  /** A vote for options of a poll, by their names; none takes the vote back. */
  | { readonly vote: string; readonly options: readonly string[] }
  /** Messages of this chat disappear after so many seconds from now on; 0 for never. */
  | { readonly disappearing: number }

export interface Writing {
  readonly network: Network
  /** The phone the chat is on. */
  readonly owner: Account
  readonly sender: Account
  /** A group, or the recipient. */
  readonly chat: Account | Group
  readonly addressing: Addressing
}

const { Type } = proto.Message.ProtocolMessage

export const messageFrom = (content: Content, writing: Writing): proto.IMessage => {
  if ('message' in content) {
    const message = withSecret(content.message)
    if (content.newer?.length) return withNewerFields(message, content.newer)
    return content.viewOnce ? viewedOnce(message) : message
  }
  if ('edit' in content) {
    const editedMessage = { conversation: content.text }
    const key = keyOf(writing, content.edit, writing.sender)
    return { protocolMessage: { key, type: Type.MESSAGE_EDIT, editedMessage, timestampMs: Date.now() } }
  }
  if ('revoke' in content) {
    return { protocolMessage: { key: keyOf(writing, content.revoke, writing.sender), type: Type.REVOKE } }
  }
  if ('react' in content) {
    const key = keyOf(writing, content.react, authorOf(writing, content.react))
    return { reactionMessage: { key, text: content.text, senderTimestampMs: Date.now() } }
  }
  if ('vote' in content) return voteFor(content, writing)
  if ('disappearing' in content) {
    return {
      protocolMessage: {
        type: Type.EPHEMERAL_SETTING,
        ephemeralExpiration: content.disappearing,
        ephemeralSettingTimestamp: unixSeconds()
      }
    }
  }
  return { conversation: content.text }
}

const viewedOnce = (message: proto.IMessage): proto.IMessage => {
  const { imageMessage, videoMessage, audioMessage } = message
  const once: proto.IMessage = {
    ...(imageMessage ? { imageMessage: { ...imageMessage, viewOnce: true } } : {}),
    ...(videoMessage ? { videoMessage: { ...videoMessage, viewOnce: true } } : {}),
    ...(audioMessage ? { audioMessage: { ...audioMessage, viewOnce: true } } : {})
  }
  return { viewOnceMessageV2: { message: { ...message, ...once } } }
}

/** The chat's other side, from the phone's view. */
const partnerOf = ({ owner, chat, sender }: Writing): Account | Group => (chat === owner ? sender : chat)

/** Who wrote a message the phone holds; the owner when it holds none of that id. */
const authorOf = (writing: Writing, id: string): Account => {
  const { network, owner } = writing
  const partner = partnerOf(writing)
  const mailbox = network.mailboxes.get(owner)
  const chat = mailbox?.find(partner)
  const key = chat && mailbox?.infoOf(chat, id)?.key
  if (!key || key.fromMe) return owner
  if (!isGroup(partner)) return partner
  return network.directory.find(key.participant ?? undefined) ?? owner
}

const keyOf = (writing: Writing, id: string, author: Account): proto.IMessageKey => {
  const { sender, chat, addressing } = writing
  const fromMe = author === sender
  if (!isGroup(chat)) return { remoteJid: chat.address(addressing), fromMe, id }
  return { remoteJid: chat.id, fromMe, id, participant: author.address(addressing) }
}

const voteFor = (
  { vote: id, options }: { readonly vote: string; readonly options: readonly string[] },
  writing: Writing
): proto.IMessage => {
  const { network, owner, sender, addressing } = writing
  const poll = heldPoll(network, owner, partnerOf(writing), id)
  if (!poll) throw new Error(`there is no poll ${id} in this chat`)
  const names = { author: poll.author.address(addressing), voter: sender.address(addressing) }
  return {
    pollUpdateMessage: {
      pollCreationMessageKey: keyOf(writing, id, poll.author),
      vote: sealVote(poll, names, options),
      senderTimestampMs: Date.now()
    }
  }
}
