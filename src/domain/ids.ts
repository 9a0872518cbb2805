// How things are identified. A message is (thread, sender, WhatsApp id), never the WhatsApp id alone:
// another member of a group may reuse an id and must not be able to overwrite someone's message.
import { hash } from 'node:crypto'
import { isStatusJid } from './jid.ts'
import { randomBytes } from './random.ts'

const SEPARATOR = '__'

export const newAccountId = (): string => `acc-${randomBytes(9).toString('hex')}`

/** `accountId__<jid first seen>`. */
export const threadIdOf = (accountId: string, jid: string): string => `${accountId}${SEPARATOR}${jid}`

/** The parts of a thread id, or `undefined` when the text is none. */
export const parseThreadId = (threadId: string): { accountId: string; jid: string } | undefined => {
  const at = threadId.indexOf(SEPARATOR)
  return at <= 0 || threadId.length > 256
    ? undefined
    : { accountId: threadId.slice(0, at), jid: threadId.slice(at + SEPARATOR.length) }
}

/** Whether a thread is the one of the statuses. */
export const isStatusThread = (threadId: string): boolean =>
  isStatusJid(parseThreadId(threadId)?.jid ?? threadId)

/** Who wrote a message, as far as its identity goes: us, the other side of a 1:1 chat, or a group member (by first-seen jid). */
export type SenderKey = 'me' | 'them' | (string & {})

const digest = (text: string, length: number): string => hash('sha256', text, 'base64url').slice(0, length)

/** A group has few members and many messages: each member's digest is made once. */
const DIGESTS_KEPT = 20_000
const senderDigests = new Map<string, string>()

const senderDigest = (sender: string): string => {
  const known = senderDigests.get(sender)
  if (known !== undefined) return known
  if (senderDigests.size >= DIGESTS_KEPT) senderDigests.clear()
  const made = digest(sender, 10)
  senderDigests.set(sender, made)
  return made
}

/** Names a thread, or whatever else has a phone number in its name, where none may stand. */
export const digestOf = (name: string): string => digest(name, 16)

/** Document id of a message within its thread: safe in a URL and in Firestore whatever the WhatsApp id contains. */
export const messageIdOf = (sender: SenderKey, whatsAppId: string): string => {
  const readable = readableId(whatsAppId)
  return sender === 'me' || sender === 'them'
    ? `${readable}_${sender}`
    : `${readable}_${senderDigest(sender)}`
}

const readableId = (whatsAppId: string): string =>
  /^[A-Za-z0-9-]{1,64}$/.test(whatsAppId) ? whatsAppId : `x${digest(whatsAppId, 32)}`

/**
 * Between which ids, in the order of their characters, those of messages with this WhatsApp id lie, whoever wrote them; the second
 * is none of them.
 */
export const messageIdRange = (whatsAppId: string): readonly [from: string, before: string] => {
  const readable = readableId(whatsAppId)
  // "`" is what follows "_".
  return [`${readable}_`, `${readable}\``]
}

/** Names a message in a URL by one segment, with its thread: a message id alone is unique within its thread only. */
export const messageKeyOf = (threadId: string, messageId: string): string => `${threadId}~${messageId}`

/** The parts of a message key, or `undefined` when the text is none. */
export const parseMessageKey = (key: string): { threadId: string; messageId: string } | undefined => {
  const at = key.lastIndexOf('~')
  return at <= 0 || at === key.length - 1
    ? undefined
    : { threadId: key.slice(0, at), messageId: key.slice(at + 1) }
}

/** A fresh WhatsApp message id in the form WhatsApp Web uses. */
export const newWhatsAppMessageId = (): string => `3EB0${randomBytes(9).toString('hex').toUpperCase()}`
