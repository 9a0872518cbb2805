// What the owner of a phone sets on it and linked devices learn by app state: the own name, the names of contacts, and
// which chats are archived, pinned, muted or read.
import { proto, type WAPatchCreate } from '@whiskeysockets/baileys'
import type { Account } from '../state/account.ts'
import { type Group, isGroup } from '../state/group.ts'
import { chatIdOf, type MailboxChat } from '../state/history/chat.ts'
import type { Mailbox } from '../state/history/mailbox.ts'
import type { Network } from '../state/network.ts'
import { changeFromPhone } from './app-state.ts'

export type ChatSetting =
  | { readonly archived: boolean }
  | { readonly pinned: boolean }
  /** Milliseconds since 1970; null unmutes the chat. */
  | { readonly mutedUntil: number | null }
  | { readonly read: boolean }

/** The end that WhatsApp gives for a chat that is muted for good. */
const ALWAYS = 4_000_000_000_000

/** Changes one setting of a chat; resolves when the linked devices are notified. */
export const changeChatSetting = async (
  network: Network,
  owner: Account,
  partner: Account | Group,
  setting: ChatSetting
): Promise<void> => {
  const chat = network.mailboxes.get(owner)?.chatWith(partner)
  if (!chat) throw new Error(`${owner.jid} is not a phone`)
  if ('archived' in setting) chat.archived = setting.archived
  else if ('pinned' in setting) chat.pinned = setting.pinned
  else if ('mutedUntil' in setting) chat.muted = setting.mutedUntil !== null
  else {
    chat.markedUnread = !setting.read
    if (setting.read) chat.unread = 0
  }
  await changeFromPhone(network, owner, settingPatch(chatIdOf(chat), setting, Date.now()))
}

/** The owner changes the name that others see. */
export const renameOwner = async (network: Network, owner: Account, name: string): Promise<void> => {
  owner.pushName = name
  owner.named = true
  await changeFromPhone(network, owner, ownNamePatch(name, Date.now()))
}

/** The owner changes the name of a contact in the address book. */
export const nameContact = (
  network: Network,
  owner: Account,
  contact: Account,
  name: string
): Promise<void> => changeFromPhone(network, owner, contactPatch(contact, name, Date.now()))

/** The state of a phone before anyone linked, as patches. */
export const initialPatches = ({ chats, owner }: Mailbox): WAPatchCreate[] => {
  const timestamp = 1_700_000_000_000
  return [ownNamePatch(owner.pushName, timestamp), ...chats.flatMap(chat => chatPatches(chat, timestamp))]
}

const chatPatches = (chat: MailboxChat, timestamp: number): WAPatchCreate[] => {
  const { archived, muted, partner, pinned } = chat
  const id = chatIdOf(chat)
  return [
    ...(isGroup(partner) ? [] : [contactPatch(partner, partner.pushName, timestamp)]),
    ...(pinned ? [settingPatch(id, { pinned }, timestamp)] : []),
    ...(archived ? [settingPatch(id, { archived }, timestamp)] : []),
    ...(muted ? [settingPatch(id, { mutedUntil: ALWAYS }, timestamp)] : [])
  ]
}

const set = (
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

const settingPatch = (id: string, setting: ChatSetting, timestamp: number): WAPatchCreate => {
  if ('pinned' in setting) {
    const pinAction = { pinned: setting.pinned }
    return set('regular_low', 5, ['pin_v1', id], { timestamp, pinAction })
  }
  if ('archived' in setting) {
    const archiveChatAction = { archived: setting.archived }
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
  const markChatAsReadAction = { read: setting.read }
  return set('regular_low', 3, ['markChatAsRead', id], { timestamp, markChatAsReadAction })
}
