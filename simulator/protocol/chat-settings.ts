// What the owner of a phone sets on it and linked devices learn by app state: the own name, the names of contacts, and
// which chats are archived, pinned, muted, read, labelled, cleared or deleted.
import { proto, type WAPatchCreate } from '@whiskeysockets/baileys'
import type { Account } from '../state/account.ts'
import { type Group, isGroup } from '../state/group.ts'
import { chatIdOf, chatJidOf, type MailboxChat } from '../state/history/chat.ts'
import type { Mailbox } from '../state/history/mailbox.ts'
import type { Network } from '../state/network.ts'
import { heldMessages } from '../state/truth.ts'
import { changeFromPhone } from './app-state.ts'

export type ChatSetting =
  | { readonly archived: boolean }
  | { readonly pinned: boolean }
  /** Milliseconds since 1970; null unmutes the chat. */
  | { readonly mutedUntil: number | null }
  | { readonly read: boolean }
  /** The chat and all its messages so far. */
  | { readonly deleted: true }
  /** All messages so far, with or without the starred ones. */
  | { readonly cleared: 'all' | 'exceptStarred' }
  | { readonly label: string; readonly labeled: boolean }

/** Changes one setting of a chat; resolves when the linked devices are notified. */
export const changeChatSetting = async (
  network: Network,
  owner: Account,
  partner: Account | Group,
  setting: ChatSetting
): Promise<void> => {
  const mailbox = network.mailboxes.get(owner)
  const chat = mailbox?.chatWith(partner)
  if (!mailbox || !chat) throw new Error(`${owner.jid} is not a phone`)
  if ('archived' in setting) chat.archived = setting.archived
  else if ('pinned' in setting) chat.pinned = setting.pinned
  else if ('mutedUntil' in setting) chat.mutedUntil = setting.mutedUntil
  else if ('read' in setting) chat.markedUnread = !setting.read
  else if ('label' in setting) {
    if (setting.labeled) chat.labels.add(setting.label)
    else chat.labels.delete(setting.label)
  } else chat.markedUnread = false
  if ('deleted' in setting) removeMessages(network, owner, chat)
  else if ('cleared' in setting)
    removeMessages(network, owner, chat, { keepsStarred: setting.cleared === 'exceptStarred' })
  if (('read' in setting && setting.read) || 'deleted' in setting || 'cleared' in setting) chat.unread = 0
  await changeFromPhone(
    network,
    owner,
    settingPatch(chatIdOf(chat), setting, network.clock.milliseconds(), rangeOf(mailbox, chat))
  )
}

/** What is in the chat is gone from the owner's devices; so is what comes later and is not newer: WhatsApp counts in seconds. */
const removeMessages = (
  network: Network,
  owner: Account,
  chat: MailboxChat,
  { keepsStarred = false } = {}
): void => {
  const mailbox = network.mailboxes.get(owner)
  const size = mailbox?.size(chat) ?? 0
  if (!mailbox || size === 0) return
  if (!keepsStarred) chat.removedUpTo = mailbox.timeAt(chat, size - 1)
  for (const held of heldMessages(network, owner)) {
    if (held.chatJid !== chatJidOf(chat) || (keepsStarred && held.starred)) continue
    held.deletedForMe = true
    mailbox.noteChange(held)
  }
}

/** The owner changes the name that others see. */
export const renameOwner = async (network: Network, owner: Account, name: string): Promise<void> => {
  owner.pushName = name
  owner.named = true
  await changeFromPhone(network, owner, ownNamePatch(name, network.clock.milliseconds()))
}

/** The owner changes the name of a contact in the address book; without one the contact is removed from it. */
export const nameContact = (
  network: Network,
  owner: Account,
  contact: Account,
  name: string | undefined
): Promise<void> => {
  const chat = network.mailboxes.get(owner)?.find(contact)
  if (chat) chat.savedName = name
  return changeFromPhone(
    network,
    owner,
    name === undefined
      ? {
          ...contactPatch(contact, '', network.clock.milliseconds()),
          operation: proto.SyncdMutation.SyncdOperation.REMOVE
        }
      : contactPatch(contact, name, network.clock.milliseconds())
  )
}

/** Whether a new message takes a chat out of the archive: the setting "Keep chats archived", the other way round. */
export const setUnarchiveChats = (network: Network, owner: Account, unarchiveChats: boolean): Promise<void> =>
  changeFromPhone(
    network,
    owner,
    set('regular_low', 4, ['setting_unarchiveChats'], {
      timestamp: network.clock.milliseconds(),
      unarchiveChatsSetting: { unarchiveChats }
    })
  )

