// In which turn a stanza is handled, and how much memory it takes while it waits.
import { type BinaryNode, getAllBinaryNodeChildren } from '@whiskeysockets/baileys'
import { chatJid, isLidJid } from '../../../domain/jid.ts'
import type { Self } from '../convert/message.ts'
import type { Place } from './chat-turns.ts'
import type { StanzaKind } from './stanza-gate.ts'

const OWN = 'own'

/** The one of two addresses of a person that is the same in all stanzas; the text as it is when it is no address. */
const personOf = ({ jid, lid }: Self, text: string, other: string | undefined): string => {
  const [one, another] = [chatJid(text), chatJid(other)]
  if ([one, another].some(form => form !== undefined && (form === jid || form === lid))) return OWN
  return [one, another].find(form => form !== undefined && isLidJid(form)) ?? one ?? text
}

/** The person at the other end of a 1:1 chat, also for what the owner has done in it on another device. */
const partnerOf = (self: Self, attributes: BinaryNode['attrs']): string => {
  const { from = '', peer_recipient_lid, peer_recipient_pn, recipient, sender_lid, sender_pn } = attributes
  const partner = personOf(self, from, sender_lid ?? sender_pn)
  return partner === OWN && recipient !== undefined
    ? personOf(self, recipient, peer_recipient_lid ?? peer_recipient_pn)
    : partner
}

/**
 * The chat that it is about, and whoever sent it. What changes a group is the group's own: of two changes the later one counts,
 * whoever made them. What happens in a call is in the chat with whoever called.
 */
export const placeOf = (kind: StanzaKind, stanza: BinaryNode, self: Self): Place => {
  const { from = '', participant, participant_lid, participant_pn } = stanza.attrs
  const alone = (chat: string): Place => ({ chat, sender: chat })
  if (kind === 'CB:notification') return alone(personOf(self, from, undefined))
  if (kind === 'CB:call') {
    const creator = getAllBinaryNodeChildren(stanza)[0]?.attrs['call-creator']
    return alone(personOf(self, creator ?? from, undefined))
  }
  return participant === undefined
    ? alone(partnerOf(self, stanza.attrs))
    : { chat: from, sender: personOf(self, participant, participant_lid ?? participant_pn) }
}

/** A stanza without content takes about as much. */
const LEAST_BYTES = 500

export const bytesOf = ({ content }: BinaryNode): number => {
  if (typeof content === 'string' || content instanceof Uint8Array) return LEAST_BYTES + content.length
  return (content ?? []).reduce((sum, child) => sum + bytesOf(child), LEAST_BYTES)
}
