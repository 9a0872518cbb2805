// A flood: a great many short messages written to one phone, live, as fast as they can be encrypted.
import type { Account } from '../../state/account.ts'
import { unreadablePlaintext } from '../../state/messages/newer-fields.ts'
import type { Network } from '../../state/network.ts'
import type { Unreadable } from '../../state/sent-messages.ts'
import { sendFromPrimary } from './primary-sender.ts'

export interface Flood {
  readonly count: number
  /** Message number i (from 0) has the id `idPrefix` + i in six hexadecimal capitals, and the text `text` + ' ' + i. */
  readonly idPrefix: string
  readonly milliseconds: number
}

/** Sockets get their turn after so many messages. */
const TURN = 32

export const idInFlood = (idPrefix: string, index: number): string =>
  `${idPrefix}${index.toString(16).toUpperCase().padStart(6, '0')}`

/** The writers take turns; everything is queued in this order when it resolves. */
export const flood = async (
  network: Network,
  reader: Account,
  writers: readonly Account[],
  { count, text, unreadable }: { count: number; text: string; unreadable?: Unreadable | undefined }
): Promise<Flood> => {
  const began = performance.now()
  const idPrefix = network.messageId().slice(0, 16)
  for (let index = 0; index < count && !network.stopping; index++) {
    const sender = writers[index % writers.length]
    if (!sender) throw new Error('somebody must write the flood')
    const message = { conversation: `${text} ${index}` }
    await sendFromPrimary(network, {
      sender,
      chat: reader,
      message: unreadable === 'plaintext' ? unreadablePlaintext(message) : message,
      unreadable,
      id: idInFlood(idPrefix, index),
      timestamp: network.clock.seconds()
    })
    if (index % TURN === TURN - 1) await new Promise(resolve => setImmediate(resolve))
  }
  return { count, idPrefix, milliseconds: Math.round(performance.now() - began) }
}
