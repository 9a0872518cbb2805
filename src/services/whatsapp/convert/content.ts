// The content of a message: from WhatsApp's protobuf to type, body and details. Each family of messages has its converters
// in `content/`; a kind that none of them knows is stored as unsupported with its name, never dropped.
import type { proto } from '@whiskeysockets/baileys'
import type { Address, ContentFact } from '../../../domain/fact.ts'
import { boundedContent } from '../../../domain/bounds.ts'
import { bytesField } from '../../../domain/protobuf.ts'
import { address, type Self } from './address.ts'
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
import { forwardedIn } from './forwarded-mark.ts'
import { outcomeOf } from '../kinds/message-fields.ts'
import { millisecondsOf } from './numbers.ts'
import { quotedIn } from './quoted.ts'
import { contentFieldsOf, type Unwrapped, unwrap } from './unwrap.ts'

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

/** Fields that change a message or tell of the chat: they are no content of a message. */
const isAboutOthers = (field: string): boolean => ['change', 'event'].includes(outcomeOf(field))

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

/** A comment names the message it is about by key instead of quoting it. */
const commentedIn = (self: Self, layers: ReadonlyArray<proto.IMessage>): ContentFact['quoted'] => {
  const key = layers.find(layer => layer.commentMessage)?.commentMessage?.targetMessageKey
  return key ? quotedIn(self, { stanzaId: key.id ?? null, participant: key.participant ?? null }) : null
}

/** The field of a message that is its content; `undefined` when it carries only keys or context. */
const contentField = ({ message, unknownField }: Unwrapped): string | undefined => {
  const fields = contentFieldsOf(message).filter(name => !isAboutOthers(name))
  const newer = unknownField === undefined ? undefined : `field${unknownField}`
  return fields.find(isKnown) ?? fields[0] ?? newer
}

const convertedParts = (field: string, message: proto.IMessage): Parts =>
  (isKnown(field) ? partsOf(field, message) : undefined) ?? { type: `unsupported:${field}` }

/** What a quoted message says, in a line; `null` when it is not repeated. */
const saidIn = (quoted: proto.IMessage | null | undefined): string | null => {
  const unwrapped = quoted ? unwrap(quoted) : undefined
  const field = unwrapped && contentField(unwrapped)
  if (unwrapped === undefined || field === undefined || unwrapped.message.conversation === '') return null
  const { body, type } = convertedParts(field, unwrapped.message)
  return body || `[${type}]`
}

/** The content of a message, or `undefined` when it carries only keys or context. */
export const contentOf = (
  self: Self,
  wrapped: proto.IMessage,
  encoded?: Uint8Array | null
): ContentFact | undefined => contentIn(self, unwrap(wrapped, encoded))

/** The same of a message that was taken out of its envelopes. */
export const contentIn = (self: Self, unwrapped: Unwrapped): ContentFact | undefined => {
  const { layers, message, viewOnce } = unwrapped
  const field = contentField(unwrapped)
  if (field === undefined) return undefined
  const { body, ...details } = convertedParts(field, message)
  const context = contextOf(Reflect.get(message, field))
  return boundedContent({
    ...NO_DETAILS_FACT,
    ...details,
    body: body ?? null,
    mentions: mentionsIn(context.info),
    shortened: [
      ...(details.shortened ?? []),
      ...((context.info?.mentionedJid ?? []).length > MOST_MENTIONS ? ['mentions'] : [])
    ],
    viewOnce: viewOnce || context.viewOnce,
    forwarded: forwardedIn(context.info),
    quoted: quotedIn(self, context.info, saidIn(context.info?.quotedMessage)) ?? commentedIn(self, layers)
  })
}

/** What was cut of an edited message, as its change tells it. */
export const shortenedIn = (
  content: ContentFact | undefined
): { readonly shortened?: ReadonlyArray<string> } =>
  content === undefined || content.shortened.length === 0 ? {} : { shortened: content.shortened }

/** The fields of `Message` and of a protocol message that lead to an edited message. */
const PROTOCOL_MESSAGE = 12
const EDITED_MESSAGE = 14

/** The bytes of the message after an edit, in those of the message that edits. */
export const editedIn = (encoded: Uint8Array | undefined): Uint8Array | undefined => {
  const protocol = encoded && bytesField(encoded, PROTOCOL_MESSAGE)
  return protocol && bytesField(protocol, EDITED_MESSAGE)
}

/**
 * The body an edited message has now, whom it mentions, what was cut, and the time of the edit; `encoded` are the bytes of the message that
 * edits.
 */
export const editOf = (
  self: Self,
  protocol: proto.Message.IProtocolMessage,
  fallbackTime: number,
  encoded?: Uint8Array
): {
  body: string | null
  mentions: ReadonlyArray<Address>
  at: number
  shortened?: ReadonlyArray<string>
} => {
  const content = protocol.editedMessage
    ? contentOf(self, protocol.editedMessage, editedIn(encoded))
    : undefined
  return {
    body: content?.body ?? null,
    mentions: content?.mentions ?? [],
    at: millisecondsOf(protocol.timestampMs) ?? fallbackTime,
    ...shortenedIn(content)
  }
}
