// The owner read messages on one device: the account's other devices get a `read-self` receipt.
import type { Account, Companion } from '../state/account.ts'
import { type Group, isGroup } from '../state/group.ts'
import { chatIdOf, type MailboxChat } from '../state/history/chat.ts'
import type { Mailbox } from '../state/history/mailbox.ts'
import { unreadOf } from '../state/history/unread.ts'
import type { Network } from '../state/network.ts'
import { type BinaryNode, element } from '../wire/binary-node.ts'
import type { Addressing } from '../wire/jid.ts'

interface OwnRead {
  readonly ids: string[]
  readonly chat: string
  readonly participant?: string | undefined
  readonly addressing: Addressing
  readonly group: Group | undefined
  readonly except?: Companion | undefined
}

export const sendOwnReads = (
  network: Network,
  account: Account,
  { ids, chat, participant, addressing, group, except }: OwnRead
): void => {
  const list = listOf(ids)
  for (const device of account.companions.values()) {
    if (device === except) continue
    device.queue.add(
      'receipt',
      element(
        'receipt',
        {
          id: ids[0],
          type: 'read-self',
          t: network.clock.seconds(),
          from: group ? group.id : account.address(addressing),
          participant: group ? account.address(addressing) : undefined,
          recipient: group ? participant : chat
        },
        list
      )
    )
  }
  network.signals.emit('readSelf', { account: account.jid, chat, ids })
}

/** A receipt names its first message itself and the others in a list. */
export const listOf = (ids: readonly string[]): BinaryNode[] | undefined =>
  ids.length > 1
    ? [
        element(
          'list',
          {},
          ids.slice(1).map(id => element('item', { id }))
        )
      ]
    : undefined

/** The ids of what the owner has not read, by the address of who wrote it. */
const unreadByWriter = (mailbox: Mailbox, chat: MailboxChat): ReadonlyMap<string, string[]> => {
  const unread = new Map<string, string[]>()
  for (const { id, participant } of unreadOf(mailbox, chat)) {
    const writer = participant ?? chatIdOf(chat)
    unread.set(writer, [id, ...(unread.get(writer) ?? [])])
  }
  return unread
}

/** The owner reads a chat on the phone: one receipt for each person who wrote in it since it was last read. */
export const readChat = (network: Network, owner: Account, partner: Account | Group): void => {
  const mailbox = network.mailboxes.get(owner)
  const chat = mailbox?.find(partner)
  if (!mailbox || !chat) return
  const unread = unreadByWriter(mailbox, chat)
  chat.unread = 0
  const { addressing } = partner
  const group = isGroup(partner) ? partner : undefined
  for (const [writer, ids] of unread) {
    const author = network.directory.find(writer)
    sendOwnReads(network, owner, {
      ids,
      chat: isGroup(partner) ? partner.id : partner.address(addressing),
      participant: group ? author?.address(addressing) : undefined,
      addressing,
      group
    })
  }
}
