// The message that another one answers, as its context names it: in this chat, in another one (a private answer to a
// message of a group), or a status.
import type { proto } from '@whiskeysockets/baileys'
import type { Address, QuotedFact } from '../../../domain/fact.ts'
import { EXCERPT_LENGTH } from '../../../domain/message.ts'
import { address, partyOf, type Self } from './address.ts'

/** The chat that the context names; `undefined` when it is the chat of the answer. */
const chatOf = (self: Self, remoteJid: string | null | undefined): Address | undefined => {
  const chat = address(remoteJid)
  if (chat === undefined) return undefined
  // The writer's view of a chat with this account.
  return partyOf(self, chat) === 'me' ? undefined : chat
}

/** The beginning of a text, in whole characters; `null` when it has none that can be seen. */
export const excerptOf = (text: string | null | undefined): string | null => {
  const start = (text ?? '').slice(0, 2 * EXCERPT_LENGTH).trim()
  return start === '' ? null : Array.from(start.toWellFormed()).slice(0, EXCERPT_LENGTH).join('')
}

/** The message that a context quotes; `said` is what the repeated message says. */
export const quotedIn = (
  self: Self,
  info: proto.IContextInfo | undefined,
  said?: string | null
): QuotedFact | null => {
  if (!info?.stanzaId) return null
  const writer = address(info.participant)
  const chat = chatOf(self, info.remoteJid)
  return {
    whatsAppId: info.stanzaId,
    excerpt: excerptOf(said),
    ...(writer === undefined ? {} : { sender: partyOf(self, writer) }),
    ...(chat === undefined ? {} : { chat })
  }
}
