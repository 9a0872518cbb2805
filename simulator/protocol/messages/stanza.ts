// The stanza of a message that a primary device writes, as one linked device gets it.
import type { proto } from '@whiskeysockets/baileys'
import type { Account, Companion } from '../../state/account.ts'
import { type Group, isGroup } from '../../state/group.ts'
import { changeOf, stanzaTypeOf } from '../../state/messages/content.ts'
import type { Network } from '../../state/network.ts'
import type { Outgoing } from '../../state/sent-messages.ts'
import { type BinaryNode, element } from '../../wire/binary-node.ts'
import { type Addressing, otherAddressing } from '../../wire/jid.ts'
import { addressAttributes } from './addresses.ts'

/** Which of their two addresses the writer and the recipient are named by. */
export const addressingFor = (
  outgoing: Pick<Outgoing, 'sender' | 'addressing'>,
  chat: Account | Group
): Addressing => {
  if (isGroup(chat)) return chat.addressing
  return outgoing.addressing ?? (chat.readsAutomatically ? chat.addressing : outgoing.sender.addressing)
}

export const messageStanza = (
  network: Network,
  outgoing: Outgoing,
  companion: Companion,
  content: BinaryNode[]
): BinaryNode => element('message', attributesOf(network, outgoing, companion), content)

/** Polls and votes say what they are outside of the encrypted part too. */
export const metaOf = (message: proto.IMessage): BinaryNode[] => {
  if (stanzaTypeOf(message) !== 'poll') return []
  return [element('meta', { polltype: changeOf(message)?.type === 'vote' ? 'vote' : 'creation' })]
}

const attributesOf = (
  network: Network,
  outgoing: Outgoing,
  companion: Companion
): Record<string, string | number | undefined> => {
  const { sender, chat, id, message } = outgoing
  const future = network.faults.take('futureTimestamps', { companion })?.seconds ?? 0
  const change = changeOf(message)
  const addressing = addressingFor(outgoing, chat)
  const other = otherAddressing(addressing)
  return {
    id,
    t: outgoing.timestamp + future,
    type: stanzaTypeOf(message),
    notify: sender.pushName,
    edit: change?.type === 'edit' ? '1' : change?.type === 'revoke' ? '7' : undefined,
    addressing_mode: isGroup(chat) ? addressing : undefined,
    ...addressAttributes({
      addressing,
      writer: outgoing.as ?? sender.address(addressing),
      otherWriter: outgoing.as !== undefined || outgoing.bare ? undefined : sender.address(other),
      group: isGroup(chat) ? chat.id : outgoing.list,
      recipient:
        companion.account === sender && !isGroup(chat)
          ? { address: chat.address(addressing), other: chat.address(other) }
          : undefined
    })
  }
}
