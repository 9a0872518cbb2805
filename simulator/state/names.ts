// Accounts and groups as tests name them: the object itself, an address, or a phone number.
import type { Account } from './account.ts'
import type { Directory } from './directory.ts'
import { type Group, isGroup } from './group.ts'

export type Chat = Account | Group | string

/** Throws when nobody has this name. */
export const accountNamed = (directory: Directory, chat: Chat): Account => {
  if (typeof chat === 'string') {
    const account = directory.find(chat) ?? directory.byPhoneNumber(chat)
    if (account) return account
  } else if (!isGroup(chat)) return chat
  throw new Error(`there is nobody called ${typeof chat === 'string' ? chat : chat.id}`)
}

/** Throws when no group has this name. */
export const groupNamed = (directory: Directory, chat: Chat): Group => {
  const group = typeof chat === 'string' ? directory.group(chat) : chat
  if (group && isGroup(group)) return group
  throw new Error('there is no such group')
}

/** Throws when neither a group nor an account has this name. */
export const chatNamed = (directory: Directory, chat: Chat): Account | Group => {
  if (typeof chat !== 'string') return chat
  return directory.group(chat) ?? accountNamed(directory, chat)
}
