// What WhatsApp answers about numbers that were asked for (`usync`): which LID has each of them now.
import { type BinaryNode, getBinaryNodeChild, getBinaryNodeChildren } from '@whiskeysockets/baileys'
import type { Fact } from '../../../domain/fact.ts'
import { samePerson } from './address.ts'

/** `at` is when it was answered, milliseconds since 1970. */
export const factsOfUsync = (answer: BinaryNode, at: number): ReadonlyArray<Fact> => {
  const list = getBinaryNodeChild(getBinaryNodeChild(answer, 'usync'), 'list')
  return getBinaryNodeChildren(list, 'user').flatMap(user =>
    samePerson(user.attrs['jid'], getBinaryNodeChild(user, 'lid')?.attrs['val'], at)
  )
}
