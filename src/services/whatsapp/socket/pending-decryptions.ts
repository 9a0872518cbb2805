// Which received messages Baileys has not decrypted yet, and to which stanza a ciphertext belongs.
import type { BinaryNode } from '@whiskeysockets/baileys'

/** What is beyond this was never going to be decrypted. */
const MAX_PENDING = 5000

export interface PendingDecryptions {
  /** Expects a decryption for this stanza; `arrived` returns what is called when it has ended. */
  readonly expect: (stanza: BinaryNode) => void
  readonly ended: (stanza: BinaryNode) => void
  readonly isExpected: (stanza: BinaryNode) => boolean
  /** Expects no more decryptions. */
  readonly clear: () => void
  /** Remembers the stanza that a ciphertext came in. */
  readonly link: (ciphertext: Uint8Array, stanza: BinaryNode) => void
  readonly stanzaOf: (ciphertext: Uint8Array) => BinaryNode | undefined
}

/** `onArrived` is called with each expected decryption; the function it returns, when that has ended. */
export const makePendingDecryptions = (onArrived: () => () => void): PendingDecryptions => {
  const stanzas = new WeakMap<Uint8Array, BinaryNode>()
  const pending = new Map<BinaryNode, () => void>()
  const ended = (stanza: BinaryNode): void => {
    pending.get(stanza)?.()
    pending.delete(stanza)
  }
  const clear = (): void => {
    for (const stanza of pending.keys()) ended(stanza)
  }
  return {
    expect: stanza => {
      // A message that is never decrypted must not be expected for ever.
      if (pending.size >= MAX_PENDING) clear()
      pending.set(stanza, onArrived())
    },
    ended,
    isExpected: stanza => pending.has(stanza),
    clear,
    link: (ciphertext, stanza) => void stanzas.set(ciphertext, stanza),
    stanzaOf: ciphertext => stanzas.get(ciphertext)
  }
}
