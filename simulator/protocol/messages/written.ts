// What the owner of a phone and contacts write, as messages: text, whole messages, and messages about earlier ones, whose keys
// are written as their writer sees them.
import { proto } from '@whiskeysockets/baileys'
import type { Account } from '../../state/account.ts'
import { type Group, isGroup } from '../../state/group.ts'
import { associated, type AssociationTo } from './association.ts'
import { heldPoll } from './record.ts'
import { type QuoteReference, replyTo } from './reply.ts'
import { unwrap } from '../../state/messages/content.ts'
import { type NewerField, withNewerFields } from '../../state/messages/newer-fields.ts'
import { pollCreationOf, sealVote } from '../../state/messages/polls.ts'
import { withSecret } from '../../state/messages/secrets.ts'
import type { EventResponse } from './event-response.ts'
import type { Writing } from './writing.ts'

/** What is written: plain text, or any WhatsApp message, or a change to an earlier message, or to the chat. */
export type Content =
  | { readonly text: string; readonly quote?: QuoteReference | undefined }
  | {
      readonly message: proto.IMessage
      readonly viewOnce?: boolean | undefined
      readonly association?: AssociationTo | undefined
      /** Fields that are newer than the generated classes. */
      readonly newer?: readonly NewerField[] | undefined
    }
  /** Another text or caption; or another poll or event. Sealed, unless it is to be `plain` or the message has no secret. */
  | { readonly edit: string; readonly text: string; readonly plain?: boolean | undefined }
  | { readonly edit: string; readonly message: proto.IMessage; readonly plain?: boolean | undefined }
  /** Somebody adds an option to a poll. */
  | { readonly addOption: string; readonly option: string }
  | { readonly revoke: string }
  /** `sealed`: as in the announcements of a community. */
  | { readonly react: string; readonly text: string; readonly sealed?: boolean | undefined }
  | { readonly comment: string; readonly text: string }
  /** An answer to an event. */
  | {
      readonly respond: string
      readonly response: EventResponse
      readonly extraGuests?: number | undefined
    }
  /** A vote for options of a poll, by their names; none takes the vote back. */
  | { readonly vote: string; readonly options: readonly string[] }
  /** Messages of this chat disappear after so many seconds from now on; 0 for never. */
  | { readonly disappearing: number }

const { Type } = proto.Message.ProtocolMessage

export const messageFrom = (content: Content, writing: Writing): proto.IMessage => {
  if ('edit' in content) {
    const editedMessage = 'message' in content ? content.message : edited(writing, content.edit, content.text)
    const key = keyOf(writing, content.edit, writing.sender)
    return {
      protocolMessage: {
        key,
        type: Type.MESSAGE_EDIT,
        editedMessage,
        timestampMs: writing.network.clock.milliseconds()
      }
    }
  }
  if ('message' in content) {
    const message = withSecretOf(writing, content.message)
    if (content.association) return associated(content.association, message, writing)
    if (content.newer?.length) return withNewerFields(message, content.newer)
    return content.viewOnce ? viewedOnce(message) : message
  }
  if ('revoke' in content) {
    return { protocolMessage: { key: keyOf(writing, content.revoke, writing.sender), type: Type.REVOKE } }
  }
  if ('react' in content) {
    const key = keyOf(writing, content.react, authorOf(writing, content.react))
    return {
      reactionMessage: { key, text: content.text, senderTimestampMs: writing.network.clock.milliseconds() }
    }
  }
  if ('comment' in content) {
    const participant = authorOf(writing, content.comment).address(writing.addressing)
    return {
      extendedTextMessage: { text: content.text, contextInfo: { stanzaId: content.comment, participant } }
    }
  }
  // What these say is read from their sealed form.
  if ('respond' in content) return { encEventResponseMessage: {} }
  if ('addOption' in content) {
    writing.network.addedOptions.set(content.addOption, [
      ...(writing.network.addedOptions.get(content.addOption) ?? []),
      content.option
    ])
    return { pollUpdateMessage: {} }
  }
  if ('vote' in content) return voteFor(content, writing)
  if ('disappearing' in content) {
    return {
      protocolMessage: {
        type: Type.EPHEMERAL_SETTING,
        ephemeralExpiration: content.disappearing,
        ephemeralSettingTimestamp: writing.network.clock.seconds()
      }
    }
  }
  const message =
    'quote' in content && content.quote !== undefined
      ? replyTo(content.quote, content.text, writing)
      : { conversation: content.text }
  return withSecretOf(writing, message)
}

/** Phones give every message they write a secret. */
const withSecretOf = ({ sender }: Writing, message: proto.IMessage): proto.IMessage =>
  sender.habits.sendsSecrets || pollCreationOf(message) ? withSecret(message) : message

/** Another text: the caption of a file, or the text of a message. */
const edited = (writing: Writing, id: string, text: string): proto.IMessage => {
  const { network, owner } = writing
  const mailbox = network.mailboxes.get(owner)
  const chat = mailbox?.find(partnerOf(writing))
  const message = chat && mailbox?.infoOf(chat, id)?.message
  const { documentMessage, imageMessage, videoMessage } = message ? unwrap(message) : {}
  if (imageMessage) return { imageMessage: { ...imageMessage, caption: text } }
  if (videoMessage) return { videoMessage: { ...videoMessage, caption: text } }
  if (documentMessage)
    return {
      documentWithCaptionMessage: { message: { documentMessage: { ...documentMessage, caption: text } } }
    }
  return { conversation: text }
}

const viewedOnce = (message: proto.IMessage): proto.IMessage => {
  const { imageMessage, videoMessage, audioMessage } = message
  const once: proto.IMessage = {
    ...(imageMessage ? { imageMessage: { ...imageMessage, viewOnce: true } } : {}),
    ...(videoMessage ? { videoMessage: { ...videoMessage, viewOnce: true } } : {}),
    ...(audioMessage ? { audioMessage: { ...audioMessage, viewOnce: true } } : {})
  }
  const { messageContextInfo, ...content } = message
  const wrapped = { message: { ...content, ...once } }
  return {
    ...(audioMessage ? { viewOnceMessageV2Extension: wrapped } : { viewOnceMessageV2: wrapped }),
    ...(messageContextInfo ? { messageContextInfo } : {})
  }
}

/** The chat's other side, from the phone's view. */
const partnerOf = ({ owner, chat, sender }: Writing): Account | Group => (chat === owner ? sender : chat)

/** Who wrote a message the phone holds; the owner when it holds none of that id. */
export const authorOf = (writing: Writing, id: string): Account => {
  const { network, owner } = writing
  const partner = partnerOf(writing)
  const mailbox = network.mailboxes.get(owner)
  const chat = mailbox?.find(partner)
  const key = chat && mailbox?.infoOf(chat, id)?.key
  if (!key || key.fromMe) return owner
  if (!isGroup(partner)) return partner
  return network.directory.find(key.participant ?? undefined) ?? owner
}

export const keyOf = (writing: Writing, id: string, author: Account): proto.IMessageKey => {
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
      senderTimestampMs: writing.network.clock.milliseconds()
    }
  }
}
