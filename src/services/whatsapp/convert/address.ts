// The people and chats in stanzas and protobufs as facts name them. Nothing is resolved here: an address keeps the
// form it was written in, and the other form when that was given too.
import type { Address, Party, SamePersonFact } from '../../../domain/fact.ts'
import { chatJid, isLidJid, isPhoneJid, memberJid } from '../../../domain/jid.ts'

/** The addresses of the account itself, without device. */
export interface Self {
  readonly jid: string
  readonly lid?: string | undefined
}

/** A person has two forms of address: the phone number's and the LID. */
const areBothForms = (one: string, other: string): boolean =>
  (isPhoneJid(one) && isLidJid(other)) || (isLidJid(one) && isPhoneJid(other))

type Text = string | null | undefined

/** An address with the first of the others that is its other form. */
export const address = (jid: Text, ...others: ReadonlyArray<Text>): Address | undefined => {
  let main = chatJid(jid)
  for (const other of others) {
    const next = chatJid(other)
    if (main === undefined) main = next
    else if (next !== undefined && areBothForms(main, next)) return { jid: main, alt: next }
  }
  return main === undefined ? undefined : { jid: main }
}

/** Somebody in a group or a list: a member whose address has a form that is not known is a person too. */
export const memberAddress = (jid: string, ...others: ReadonlyArray<Text>): Address =>
  address(jid, ...others) ?? { jid: memberJid(jid) }

export const partyOf = (self: Self, who: Address): Party =>
  [who.jid, who.alt].some(jid => jid !== undefined && (jid === self.jid || jid === self.lid)) ? 'me' : who

/** Every form in which a party's address may have been written. */
export const formsOf = (self: Self, who: Party): ReadonlyArray<string> => {
  const [jid, alt] = who === 'me' ? [self.jid, self.lid] : [who.jid, who.alt]
  return alt === undefined ? [jid] : [jid, alt]
}

/** That nobody knows when two addresses were one person's: a number that has another LID is not moved by it. */
export const UNDATED = 0

/**
 * The fact that two addresses are one person's, when one of them is a phone number's and the other a LID. `at` is when WhatsApp
 * said so (milliseconds since 1970), or `UNDATED`.
 */
export const samePerson = (
  one: string | null | undefined,
  other: string | null | undefined,
  at: number
): ReadonlyArray<SamePersonFact> => {
  const both = [chatJid(one), chatJid(other)].filter(jid => jid !== undefined)
  const phoneJid = both.find(isPhoneJid)
  const lidJid = both.find(isLidJid)
  return phoneJid === undefined || lidJid === undefined ? [] : [{ kind: 'samePerson', phoneJid, lidJid, at }]
}
