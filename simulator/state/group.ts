// A group: its members, their ranks, its settings. Member lists are written in the group's own addressing.
import type { Account } from './account.ts'
import type { Addressing } from '../wire/jid.ts'

export type Rank = 'member' | 'admin' | 'superadmin'

export class Group {
  readonly id: string
  readonly createdAt: number
  readonly creator: Account
  readonly addressing: Addressing
  subject: string
  subjectAt: number
  subjectBy: Account
  description: { id: string; text: string; at: number; by: Account } | undefined
  ephemeral = 0
  announcement = false
  locked = false
  memberAddMode = 'all_member_add'
  approval = false
  picture: string | undefined
  inviteCode: string
  readonly members = new Map<Account, Rank>()

  constructor(options: {
    id: string
    subject: string
    creator: Account
    members: Iterable<Account>
    addressing?: Addressing
    /** Unix seconds. */
    createdAt: number
    inviteCode: string
  }) {
    this.id = options.id
    this.subject = options.subject
    this.creator = options.creator
    this.createdAt = options.createdAt
    this.subjectAt = this.createdAt
    this.subjectBy = options.creator
    this.addressing = options.addressing ?? 'lid'
    this.inviteCode = options.inviteCode
    for (const member of options.members) this.members.set(member, 'member')
    this.members.set(options.creator, 'superadmin')
  }

  has(account: Account): boolean {
    return this.members.has(account)
  }

  isAdmin(account: Account): boolean {
    const rank = this.members.get(account)
    return rank === 'admin' || rank === 'superadmin'
  }
}

export const isGroup = (chat: Account | Group): chat is Group => 'members' in chat