/** The state of a phone before anyone linked, as patches. */
export const initialPatches = ({ chats, owner }: Mailbox): WAPatchCreate[] => {
  const timestamp = 1_700_000_000_000
  return [ownNamePatch(owner.pushName, timestamp), ...chats.flatMap(chat => chatPatches(chat, timestamp))]
}

const chatPatches = (chat: MailboxChat, timestamp: number): WAPatchCreate[] => {
  const { archived, mutedUntil, partner, pinned } = chat
  const id = chatIdOf(chat)
  return [
    ...(isGroup(partner) ? [] : [contactPatch(partner, partner.pushName, timestamp)]),
    ...(pinned ? [settingPatch(id, { pinned }, timestamp)] : []),
    ...(archived ? [settingPatch(id, { archived }, timestamp)] : []),
    ...(mutedUntil === null ? [] : [settingPatch(id, { mutedUntil }, timestamp)])
  ]
}

export const set = (
  type: WAPatchCreate['type'],
  apiVersion: number,
  index: string[],
  syncAction: WAPatchCreate['syncAction']
): WAPatchCreate => ({
  type,
  index,
  syncAction,
  apiVersion,
  operation: proto.SyncdMutation.SyncdOperation.SET
})

const ownNamePatch = (name: string, timestamp: number): WAPatchCreate =>
  set('critical_block', 1, ['setting_pushName'], { timestamp, pushNameSetting: { name } })

const contactPatch = (contact: Account, fullName: string, timestamp: number): WAPatchCreate =>
  set('critical_unblock_low', 2, ['contact', contact.jid], {
    timestamp,
    contactAction: {
      fullName,
      firstName: fullName.split(' ')[0] ?? fullName,
      lidJid: contact.lid,
      saveOnPrimaryAddressbook: true
    }
  })

type MessageRange = proto.SyncActionValue.ISyncActionMessageRange

/** Up to where the owner sees the chat when changing it: in seconds, and the messages of the last one, since more may follow within it. */
const rangeOf = (mailbox: Mailbox, chat: MailboxChat): MessageRange => {
  const size = mailbox.size(chat)
  if (size === 0) return {}
  const timestamp = mailbox.timeAt(chat, size - 1)
  const messages: Array<proto.SyncActionValue.ISyncActionMessage> = []
  for (let place = size - 1; place >= 0 && mailbox.timeAt(chat, place) === timestamp; place--) {
    const [key, id] = [mailbox.infoAt(chat, place)?.key, mailbox.idAt(chat, place)]
    if (key && id !== undefined) messages.unshift({ key: { ...key, id }, timestamp })
  }
  return { lastMessageTimestamp: timestamp, messages }
}

const settingPatch = (
  id: string,
  setting: ChatSetting,
  timestamp: number,
  messageRange: MessageRange = {}
): WAPatchCreate => {
  if ('pinned' in setting) {
    const pinAction = { pinned: setting.pinned }
    return set('regular_low', 5, ['pin_v1', id], { timestamp, pinAction })
  }
  if ('archived' in setting) {
    const archiveChatAction = { archived: setting.archived, messageRange }
    return set('regular_low', 3, ['archive', id], { timestamp, archiveChatAction })
  }
  if ('mutedUntil' in setting) {
    const { mutedUntil } = setting
    const muteAction = {
      muted: mutedUntil !== null,
      ...(mutedUntil === null ? {} : { muteEndTimestamp: mutedUntil })
    }
    return set('regular_high', 2, ['mute', id], { timestamp, muteAction })
  }
  if ('deleted' in setting) {
    return set('regular_high', 6, ['deleteChat', id, '1'], { timestamp, deleteChatAction: { messageRange } })
  }
  if ('cleared' in setting) {
    const deletesStarred = setting.cleared === 'all' ? '1' : '0'
    const index = ['clearChat', id, deletesStarred, '0']
    return set('regular_high', 6, index, { timestamp, clearChatAction: { messageRange } })
  }
  if ('label' in setting) {
    const labelAssociationAction = { labeled: setting.labeled }
    return set('regular', 3, ['label_jid', setting.label, id], { timestamp, labelAssociationAction })
  }
  const markChatAsReadAction = { read: setting.read, messageRange }
  return set('regular_low', 3, ['markChatAsRead', id], { timestamp, markChatAsReadAction })
}
