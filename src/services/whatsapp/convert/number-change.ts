// Somebody has another number: told by events of groups and chats.
import type { Address, NumberChangedFact } from '../../../domain/fact.ts'
import { isPersonJid } from '../../../domain/jid.ts'

/** An event names the old address of a person who wrote it under the new one; two people, without a writer, are old and new. */
export const numberChanges = (
  people: ReadonlyArray<Address>,
  writer: Address | undefined,
  when: Pick<NumberChangedFact, 'at' | 'live'>
): ReadonlyArray<NumberChangedFact> => {
  const [first, second, ...others] = people
  if (first === undefined || others.length > 0) return []
  const to = second ?? writer
  return to === undefined || !isPersonJid(to.jid) || !isPersonJid(first.jid) || to.jid === first.jid
    ? []
    : [{ kind: 'numberChanged', from: first, to, ...when }]
}
