// Somebody has another number: told in a stanza of its own (`notification` of type `contacts`).
import { type BinaryNode, getBinaryNodeChild } from '@whiskeysockets/baileys'
import type { Fact } from '../../../domain/fact.ts'
import { isPersonJid } from '../../../domain/jid.ts'
import { address, samePerson, UNDATED } from './address.ts'
import { secondsToMilliseconds } from './numbers.ts'

/** Whether `factsOfNumberChange` converts this stanza. */
export const isNumberChange = (stanza: BinaryNode): boolean =>
  stanza.tag === 'notification' &&
  stanza.attrs['type'] === 'contacts' &&
  getBinaryNodeChild(stanza, 'modify') !== undefined

export const factsOfNumberChange = (stanza: BinaryNode): ReadonlyArray<Fact> => {
  const attrs = getBinaryNodeChild(stanza, 'modify')?.attrs ?? {}
  const from = address(attrs['old'], attrs['old_lid'])
  const to = address(attrs['new'], attrs['new_lid'])
  if (from === undefined || to === undefined || !isPersonJid(from.jid) || !isPersonJid(to.jid)) return []
  const at = secondsToMilliseconds(stanza.attrs['t'])
  return [
    // The old number may have another owner already.
    ...samePerson(attrs['old'], attrs['old_lid'], UNDATED),
    ...samePerson(attrs['new'], attrs['new_lid'], at),
    { kind: 'numberChanged', from, to, at, live: true }
  ]
}
