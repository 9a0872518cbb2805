// Messages a simulated primary device writes: a contact to a phone, a group member to a group, the phone's owner to anyone.
// Each linked device of each recipient gets its own ciphertext from the sender's real Signal session; groups use a sender key.
import type { proto } from '@whiskeysockets/baileys'
import type { Account } from '../../state/account.ts'
import type { Companion } from '../../state/companion.ts'
import type { Group } from '../../state/group.ts'
import { hold, recordReceived, type Written } from './record.ts'
import { changeOf, stanzaTypeOf } from '../../state/messages/content.ts'
import type { Network } from '../../state/network.ts'
import { takeBundle } from '../pre-keys.ts'
import { sendReceiptFromPrimary } from './primary-receipts.ts'
import type { Encrypted } from '../../signal/signal-device.ts'
import { type BinaryNode, element } from '../../wire/binary-node.ts'
import type { Addressing } from '../../wire/jid.ts'

export interface Outgoing {
  readonly sender: Account
  readonly chat: Account | Group
  readonly message: proto.IMessage
  readonly id: string
  readonly timestamp: number
  readonly addressing?: Addressing | undefined
}

const isGroup = (chat: Account | Group): chat is Group => 'members' in chat

export const sendFromPrimary = async (network: Network, outgoing: Outgoing): Promise<void> => {
  const { sender, chat, id, timestamp, message } = outgoing
  network.remembered.set(sender, id, outgoing)
  const written: Written = { id, sender, timestamp, chat, message, pushName: sender.pushName }
  const readers = isGroup(chat) ? [...chat.members.keys()] : [chat]
  for (const reader of new Set([sender, ...readers])) {
    if (!isGroup(chat) && reader !== sender && blocks(reader, sender)) continue
    // only phones tell what they hold
    if (network.mailboxes.has(reader)) hold(network, reader, written)
    if (reader !== sender) arrive(network, reader, outgoing)
  }
  if (isGroup(chat)) await sendToGroup(network, outgoing, chat)
  else await sendToAccount(network, outgoing, chat)
  network.signals.emit('written', { from: sender.jid, id })
}

const blocks = (reader: Account, writer: Account): boolean =>
  reader.blocked.has(writer.lid) || reader.blocked.has(writer.jid)

/** The message reaches the reader's primary device, at once or when that is online again; it confirms like any phone. */
const arrive = (network: Network, reader: Account, outgoing: Outgoing): void => {
  const { sender, chat, id, message } = outgoing
  const arrived = (): void => {
    recordReceived(network, sender, reader, isGroup(chat) ? chat.id : reader.jid, id, message)
    if (sender.companions.size > 0) confirm(network, reader, outgoing)
  }
  if (reader.online) arrived()
  else network.whenOnline(reader, arrived)
}

/** The recipient's own primary device confirms what the phone's owner wrote, as any phone does. */
const confirm = (network: Network, reader: Account, outgoing: Outgoing): void => {
  const { sender, chat, id } = outgoing
  const group = isGroup(chat) ? chat : undefined
  const addressing = group ? group.addressing : (outgoing.addressing ?? reader.addressing)
  sendReceiptFromPrimary(network, reader, sender, { id, group, addressing, type: undefined })
  if (reader.readsByItself && !changeOf(outgoing.message)) {
    sendReceiptFromPrimary(network, reader, sender, { id, group, addressing, type: 'read' })
  }
}

const sendToAccount = async (network: Network, outgoing: Outgoing, chat: Account): Promise<void> => {
  const { sender, message } = outgoing
  network.rememberTalk(sender, chat)
  const ownCopy: proto.IMessage = {
    deviceSentMessage: { destinationJid: chat.address(addressingFor(outgoing, chat)), message }
  }
  const readers = blocks(chat, sender) ? [] : [...chat.companions.values()]
  const companions = new Set([...readers, ...sender.companions.values()])
  await Promise.all(
    [...companions].map(async companion => {
      const own = companion.account === sender
      const encrypted = await encryptFor(network, sender, companion, own ? ownCopy : message)
      queueMessage(network, outgoing, companion, [encNode(network, companion, encrypted)])
    })
  )
}

/** Which of their two addresses the writer and the recipient go by in what is written. */
export const addressingFor = (
  outgoing: Pick<Outgoing, 'sender' | 'addressing'>,
  chat: Account | Group
): Addressing => {
  if (isGroup(chat)) return chat.addressing
  return outgoing.addressing ?? (chat.readsByItself ? chat.addressing : outgoing.sender.addressing)
}

const sendToGroup = async (network: Network, outgoing: Outgoing, group: Group): Promise<void> => {
  const { sender, message } = outgoing
  const readers = [...group.members.keys()].flatMap(member => [...member.companions.values()])
  if (readers.length === 0) return
  const { ciphertext, senderKeyDistributionMessage } = await sender.primary.encryptForGroup(
    group.id,
    sender.lid,
    message
  )
  await Promise.all(
    readers.map(async companion => {
      const content: BinaryNode[] = []
      if (!network.senderKeys.holds(group, sender, companion)) {
        network.senderKeys.given(group, sender, companion)
        const distribution: proto.IMessage = {
          senderKeyDistributionMessage: {
            groupId: group.id,
            axolotlSenderKeyDistributionMessage: senderKeyDistributionMessage
          }
        }
        content.push(encNode(network, companion, await encryptFor(network, sender, companion, distribution)))
      }
      content.push(encNode(network, companion, { type: 'skmsg', ciphertext }))
      queueMessage(network, outgoing, companion, content)
    })
  )
}

