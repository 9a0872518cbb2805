// Where an entry goes. A number may be another person's by now; of a number that is not known, WhatsApp says whose it is and how it
// is written.
import { Clock, Effect } from 'effect'
import type { Fact } from '../../domain/fact.ts'
import { parseThreadId } from '../../domain/ids.ts'
import { isLidJid, isPhoneJid } from '../../domain/jid.ts'
import { Conversations } from '../conversations/apply.ts'
import { Identity } from '../conversations/identity.ts'
import type { Self } from '../whatsapp/convert/address.ts'
import { NotConfirmed } from '../whatsapp/errors.ts'
import { WhatsApp } from '../whatsapp/whatsapp.ts'
import type { OutboxRow } from './entry-row.ts'
import { RecipientLost, RecipientMoved } from './errors.ts'

export interface Recipient {
  /** The address that the entry was accepted for, or another one of the same person if that is not theirs any more. */
  readonly jid: string
  /** The forms of a person's address, as far as they are known; a group has none. */
  readonly number?: string | undefined
  readonly lid?: string | undefined
}

export const currentRecipient = Effect.fnUntraced(function* (
  { accountId, content, threadId, toJid }: OutboxRow,
  self: Self
) {
  const identity = yield* Identity
  const person = parseThreadId(threadId)?.jid ?? toJid
  const current = yield* identity.reachable(accountId, person, toJid)
  if (current === undefined) return yield* new RecipientLost({ reason: 'recipient.numberMoved' })
  if (current === self.jid || current === self.lid) return recipient(current, self.jid, self.lid)
  if (isLidJid(current)) return recipient(current, yield* identity.numberOf(accountId, person), current)
  if (!isPhoneJid(current)) return recipient(current)
  const lids = yield* identity.lidsOf(accountId, person)
  const lid = lids.length > 0 ? yield* confirmOwner(accountId, person, current, lids) : undefined
  // Whoever's messages are read has the number.
  if (lid === undefined && content.kind !== 'read') yield* confirmNumber(accountId, current)
  return recipient(current, current, lid)
})

const recipient = (jid: string, number?: string, lid?: string): Recipient => ({ jid, number, lid })

/** Before a message goes to the number of somebody who is known by LID. */
export const confirmNumberOf = Effect.fnUntraced(function* (
  { accountId, threadId, toJid }: OutboxRow,
  number: string
) {
  const identity = yield* Identity
  const person = parseThreadId(threadId)?.jid ?? toJid
  yield* confirmOwner(accountId, person, number, yield* identity.lidsOf(accountId, person))
})

/**
 * WhatsApp says whose a number is now: nobody may have written from it since it went to somebody else. Answers which of the known
 * LIDs has it.
 */
const confirmOwner = Effect.fnUntraced(function* (
  accountId: string,
  person: string,
  phoneJid: string,
  known: ReadonlyArray<string>
) {
  const identity = yield* Identity
  const conversations = yield* Conversations
  const whatsapp = yield* WhatsApp
  const lidJid = yield* whatsapp.lidOf(accountId, phoneJid)
  if (lidJid === undefined) return known[0]
  if (known.includes(lidJid)) return lidJid
  const at = yield* Clock.currentTimeMillis
  yield* conversations.apply(accountId, [{ kind: 'samePerson', phoneJid, lidJid, at }])
  const owner = yield* identity.resolve(accountId, { jid: phoneJid })
  // Its thread may have another id now: the entry is read again.
  return yield* owner === person
    ? new RecipientLost({ reason: 'recipient.numberMoved' })
    : new RecipientMoved({})
})

/** WhatsApp says whether anybody has a number, and how it is written. What it says is stored; the entry may be in another thread then. */
const confirmNumber = Effect.fnUntraced(function* (accountId: string, phoneJid: string) {
  const conversations = yield* Conversations
  const whatsapp = yield* WhatsApp
  const [answer] = yield* whatsapp.checkNumbers(accountId, [phoneJid])
  if (answer === undefined) return yield* new NotConfirmed({})
  const { answeredAt: at, jid, lid: lidJid } = answer
  if (jid === null) return yield* new RecipientLost({ reason: 'recipient.notOnWhatsApp' })
  const facts: ReadonlyArray<Fact> = [
    ...(isPhoneJid(jid) && jid !== phoneJid
      ? [{ kind: 'sameNumber', written: phoneJid, phoneJid: jid } as const]
      : []),
    ...(lidJid === null || !isPhoneJid(jid)
      ? []
      : [{ kind: 'samePerson', phoneJid: jid, lidJid, at } as const])
  ]
  if (facts.length === 0) return
  yield* conversations.apply(accountId, facts)
  return yield* new RecipientMoved({})
})
