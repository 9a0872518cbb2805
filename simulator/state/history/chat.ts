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
  /** How many messages of others the owner has not read. */
  unread: number
  archived: boolean
  pinned: boolean
  /** Milliseconds since 1970; null while it is not muted. */
  mutedUntil: number | null
  markedUnread: boolean
  /** The name that the owner gave the contact in the address book, while the simulator ran. */
  savedName?: string | undefined
  /** Up to when its messages were removed by the owner, with the chat or without it: Unix seconds. */
  removedUpTo?: number | undefined
  /** The ids of its labels. */
  readonly labels: Set<string>
}

/** The end that WhatsApp gives for a chat that is muted for good. */
export const ALWAYS = 4_000_000_000_000

export interface LiveMessage {
  /** Whether it is unread until it is read: no second file of another message, and not removed with its chat before it came. */
  readonly isCounted: boolean
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
