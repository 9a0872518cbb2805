// Groups of the owner: who is in them, what is changed, and what members share of their past.
import type { proto } from '@whiskeysockets/baileys'
import {
  addMembers,
  changeGroup,
  type GroupChange,
  makeGroup,
  removeMembers
} from '../protocol/groups/changes.ts'
import { type PastMessage, shareHistory } from '../protocol/groups/shared-history.ts'
import { announceGroup } from '../protocol/groups/notifications.ts'
import type { Group } from '../state/group.ts'
import type { Chat } from '../state/names.ts'
import type { Addressing } from '../wire/jid.ts'
import { SettingsPhone } from './settings.ts'

/** A message of a group's past. */
export interface SharedMessage {
  readonly from: Chat
  readonly text?: string | undefined
  readonly message?: proto.IMessage | undefined
  readonly id?: string | undefined
  /** Unix seconds. */
  readonly timestamp?: number | undefined
}

export interface SharedHistoryOptions {
  readonly from: Chat
  readonly group: Chat
  readonly messages: readonly SharedMessage[]
  /** Messages that belong to a shared one; `type` is the number of the `AssociationType`. */
  readonly associated?: readonly (SharedMessage & { readonly parent: string; readonly type: number })[]
  readonly comments?: readonly SharedMessage[]
  readonly pinned?: readonly SharedMessage[]
  /** Whom it is for; this phone when left out. */
  readonly receivers?: readonly Chat[] | undefined
}

export class GroupsPhone extends SettingsPhone {
  createGroup(subject: string, members: Chat[], options: { addressing?: Addressing } = {}): Group {
    const group = makeGroup(this.network, this.account, subject, this.accountsOf(members), options)
    this.groups.push(group)
    this.mailbox.chatWith(group)
    announceGroup(this.network, group, this.account, group.members.keys(), true)
    return group
  }

  addMembers(group: Chat, members: Chat[]): void {
    addMembers(this.network, this.groupOf(group), this.account, this.accountsOf(members))
  }

  removeMembers(group: Chat, members: Chat[]): void {
    removeMembers(this.network, this.groupOf(group), this.account, this.accountsOf(members))
  }

  /** A setting or ranks change; the owner does it unless another member is named. */
  changeGroup(group: Chat, change: GroupChange<Chat>, options: { by?: Chat | undefined } = {}): void {
    const changed = this.groupOf(group)
    const actor = options.by === undefined ? this.account : this.accountOf(options.by)
    if (!changed.has(actor)) throw new Error(`${actor.jid} is no member of the group`)
    changeGroup(
      this.network,
      changed,
      actor,
      'promote' in change
        ? { promote: this.accountsOf(change.promote) }
        : 'demote' in change
          ? { demote: this.accountsOf(change.demote) }
          : change
    )
  }

  /**
   * A member shares the past of a group with this phone, or with the receivers named. The messages need not be known; ids and
   * times (Unix seconds) are made up where left out, one second apart.
   */
  receiveSharedHistory(options: SharedHistoryOptions): Promise<{ id: string }> {
    const group = this.groupOf(options.group)
    const sharer = this.accountOf(options.from)
    const receivers = options.receivers === undefined ? [this.account] : this.accountsOf(options.receivers)
    const { associated = [], comments = [], messages, pinned = [] } = options
    const count = messages.length + comments.length + pinned.length + associated.length
    let time = this.network.clock.seconds() - count - 60
    const past = ({ from, id, message, text, timestamp }: SharedMessage): PastMessage => ({
      from: this.accountOf(from),
      id: id ?? this.network.messageId(),
      timestamp: timestamp ?? (time += 1),
      message: message ?? { conversation: text ?? '' }
    })
    return shareHistory(
      this.network,
      { group, owner: this.account, sharer },
      {
        messages: messages.map(past),
        associated: associated.map(({ parent, type, ...message }) => ({
          parent,
          type,
          message: past(message)
        })),
        comments: comments.map(past),
        pinned: pinned.map(past)
      },
      receivers
    )
  }
}
