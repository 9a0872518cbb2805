// Who writes to whom, on whose phone.
import type { Account } from '../../state/account.ts'
import type { Group } from '../../state/group.ts'
import type { Network } from '../../state/network.ts'
import type { Addressing } from '../../wire/jid.ts'

export interface Writing {
  readonly network: Network
  /** The phone the chat is on. */
  readonly owner: Account
  readonly sender: Account
  /** A group, or the recipient. */
  readonly chat: Account | Group
  readonly addressing: Addressing
}