const encryptFor = (
  network: Network,
  sender: Account,
  companion: Companion,
  message: proto.IMessage,
  fresh = false
): Promise<Encrypted> =>
  sender.primary.encrypt(companion.lid, message, () => takeBundle(network, companion), fresh)

const encNode = (
  network: Network,
  companion: Companion,
  { type, ciphertext }: { type: string; ciphertext: Uint8Array },
  count?: number
): BinaryNode => {
  const corrupt = network.faults.take('corruptMessages', { companion })
  const bytes = Buffer.from(ciphertext)
  if (corrupt) bytes.fill(0x2a, Math.floor(bytes.length / 2))
  return element('enc', { v: '2', type, count }, bytes)
}

const queueMessage = (
  network: Network,
  outgoing: Outgoing,
  companion: Companion,
  content: BinaryNode[]
): void => {
  const unavailable = network.faults.take('unavailableMessages', { companion })
  companion.queue.add(
    'message',
    element('message', headOf(network, outgoing, companion), [
      ...(unavailable ? [element('unavailable', {})] : content),
      ...metaOf(outgoing.message)
    ])
  )
}

/** Polls and votes say what they are outside of the encrypted part too. */
const metaOf = (message: proto.IMessage): BinaryNode[] => {
  if (stanzaTypeOf(message) !== 'poll') return []
  return [element('meta', { polltype: changeOf(message)?.type === 'vote' ? 'vote' : 'creation' })]
}

const headOf = (
  network: Network,
  outgoing: Outgoing,
  companion: Companion
): Record<string, string | number | undefined> => {
  const { sender, chat, id, message } = outgoing
  const future = network.faults.take('futureTimestamps', { companion })?.seconds ?? 0
  const change = changeOf(message)
  const head = {
    id,
    t: outgoing.timestamp + future,
    type: stanzaTypeOf(message),
    notify: sender.pushName,
    edit: change?.type === 'edit' ? '1' : change?.type === 'revoke' ? '7' : undefined
  }
  const addressing = addressingFor(outgoing, chat)
  const other: Addressing = addressing === 'lid' ? 'pn' : 'lid'
  if (isGroup(chat)) {
    return {
      ...head,
      from: chat.id,
      participant: sender.address(addressing),
      addressing_mode: addressing,
      [addressing === 'lid' ? 'participant_pn' : 'participant_lid']: sender.address(other)
    }
  }
  if (companion.account === sender) {
    return {
      ...head,
      from: sender.address(addressing),
      recipient: chat.address(addressing),
      [addressing === 'lid' ? 'peer_recipient_pn' : 'peer_recipient_lid']: chat.address(other)
    }
  }
  return {
    ...head,
    from: sender.address(addressing),
    [addressing === 'lid' ? 'sender_pn' : 'sender_lid']: sender.address(other)
  }
}

/** A message between the phone and one of its own linked devices: history notifications, keys, answers to requests. */
export const sendPeerMessage = async (
  network: Network,
  companion: Companion,
  protocolMessage: proto.Message.IProtocolMessage,
  id: string,
  timestamp: number
): Promise<void> => {
  const { account } = companion
  const message: proto.IMessage = { protocolMessage }
  network.remembered.setPeer(companion, id, protocolMessage)
  const encrypted = await encryptFor(network, account, companion, message)
  companion.queue.add(
    'message',
    element(
      'message',
      {
        id,
        t: timestamp,
        type: 'text',
        category: 'peer',
        from: account.jid,
        sender_lid: account.lid
      },
      [element('enc', { v: '2', type: encrypted.type }, encrypted.ciphertext)]
    )
  )
}

/** Sends one message again to the one device that asked, under the session its keys open. */
export const sendAgain = async (
  network: Network,
  outgoing: Outgoing,
  companion: Companion,
  count: number
): Promise<void> => {
  const { sender, chat, message } = outgoing
  const group = isGroup(chat) ? chat : undefined
  const content: proto.IMessage =
    companion.account === sender && !group
      ? {
          deviceSentMessage: {
            destinationJid: chat instanceof Object && 'jid' in chat ? chat.jid : '',
            message
          }
        }
      : message
  const again = group
    ? { ...content, senderKeyDistributionMessage: await distributionOf(sender, group) }
    : content
  const encrypted = await encryptFor(network, sender, companion, again)
  companion.queue.add(
    'message',
    element('message', headOf(network, outgoing, companion), [encNode(network, companion, encrypted, count)])
  )
}

const distributionOf = async (
  sender: Account,
  group: Group
): Promise<proto.Message.ISenderKeyDistributionMessage> => {
  const { senderKeyDistributionMessage } = await sender.primary.encryptForGroup(group.id, sender.lid, {})
  return { groupId: group.id, axolotlSenderKeyDistributionMessage: senderKeyDistributionMessage }
}

export const sendPeerAgain = async (
  network: Network,
  companion: Companion,
  protocolMessage: proto.Message.IProtocolMessage,
  id: string,
  timestamp: number
): Promise<void> => sendPeerMessage(network, companion, protocolMessage, id, timestamp)
