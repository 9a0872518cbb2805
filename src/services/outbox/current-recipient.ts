// Where an entry goes. A number may be another person's by now; of a number that is not known, WhatsApp says whose it is and how it
// is written.
import { Clock, Effect } from 'effect'
import { parseThreadId } from '../../domain/ids.ts'
import type { Fact } from '../../domain/fact.ts'
import { isPhoneJid } from '../../domain/jid.ts'
import { Conversations } from '../conversations/apply.ts'
import { Identity } from '../conversations/identity.ts'
import { NotConfirmed } from '../whatsapp/errors.ts'
import { WhatsApp } from '../whatsapp/whatsapp.ts'
import type { OutboxRow } from './entry-row.ts'
import { RecipientLost, RecipientMoved } from './errors.ts'

/** The address that the entry is sent to. */
export const currentRecipient = Effect.fnUntraced(function* ({
  accountId,
  content,
  threadId,
  toJid
}: OutboxRow) {
  const identity = yield* Identity
  const person = parseThreadId(threadId)?.jid ?? toJid
  const current = yield* identity.reachable(accountId, person, toJid)
  if (current === undefined) return yield* new RecipientLost({ reason: 'recipient.numberMoved' })
  if (!isPhoneJid(current)) return current
  const lids = yield* identity.lidsOf(accountId, person)
  if (lids.length > 0) yield* confirmOwner(accountId, person, current, lids)
  // Whoever's messages are read has the number.
  else if (content.kind !== 'read') yield* confirmNumber(accountId, current)
  return current
})

/** WhatsApp says whose a number is now: nobody may have written from it since it went to somebody else. */
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
  if (lidJid === undefined || known.includes(lidJid)) return
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
