// A message that a linked device sent, with what the server reads of it: everything but the ciphertext.
import type { Companion } from '../../state/account.ts'
import type { Group } from '../../state/group.ts'
import type { BinaryNode } from '../../wire/binary-node.ts'
import type { Addressing } from '../../wire/jid.ts'

export interface Envelope {
  readonly sender: Companion
  readonly id: string
  readonly timestamp: number
  /** Whom the sender wrote to, as it wrote it. */
  readonly to: string
  readonly group: Group | undefined
  readonly addressing: Addressing
  readonly node: BinaryNode
}
