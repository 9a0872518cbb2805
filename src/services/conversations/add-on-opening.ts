// Opens encrypted add-ons with the secret of their message, once that is stored. One that its message's secrets do not open is
// shown on the message, and tried again should another secret become known.
import { Effect } from 'effect'
import { datedChange } from '../../domain/bounded-change.ts'
import type { Fact } from '../../domain/fact.ts'
import { addOnIdOf, openSealedAddOn } from '../../domain/sealed-add-on.ts'
import type { DatabaseError } from '../database/error.ts'
import { count } from '../telemetry/metrics.ts'
import type { AddOnReader } from './add-on-reader.ts'
import type { MessageStore } from './message-store.ts'
import type { SealedAddOnStore } from './sealed-add-on-store.ts'
import type { DueAddOn } from './sql/sealed-add-ons.ts'

/** Opens what can be opened now of an account's add-ons, at most so many, and answers what they say and how many were tried. */
export type OpenAddOns = (
  accountId: string,
  limit: number
) => Effect.Effect<{ readonly facts: ReadonlyArray<Fact>; readonly tried: number }, DatabaseError>

interface Stores {
  readonly messages: MessageStore['Service']
  readonly sealed: SealedAddOnStore['Service']
}

/** What became of an add-on that was tried. */
type Outcome =
  | { readonly is: 'opened'; readonly facts: ReadonlyArray<Fact> }
  /** Its message has no content (yet). */
  | { readonly is: 'waiting' }
  /** Its message was deleted: nobody needs to know what it said. */
  | { readonly is: 'obsolete' }
  | { readonly is: 'unreadable' }

const tryToOpen = Effect.fnUntraced(function* (
  accountId: string,
  { addOn, secrets, type }: DueAddOn,
  sealed: SealedAddOnStore['Service'],
  reader: AddOnReader['Service']
) {
  const outcome = (found: Outcome): Outcome => found
  if (type === null || type === 'undecryptable') return outcome({ is: 'waiting' })
  if (type === 'revoked') return outcome({ is: 'obsolete' })
  if (secrets.length === 0) return outcome({ is: 'unreadable' })
  const authors = yield* sealed.formsOf(accountId, addOn.authors)
  const targetAuthors = yield* sealed.formsOf(accountId, addOn.targetAuthors)
  const plaintext = openSealedAddOn({ ...addOn, authors, targetAuthors }, secrets)
  const facts = plaintext && reader.read(addOn, plaintext)
  return outcome(facts === undefined ? { is: 'unreadable' } : { is: 'opened', facts })
})

/** What is in an add-on was done by the time at which WhatsApp took that, whatever it claims. */
const datedBy = ({ timestamp }: DueAddOn['addOn'], fact: Fact): Fact =>
  fact.kind === 'change' ? { ...fact, change: datedChange(fact.change, timestamp) } : fact

/** Shows the outcome on the message: there it is counted how many add-ons cannot be read. */
const showOutcome = Effect.fnUntraced(function* (
  accountId: string,
  { addOn, isCounted, messageId, threadId }: DueAddOn,
  { is }: Outcome,
  messages: MessageStore['Service']
) {
  const addOnId = addOnIdOf(addOn)
  if (is === 'unreadable' && !isCounted) {
    yield* count.addOn(addOn.addOn, is)
    yield* messages.change(accountId, [{ threadId, messageId, change: { to: 'unreadable', addOnId } }])
  }
  if (is !== 'opened') return
  yield* count.addOn(addOn.addOn, is)
  if (isCounted)
    yield* messages.change(accountId, [{ threadId, messageId, change: { to: 'readable', addOnId } }])
})

export const makeAddOnOpening = ({ messages, sealed }: Stores, reader: AddOnReader['Service']): OpenAddOns =>
  Effect.fnUntraced(function* (accountId, limit) {
    const due = yield* sealed.due(accountId, limit)
    const facts: Array<Fact> = []
    const rows: Readonly<Record<Outcome['is'], Array<number>>> = {
      opened: [],
      waiting: [],
      obsolete: [],
      unreadable: []
    }
    for (const one of due) {
      const outcome = yield* tryToOpen(accountId, one, sealed, reader)
      rows[outcome.is].push(one.row)
      if (outcome.is === 'opened') facts.push(...outcome.facts.map(fact => datedBy(one.addOn, fact)))
      yield* showOutcome(accountId, one, outcome, messages)
    }
    const done = [...rows.opened, ...rows.obsolete]
    if (done.length > 0) yield* sealed.remove(done)
    if (rows.waiting.length > 0) yield* sealed.tried(rows.waiting, false)
    if (rows.unreadable.length > 0) yield* sealed.tried(rows.unreadable, true)
    return { facts, tried: due.length }
  })
