// Answers: the text, and the message it answers as phones quote it. Answers to a status, and private answers to a message of
// a group, name the chat of what they quote; answers within a chat do not.
import type { proto } from '@whiskeysockets/baileys'
import type { Account } from '../../state/account.ts'
import { isGroup } from '../../state/group.ts'
import { STATUS_JID } from '../../wire/jid.ts'
import type { Writing } from './writing.ts'

export interface QuoteReference {
  readonly id: string
  /** The group that the quoted message is in, or `status`; the chat of the answer when left out. */
  readonly in?: string | undefined
  /** What a status said; it is in no chat. */
  readonly said?: string | undefined
}

/** A message as phones quote it: what it says, without its own context and secrets. */
const quotedCopy = ({ messageContextInfo: _secret, ...message }: proto.IMessage): proto.IMessage =>
  Object.fromEntries(
    Object.entries(message).map(([field, content]: [string, unknown]) => {
      if (typeof content !== 'object' || content === null || !('contextInfo' in content))
        return [field, content]
      const { contextInfo: _context, ...rest } = content
      return [field, rest]
    })
  )

const heldIn = ({ network, owner, chat, sender }: Writing, groupId: string | undefined) => {
  const partner =
    groupId === undefined ? (chat === owner ? sender : chat) : network.directory.groups.get(groupId)
  const mailbox = network.mailboxes.get(owner)
  const held = partner && mailbox?.find(partner)
  return { partner, infoOf: (id: string) => held && mailbox?.infoOf(held, id) }
}

const quotedIn = (quote: QuoteReference, writing: Writing): proto.IContextInfo => {
  const { network, owner, addressing } = writing
  const { partner, infoOf } = heldIn(writing, quote.in)
  const info = infoOf(quote.id)
  if (!partner || !info?.message) throw new Error(`there is no message ${quote.id} to answer`)
  const author: Account | undefined = info.key?.fromMe
    ? owner
    : isGroup(partner)
      ? network.directory.find(info.key?.participant ?? undefined)
      : partner
  return {
    stanzaId: quote.id,
    participant: author?.address(isGroup(partner) ? partner.addressing : addressing) ?? null,
    quotedMessage: quotedCopy(info.message),
    ...(quote.in === undefined ? {} : { remoteJid: quote.in })
  }
}

/** Only the one who posted a status is answered: it is theirs. */
const quotedStatus = (quote: QuoteReference, { chat, owner, addressing }: Writing): proto.IContextInfo => ({
  stanzaId: quote.id,
  participant: (isGroup(chat) ? owner : chat).address(addressing),
  remoteJid: STATUS_JID,
  quotedMessage: { extendedTextMessage: { text: quote.said ?? '' } }
})

export const replyTo = (quote: QuoteReference, text: string, writing: Writing): proto.IMessage => ({
  extendedTextMessage: {
    text,
    contextInfo: quote.in === 'status' ? quotedStatus(quote, writing) : quotedIn(quote, writing)
  }
})
