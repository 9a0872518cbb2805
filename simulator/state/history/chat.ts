// A chat as a phone holds it: a number of generated messages, and what was written while the simulator ran.
import type { proto } from '@whiskeysockets/baileys'
import type { Account } from '../account.ts'
import { type Group, isGroup } from '../group.ts'

export interface MailboxChat {
  readonly index: number
  readonly partner: Account | Group
  /** Number of generated messages; 0 is the oldest. */
  readonly count: number
  /** Written while the simulator ran, oldest first. */
  readonly live: LiveMessage[]
  readonly liveById: Map<string, number>
  /** Who wrote the generated messages of a group besides the owner. */
  readonly others: readonly Account[]
  unread: number
  archived: boolean
  pinned: boolean
  muted: boolean
  markedUnread: boolean
}

export interface LiveMessage {
  readonly info: proto.IWebMessageInfo
  /** Unix seconds. */
  readonly timestamp: number
  readonly id: string
}

/** The chat's address as linked devices know it: a group's id, or the partner's address in the chat's addressing. */
export const chatIdOf = ({ partner }: Pick<MailboxChat, 'partner'>): string =>
  isGroup(partner) ? partner.id : partner.address(partner.addressing)

/** The chat's address in the truth: a group's id, or the partner's phone-number address. */
export const chatJidOf = ({ partner }: Pick<MailboxChat, 'partner'>): string =>
  isGroup(partner) ? partner.id : partner.jid
