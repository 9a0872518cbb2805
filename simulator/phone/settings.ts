// What the owner changes on the phone and its devices learn by app state: chats, marks, labels, names.
import type { WAPatchName } from '@whiskeysockets/baileys'
import { changeFromPhone, writeUnreadable } from '../protocol/app-state.ts'
import { rotateAppStateKey } from '../protocol/app-state-keys.ts'
import { logCall, type LoggedCall } from '../protocol/call-log.ts'
import {
  changeChatSetting,
  type ChatSetting,
  nameContact,
  renameOwner,
  setUnarchiveChats
} from '../protocol/chat-settings.ts'
import { editLabel, type LabelEdit, markMessage, type MessageMark } from '../protocol/message-marks.ts'
import { readChat } from '../protocol/own-reads.ts'
import { ping } from '../protocol/pings.ts'
import { changeTokenSalt } from '../protocol/token-salt.ts'
import type { PhonePatch } from '../state/app-state.ts'
import type { Chat } from '../state/names.ts'
import { WritingPhone } from './writing.ts'

export class SettingsPhone extends WritingPhone {
  /** The owner reads a chat on the phone; the linked devices get the receipts. */
  async markRead(chat: Chat): Promise<void> {
    const partner = this.chatOf(chat)
    readChat(this.network, this.account, partner)
    // What is read is not marked as unread either.
    if (this.mailbox.find(partner)?.markedUnread) await this.changeChat(chat, { read: true })
  }

  /** The owner archives, pins, mutes, labels, clears or deletes a chat or marks it (un)read; the linked devices learn it by app state. */
  changeChat(chat: Chat, setting: ChatSetting): Promise<void> {
    return changeChatSetting(this.network, this.account, this.chatOf(chat), setting)
  }

  /** The owner changes the own name, which others see. */
  rename(name: string): Promise<void> {
    return renameOwner(this.network, this.account, name)
  }

  /** The owner stars, labels or deletes ("for me") a message of a chat. */
  markMessage(chat: Chat, id: string, mark: MessageMark): Promise<void> {
    return markMessage(this.network, this.account, { partner: this.chatOf(chat), id, mark })
  }

  /** The owner makes, renames or deletes a label. */
  editLabel(label: LabelEdit): Promise<void> {
    return editLabel(this.network, this.account, label)
  }

  /** Whether a new message takes a chat out of the archive. */
  setUnarchiveChats(unarchive: boolean): Promise<void> {
    return setUnarchiveChats(this.network, this.account, unarchive)
  }

  /** The owner changes the name of a contact in the address book, or (without a name) removes the contact. */
  nameContact(contact: Chat, name?: string): Promise<void> {
    return nameContact(this.network, this.account, this.accountOf(contact), name)
  }

  /** WhatsApp asks the linked devices whether they are still there; each answer is a signal `pong`. */
  ping(): void {
    ping(this.network, this.account)
  }

  /** The phone logs a call with somebody that is over; the linked devices learn it by app state. Returns the call's id. */
  logCall(chat: Chat, call: LoggedCall = {}): Promise<string> {
    return logCall(this.network, this.account, this.chatOf(chat), call)
  }

  /** The phone writes any patch of app state; the linked devices are notified. */
  changeAppState(patch: PhonePatch): Promise<void> {
    return changeFromPhone(this.network, this.account, patch)
  }

  /** The phone gives its linked devices another salt for the account's own tokens. */
  changeTokenSalt(): Promise<void> {
    return changeTokenSalt(this.network, this.account)
  }

  /** The phone writes an app-state record that no linked device can read. */
  writeUnreadableAppState(collection: WAPatchName, index: readonly string[]): Promise<void> {
    return writeUnreadable(this.network, this.account, collection, index)
  }

  /** The phone makes a new app-state key; with `share: false` the linked devices have to ask for it. */
  async rotateAppStateKey(options: { share?: boolean | undefined } = {}): Promise<void> {
    await rotateAppStateKey(this.network, this.account, { share: options.share ?? true })
  }
}
