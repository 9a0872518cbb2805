// In whose turn a stanza is handled, and how much memory it takes while it waits.
import { type BinaryNode, getAllBinaryNodeChildren } from '@whiskeysockets/baileys'
import { chatJid, isLidJid } from '../../../domain/jid.ts'
import type { Self } from '../convert/message.ts'
import type { StanzaKind } from './stanza-gate.ts'

const OWN = 'own'

/** The one of two addresses of a person that is the same in all stanzas; the text as it is when it is no address. */
const personOf = ({ jid, lid }: Self, text: string, other: string | undefined): string => {
  const [one, another] = [chatJid(text), chatJid(other)]
  if ([one, another].some(form => form !== undefined && (form === jid || form === lid))) return OWN
  return [one, another].find(form => form !== undefined && isLidJid(form)) ?? one ?? text
}

/**
 * Whoever sent it. What changes a group is in the group's turn: of two changes the later one counts, whoever made them. What
 * happens in a call is in the turn of whoever called.
 */
export const senderOf = (kind: StanzaKind, stanza: BinaryNode, self: Self): string => {
  const { from = '', participant, participant_lid, participant_pn, sender_lid, sender_pn } = stanza.attrs
  if (kind === 'CB:notification') return personOf(self, from, undefined)
  if (kind === 'CB:call') {
    const creator = getAllBinaryNodeChildren(stanza)[0]?.attrs['call-creator']
    return personOf(self, creator ?? from, undefined)
  }
  return participant === undefined
    ? personOf(self, from, sender_lid ?? sender_pn)
    : personOf(self, participant, participant_lid ?? participant_pn)
}

/** A stanza without content takes about as much. */
const LEAST_BYTES = 500

export const bytesOf = ({ content }: BinaryNode): number => {
  if (typeof content === 'string' || content instanceof Uint8Array) return LEAST_BYTES + content.length
  return (content ?? []).reduce((sum, child) => sum + bytesOf(child), LEAST_BYTES)
}
