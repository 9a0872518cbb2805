// The content of a message: from WhatsApp's protobuf to type, body and details. Each family of messages has its converters
// in `content/`; a kind that none of them knows is stored as unsupported with its name, never dropped.
import type { proto } from '@whiskeysockets/baileys'
import type { Address, ContentFact } from '../../../domain/fact.ts'
import { address, partyOf, type Self } from './address.ts'
import { APPOINTMENT } from './content/appointment.ts'
import { CALL } from './content/call.ts'
import { COMMERCE } from './content/commerce.ts'
import { CONTACT } from './content/contact.ts'
import { INTERACTIVE } from './content/interactive.ts'
import { LOCATION } from './content/location.ts'
import { MEDIA } from './content/media.ts'
import { type Family, NO_DETAILS_FACT, type Parts } from './content/parts.ts'
import { POLL } from './content/poll.ts'
import { TEXT } from './content/text.ts'
import { millisecondsOf } from './numbers.ts'
import { unwrap } from './unwrap.ts'

const FAMILIES: Family = {
  ...TEXT,
  ...MEDIA,
  ...CONTACT,
  ...LOCATION,
  ...POLL,
  ...INTERACTIVE,
  ...COMMERCE,
  ...APPOINTMENT,
  ...CALL
}

/** Fields that accompany the content or are about another message: they are no content themselves. */
const NO_CONTENT: ReadonlySet<string> = new Set([
  'messageContextInfo',
  'senderKeyDistributionMessage',
  'fastRatchetKeySenderKeyDistributionMessage',
  'protocolMessage',
  'reactionMessage',
  'pollUpdateMessage',
  'secretEncryptedMessage',
  'encReactionMessage',
  'encCommentMessage',
  'encEventResponseMessage',
  'pinInChatMessage',
  'keepInChatMessage',
  'stickerSyncRmrMessage'
])

/** A group has at most some thousand members. */
const MOST_MENTIONS = 2000

const isKnown = (field: string): field is keyof Family => Object.hasOwn(FAMILIES, field)

const partsOf = <Name extends keyof Family>(name: Name, message: proto.IMessage): Parts | undefined => {
  const content = message[name]
  return content === null || content === undefined ? undefined : FAMILIES[name]?.(content)
}

interface Context {
  readonly info?: proto.IContextInfo | undefined
  readonly viewOnce: boolean
}

/** What all kinds of content have in common. */
const contextOf = (content: unknown): Context => {
  if (typeof content !== 'object' || content === null) return { viewOnce: false }
  const info = 'contextInfo' in content ? content.contextInfo : undefined
  return {
    info: typeof info === 'object' && info !== null ? info : undefined,
    viewOnce: 'viewOnce' in content && content.viewOnce === true
  }
}

const mentionsIn = (info: proto.IContextInfo | undefined): ReadonlyArray<Address> =>
  [...new Set((info?.mentionedJid ?? []).slice(0, MOST_MENTIONS))].flatMap(jid => address(jid) ?? [])

const quotedIn = (self: Self, info: proto.IContextInfo | undefined): ContentFact['quoted'] => {
  if (!info?.stanzaId) return null
  const writer = address(info.participant)
  return {
    whatsAppId: info.stanzaId,
    ...(writer === undefined ? {} : { sender: partyOf(self, writer) })
  }
}

/** A comment names the message it is about by key instead of quoting it. */
const commentedIn = (self: Self, layers: ReadonlyArray<proto.IMessage>): ContentFact['quoted'] => {
  const key = layers.find(layer => layer.commentMessage)?.commentMessage?.targetMessageKey
  return key ? quotedIn(self, { stanzaId: key.id ?? null, participant: key.participant ?? null }) : null
}

/** The content of a message, or `undefined` when it carries only keys or context. */
export const contentOf = (self: Self, wrapped: proto.IMessage): ContentFact | undefined => {
  const { layers, message, viewOnce } = unwrap(wrapped)
  const fields = Object.keys(message).filter(
    field => !NO_CONTENT.has(field) && Reflect.get(message, field) != null
  )
  const field = fields.find(isKnown) ?? fields[0]
  if (field === undefined) return undefined
  const { body, ...details } = (isKnown(field) ? partsOf(field, message) : undefined) ?? {
    type: `unsupported:${field}`
  }
  const context = contextOf(Reflect.get(message, field))
  return {
    ...NO_DETAILS_FACT,
    ...details,
    body: body ?? null,
    mentions: mentionsIn(context.info),
    viewOnce: viewOnce || context.viewOnce,
    quoted: quotedIn(self, context.info) ?? commentedIn(self, layers)
  }
}

/** The body an edited message has now, whom it mentions, and the time of the edit. */
export const editOf = (
  self: Self,
  protocol: proto.Message.IProtocolMessage,
  fallbackTime: number
): { body: string | null; mentions: ReadonlyArray<Address>; at: number } => {
  const content = protocol.editedMessage ? contentOf(self, protocol.editedMessage) : undefined
  return {
    body: content?.body ?? null,
    mentions: content?.mentions ?? [],
    at: millisecondsOf(protocol.timestampMs) ?? fallbackTime
  }
}
