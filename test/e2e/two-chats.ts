// An account with a chat of two and a group that addresses its members by LID, both with a first message.
import type { Phone } from '../../simulator/phone.ts'
import type { Account } from '../../simulator/state/account.ts'
import type { Group } from '../../simulator/state/group.ts'
import type { InProcessStage } from './stage.ts'

export interface TwoChats {
  readonly phone: Phone
  readonly accountId: string
  readonly contact: Account
  readonly other: Account
  readonly group: Group
  readonly threadId: string
  readonly groupThreadId: string
}

export const linkTwoChats = async (stage: InProcessStage): Promise<TwoChats> => {
  const { accountId, phone } = await stage.linked({ history: { chats: 3, messages: 30, groupsShare: 0 } })
  const [contact, other] = phone.contacts as [Account, Account]
  const group = phone.createGroup('Trip', [contact, other], { addressing: 'lid' })
  await phone.receive({ from: contact, text: 'first' })
  await phone.receive({ from: contact, group, text: 'first of the group' })
  await stage.synced(accountId, phone)
  const threads = await stage.api.threads(accountId)
  const threadOf = (...jids: ReadonlyArray<string>) =>
    threads.find(thread => jids.includes(thread.clientJid))!.threadId
  const [threadId, groupThreadId] = [threadOf(contact.jid, contact.lid), threadOf(group.id)]
  return { phone, accountId, contact, other, group, threadId, groupThreadId }
}
