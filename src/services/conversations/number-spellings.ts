// Numbers that can be written in two ways, and are one account: what was stored under the way that WhatsApp does not use goes to
// the person who has the number.
import { Effect } from 'effect'
import type { SameNumberFact } from '../../domain/fact.ts'
import { joinTransaction } from '../database/transaction.ts'
import type { AddressBook } from './address-book.ts'
import { keepSpelling } from './sql/addresses.ts'
import type { MergeContext } from './sql/merge.ts'

export const makeJoinNumbers = ({ sql }: MergeContext, book: AddressBook) =>
  Effect.fnUntraced(function* (accountId: string, { phoneJid, written }: Omit<SameNumberFact, 'kind'>) {
    if (written === phoneJid) return
    const owner = yield* book.owned(accountId, phoneJid)
    if (owner === undefined) yield* book.record(accountId, phoneJid, phoneJid)
    const person = owner?.person ?? phoneJid
    const stored = yield* book.owned(accountId, written)
    if (stored !== undefined && stored.person !== person) {
      // With a LID it was somebody's number once: they are a person of their own, who keeps what is stored.
      if ((yield* book.lidsOf(accountId, stored.person)).length > 0) return
      yield* book.merge(accountId, stored.person, person)
    }
    yield* keepSpelling(sql, accountId, { jid: written, phoneJid, person })
    yield* book.forget(accountId)
  }, joinTransaction(sql))
