// Contact cards: one or several people with their phone numbers.
import { Effect, Schema } from 'effect'
import { recipientJid } from '../../../domain/jid.ts'
import { line } from '../fields.ts'
import { refuse } from '../errors.ts'
import { defineKind, newMessage } from './kind.ts'
import { quoted, visibleText } from './parts.ts'

const Request = Schema.Array(Schema.Struct({ name: line(200), phoneNumber: line(32) })).check(
  Schema.isMinLength(1),
  Schema.isMaxLength(50)
)

const Card = Schema.Struct({ name: Schema.String, phoneNumber: Schema.String })
type Card = typeof Card.Type
const Stored = Schema.Struct({ kind: Schema.Literal('contact'), contacts: Schema.Array(Card), quoted })

const compose = Effect.fnUntraced(function* (contacts: typeof Request.Type) {
  for (const { name, phoneNumber } of contacts) {
    yield* visibleText('contacts.name', name)
    if (phoneNumber.includes('@') || recipientJid(phoneNumber) === undefined) {
      return yield* refuse('contacts.phoneNumber', 'Expected phone numbers with country code')
    }
  }
  return { kind: 'contact' as const, contacts }
})

const vcard = ({ name, phoneNumber }: Card): string => {
  const escaped = name.replaceAll(/[\\;,]/g, '\\$&').replaceAll(/[\r\n]+/g, ' ')
  const digits = phoneNumber.replaceAll(/\D/g, '')
  return `BEGIN:VCARD\nVERSION:3.0\nN:;${escaped};;;\nFN:${escaped}\nTEL;type=CELL;type=VOICE;waid=${digits}:+${digits}\nEND:VCARD`
}

const wireCards = (contacts: ReadonlyArray<Card>) =>
  contacts.map(card => ({ displayName: card.name, vcard: vcard(card) }))

export const contacts = defineKind(Stored, {
  ...newMessage,
  canMention: false,
  request: Request,
  compose,
  wire: (content, { accompanying }) => {
    const cards = wireCards(content.contacts)
    const [only, ...others] = cards
    const message =
      others.length === 0
        ? { contactMessage: { ...only, ...accompanying } }
        : {
            contactsArrayMessage: {
              displayName: `${cards.length} contacts`,
              contacts: cards,
              ...accompanying
            }
          }
    return { as: 'message', message }
  },
  redact: () => ({ kind: 'contact', contacts: [] })
})
