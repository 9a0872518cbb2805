// Which message another one is about. A key is written from its sender's point of view: `fromMe` means the sender's, not this account's.
import type { proto } from '@whiskeysockets/baileys'
import type { ChangeFact, Party } from '../../../domain/fact.ts'
import { chatJid, isGroupJid, namesWriters } from '../../../domain/jid.ts'
import { address, formsOf, partyOf, type Self } from './address.ts'
import type { Envelope } from './envelope.ts'

type Key = proto.IMessageKey | null | undefined
type Target = ChangeFact['target']
/** Who wrote where. */
type Written = Pick<Envelope, 'chat' | 'sender'>

/** Somebody's message that this one reacts to or votes in. */
export const referredMessage = (self: Self, envelope: Written, key: Key): Target | undefined => {
  if (key?.id == null || key.id === '') return undefined
  if (namesWriters(envelope.chat.jid)) {
    const author = address(key.participant)
    const sender =
      author !== undefined ? partyOf(self, author) : key.fromMe === true ? envelope.sender : undefined
    return sender === undefined ? undefined : { sender, whatsAppId: key.id }
  }
  const other: Party = envelope.sender === 'me' ? envelope.chat : 'me'
  return { sender: key.fromMe === true ? envelope.sender : other, whatsAppId: key.id }
}

/** The message that is edited: always one of the sender's own, even if the key names another author. */
export const editedMessage = (envelope: Envelope, key: Key): Target | undefined =>
  key?.id == null || key.id === '' ? undefined : { sender: envelope.sender, whatsAppId: key.id }

/** The message that is revoked: the sender's own, or, when a group's admin revokes, the named member's. */
export const revokedMessage = (self: Self, envelope: Envelope, key: Key): Target | undefined => {
  if (key?.id == null || key.id === '') return undefined
  const author = isGroupJid(envelope.chat.jid) ? address(key.participant) : undefined
  return { sender: author === undefined ? envelope.sender : partyOf(self, author), whatsAppId: key.id }
}

/** Bytes as the domain has them in text. */
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/**
 * The forms of a message's author's address that an add-on of it may be sealed with: phones differ in whether that is LID or
 * phone number. In a group the author is named in one form; when the author wrote the add-on too, the stanza gave the other.
 */
export const authorForms = (
  self: Self,
  envelope: Envelope,
  author: Party,
  key: Key
): ReadonlyArray<string> => {
  const forms = formsOf(self, author)
  const writer = formsOf(self, envelope.sender)
  const named = [key?.participant, namesWriters(envelope.chat.jid) ? undefined : key?.remoteJid]
    .map(jid => chatJid(jid))
    .filter(jid => jid !== undefined)
  const same = forms.some(form => writer.includes(form)) ? writer : []
  return [...new Set([...forms, ...same, ...named])]
}
