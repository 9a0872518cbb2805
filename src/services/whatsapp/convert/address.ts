// The people and chats in stanzas and protobufs as facts name them. Nothing is resolved here: an address keeps the
// form it was written in, and the other form when that was given too.
import type { Address, Party, SamePersonFact } from '../../../domain/fact.ts'
import { chatJid, isLidJid, isPhoneJid } from '../../../domain/jid.ts'

/** The addresses of the account itself, without device. */
export interface Self {
  readonly jid: string
  readonly lid?: string | undefined
}

export const address = (jid: string | null | undefined, alt?: string | null): Address | undefined => {
  const main = chatJid(jid)
  const other = chatJid(alt)
  if (main === undefined) return other === undefined ? undefined : { jid: other }
  return other === undefined || other === main ? { jid: main } : { jid: main, alt: other }
}

export const partyOf = (self: Self, who: Address): Party =>
  [who.jid, who.alt].some(jid => jid !== undefined && (jid === self.jid || jid === self.lid)) ? 'me' : who

/** Every form in which a party's address may have been written. */
export const formsOf = (self: Self, who: Party): ReadonlyArray<string> => {
  const [jid, alt] = who === 'me' ? [self.jid, self.lid] : [who.jid, who.alt]
  return alt === undefined ? [jid] : [jid, alt]
}

/** The fact that two addresses are one person's, when one of them is a phone number's and the other a LID. */
export const samePerson = (
  one: string | null | undefined,
  other: string | null | undefined
): ReadonlyArray<SamePersonFact> => {
  const both = [chatJid(one), chatJid(other)].filter(jid => jid !== undefined)
  const phoneJid = both.find(isPhoneJid)
  const lidJid = both.find(isLidJid)
  return phoneJid === undefined || lidJid === undefined ? [] : [{ kind: 'samePerson', phoneJid, lidJid }]
}
