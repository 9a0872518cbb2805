// Which message another one is about. A key is written from its sender's point of view: `fromMe` means the sender's, not this account's.
import type { proto } from '@whiskeysockets/baileys'
import type { ChangeFact, Party } from '../../../domain/fact.ts'
import type { SealedVote } from '../../../domain/poll-vote.ts'
import { chatJid, isGroupJid } from '../../../domain/jid.ts'
import { address, formsOf, partyOf, type Self } from './address.ts'
import type { Envelope } from './envelope.ts'

type Key = proto.IMessageKey | null | undefined
type Target = ChangeFact['target']

/** Somebody's message that this one reacts to or votes in. */
export const referredMessage = (self: Self, envelope: Envelope, key: Key): Target | undefined => {
  if (key?.id == null || key.id === '') return undefined
  if (isGroupJid(envelope.chat.jid)) {
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

/** A vote with all address forms it may be encrypted with: phones differ in whether that is LID or phone number. */
export const sealedVote = (
  self: Self,
  envelope: Envelope,
  poll: Target,
  update: proto.Message.IPollUpdateMessage
): SealedVote | undefined => {
  const payload = update.vote?.encPayload
  const iv = update.vote?.encIv
  if (!payload || !iv) return undefined
  const key = update.pollCreationMessageKey
  const named = [key?.participant, isGroupJid(envelope.chat.jid) ? undefined : key?.remoteJid]
    .map(jid => chatJid(jid))
    .filter(jid => jid !== undefined)
  return {
    payload: Buffer.from(payload).toString('base64'),
    iv: Buffer.from(iv).toString('base64'),
    pollId: poll.whatsAppId,
    voters: formsOf(self, envelope.sender),
    authors: [...new Set([...authorForms(self, envelope, poll.sender), ...named])]
  }
}

/** A poll's author in a group is named in one form; when the author is the voter, the stanza gave the other one too. */
const authorForms = (self: Self, envelope: Envelope, author: Party): ReadonlyArray<string> => {
  const forms = formsOf(self, author)
  const voter = formsOf(self, envelope.sender)
  return forms.some(form => voter.includes(form)) ? [...forms, ...voter] : forms
}
