// Contact cards (vCards): the name and the telephone numbers, as the card writes them.
import type { ContactCard } from '../../../../domain/message.ts'
import type { Family } from './parts.ts'

interface Card {
  displayName?: string | null
  vcard?: string | null
}

/** WhatsApp lets people send some hundred cards at once; this limits hostile messages. */
const MOST_CARDS = 1000
const MOST_NUMBERS = 100

/** A vCard's lines, with folded ones (they continue after a blank) joined. */
const linesOf = (vcard: string): ReadonlyArray<string> => vcard.replace(/\r?\n[ \t]/g, '').split(/\r?\n|\r/)

const NAME = /^(?:[\w-]{1,32}\.)?FN(?:;[^:]{0,200})?:(.*)$/i
const TELEPHONE = /^(?:[\w-]{1,32}\.)?TEL(;[^:]{0,200})?:(.*)$/i
const WHATSAPP_ID = /;waid=(\d{5,20})/i

const numberIn = (line: string): ReadonlyArray<string> => {
  const match = TELEPHONE.exec(line)
  if (match === null) return []
  const written = (match[2] ?? '').replace(/^tel:/i, '').trim()
  const waid = WHATSAPP_ID.exec(match[1] ?? '')?.[1]
  return written !== '' ? [written] : waid === undefined ? [] : [`+${waid}`]
}

const card = ({ displayName, vcard }: Card): ContactCard => {
  const written = linesOf(vcard ?? '')
  const formatted = written.map(line => NAME.exec(line)?.[1]?.trim()).find(name => name)
  return {
    name: displayName ?? formatted ?? null,
    phoneNumbers: [...new Set(written.flatMap(numberIn))].slice(0, MOST_NUMBERS),
    vcard: vcard ?? null
  }
}

export const CONTACT: Family = {
  contactMessage: contact => {
    const contacts = [card(contact)]
    return { type: 'contact', body: contacts[0]?.name, contacts }
  },
  contactsArrayMessage: ({ contacts: given }) => {
    const contacts = (given ?? []).slice(0, MOST_CARDS).map(card)
    const names = contacts.map(({ name }) => name).filter(name => name !== null)
    const shortened = contacts.length < (given ?? []).length ? ['contacts'] : []
    return { type: 'contact', body: names.join(', '), contacts, shortened }
  }
}
