// The limits WhatsApp sets to accounts that write to too many strangers. Both end without an event: the time is compared
// whenever it matters, no timer runs.
import type { ReachoutTimelockEnforcementType } from '@whiskeysockets/baileys'
import type { Account } from './account.ts'

export interface ReachoutTimelock {
  /** Milliseconds since 1970; null when WhatsApp does not say when it ends. */
  readonly until: number | null
  readonly enforcement?: `${ReachoutTimelockEnforcementType}` | undefined
}

export interface MessageCap {
  /** The end of the cycle, milliseconds since 1970. */
  readonly until: number
  /** New chats begun in this cycle; goes up with every further one. */
  readonly used: number
  readonly total: number
  /** NONE until everything is used, then CAPPED, when left out. */
  readonly status?: 'NONE' | 'FIRST_WARNING' | 'SECOND_WARNING' | 'CAPPED' | undefined
}

interface Limits {
  timelock: ReachoutTimelock | undefined
  cap: MessageCap | undefined
  /** Whom the account began to write to in this cycle, by the address it used when nobody has that address. */
  readonly reached: Set<Account | string>
}

export class NewChatLimits {
  private readonly accounts = new Map<Account, Limits>()

  of(account: Account): Limits {
    let limits = this.accounts.get(account)
    if (!limits) {
      limits = { timelock: undefined, cap: undefined, reached: new Set() }
      this.accounts.set(account, limits)
    }
    return limits
  }

  timelockOf(account: Account): ReachoutTimelock | undefined {
    const { timelock } = this.of(account)
    return timelock && (timelock.until === null || timelock.until > Date.now()) ? timelock : undefined
  }

  capOf(account: Account): MessageCap | undefined {
    const { cap } = this.of(account)
    return cap && cap.until > Date.now() ? cap : undefined
  }
}
