// Statuses. Baileys refuses one that it cannot decrypt, so this server acknowledges all of them. Where they are kept, they are
// decrypted first, one after the other: the first of a person brings the key for those that follow.
import {
  type BinaryNode,
  decryptMessageNode,
  getBinaryNodeChildren,
  type WASocket
} from '@whiskeysockets/baileys'
import type { Self } from '../convert/message.ts'
import { isPlaced, isSealedUnknown } from './own-stanzas.ts'

/**
 * Handles statuses that are recorded: `acknowledge` is called with each, whether it could be decrypted or not, after `handled` with those
 * that were to be decrypted.
 */
export const statusHandling = (options: {
  readonly socket: WASocket
  readonly self: () => Self
  readonly isKept: boolean
  readonly handled: (stanza: BinaryNode) => void
  readonly acknowledge: (stanza: BinaryNode) => void
}): ((stanza: BinaryNode) => void) => {
  const { acknowledge, handled, isKept, self, socket } = options
  let last = Promise.resolve()

  /** Decrypting writes down what the status says, or that it cannot be read. */
  const decrypt = async (stanza: BinaryNode): Promise<void> => {
    const { jid, lid = '' } = self()
    const encrypted = { ...stanza, content: getBinaryNodeChildren(stanza, 'enc') }
    await decryptMessageNode(encrypted, jid, lid, socket.signalRepository, socket.logger).decrypt()
  }

  return stanza => {
    const isReadable = isKept && !isSealedUnknown(stanza) && isPlaced(stanza, self())
    if (!isReadable) return acknowledge(stanza)
    last = last
      .then(() => decrypt(stanza))
      .catch((cause: unknown) => socket.logger.warn({ err: cause }, 'a status could not be decrypted'))
      .then(() => {
        handled(stanza)
        acknowledge(stanza)
      })
  }
}
