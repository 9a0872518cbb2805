// Messages that a primary device writes: a contact to a phone, a group member to a group, the phone's owner to anyone.
// Each linked device of each recipient gets its own ciphertext; groups use a sender key.
import type { proto } from '@whiskeysockets/baileys'
import type { Account, Companion } from '../../state/account.ts'
import { type Group, isGroup } from '../../state/group.ts'
import { changeOf, isHiddenUndecrypted } from '../../state/messages/content.ts'
import type { FaultOf } from '../../state/faults.ts'
import type { Network } from '../../state/network.ts'
import { copyForOwnDevices, onTheWire, type Outgoing } from '../../state/sent-messages.ts'
import { type BinaryNode, element } from '../../wire/binary-node.ts'
import { STATUS_JID } from '../../wire/jid.ts'
import { encNode, encryptFor } from './encryption.ts'
import { sendReceipts } from './primary-receipts.ts'
import { recordReceived } from './received.ts'
import { recordHeld, type Written } from './record.ts'
import { addressingFor, messageStanza, metaOf } from './stanza.ts'
import { queueStatus } from './status-stanza.ts'

export const sendFromPrimary = async (network: Network, outgoing: Outgoing): Promise<void> => {
  const { sender, chat, id, list, timestamp, message } = outgoing
  network.sent.add(outgoing)
  const written: Written = { id, list, sender, timestamp, chat, message, pushName: sender.pushName }
  const readers = isGroup(chat) ? [...chat.members.keys()] : [chat]
  for (const reader of new Set([sender, ...readers])) {
    if (!isGroup(chat) && reader !== sender && reader.hasBlocked(sender)) continue
    // Only what phones hold is part of the truth.
    if (network.mailboxes.has(reader) && outgoing.unreadable !== 'plaintext')
      recordHeld(network, reader, written)
    if (reader !== sender) deliverToPrimary(network, reader, outgoing)
  }
  if (isGroup(chat)) await sendToGroup(network, outgoing, chat)
  else await sendToAccount(network, outgoing, chat)
  network.signals.emit('written', { from: sender.jid, id })
}

/** The message reaches the reader's primary device, at once or when that is online again. */
export const deliverToPrimary = (network: Network, reader: Account, outgoing: Outgoing): void => {
  const { sender, chat, id, message } = outgoing
  const deliver = (): void => {
    recordReceived(network, sender, reader, isGroup(chat) ? chat.id : reader.jid, id, message)
    if (sender.companions.size > 0) confirm(network, reader, outgoing)
  }
  if (reader.online) deliver()
  else network.whenOnline(reader, deliver)
}

/** The recipient's primary device confirms what the sender wrote. */
const confirm = (network: Network, reader: Account, outgoing: Outgoing): void => {
  const { sender, chat, id, message } = outgoing
  const group = isGroup(chat) ? chat : undefined
  const addressing = group ? group.addressing : (outgoing.addressing ?? reader.addressing)
  const { list } = outgoing
  sendReceipts(network, reader, sender, { id, group, list, addressing, isReadable: !changeOf(message) })
}

const sendToAccount = async (network: Network, outgoing: Outgoing, chat: Account): Promise<void> => {
  const { sender } = outgoing
  const message = onTheWire(outgoing)
  const isDamaged = outgoing.unreadable === 'ciphertext'
  const isHidden = isHiddenUndecrypted(outgoing.message)
  network.rememberTalk(sender, chat)
  const ownCopy = copyForOwnDevices(outgoing, chat.address(addressingFor(outgoing, chat)))
  const readers = chat.hasBlocked(sender) ? [] : [...chat.companions.values()]
  const companions = new Set([...readers, ...sender.companions.values()])
  await Promise.all(
    [...companions].map(async companion => {
      const own = companion.account === sender
      const encrypted = await encryptFor(network, sender, companion, own ? ownCopy : message, outgoing.as)
      const enc = encNode(network, companion, encrypted, { isDamaged, isHidden })
      queueMessage(network, outgoing, companion, [enc])
    })
  )
}

const sendToGroup = async (network: Network, outgoing: Outgoing, group: Group): Promise<void> => {
  const { sender } = outgoing
  const message = onTheWire(outgoing)
  const readers = [...group.members.keys()].flatMap(member => [...member.companions.values()])
  if (readers.length === 0) return
  const { as } = outgoing
  const device = as === undefined ? sender.primary : sender.deviceAt(as)
  const { ciphertext, senderKeyDistributionMessage } = await device.encryptForGroup(
    group.id,
    as ?? sender.lid,
    message
  )
  await Promise.all(
    readers.map(async companion => {
      const content: BinaryNode[] = []
      // A device with an address of its own has a sender key of its own, which it sends each time.
      if (as !== undefined || !network.senderKeys.isHeld(group, sender, companion)) {
        if (as === undefined) network.senderKeys.add(group, sender, companion)
        const distribution: proto.IMessage = {
          senderKeyDistributionMessage: {
            groupId: group.id,
            axolotlSenderKeyDistributionMessage: senderKeyDistributionMessage
          }
        }
        const encrypted = await encryptFor(network, sender, companion, distribution, as)
        content.push(encNode(network, companion, encrypted))
      }
      const isDamaged = outgoing.unreadable === 'ciphertext'
      const isHidden = isHiddenUndecrypted(outgoing.message)
      content.push(encNode(network, companion, { type: 'skmsg', ciphertext }, { isDamaged, isHidden }))
      queueMessage(network, outgoing, companion, content)
    })
  )
}

/** What stands in the place of the ciphertext, with why the phone alone has the message. */
const unavailableAs = (only: FaultOf<'unavailableMessages'>['only']): BinaryNode[] => {
  switch (only) {
    case 'viewOnce':
      return [element('unavailable', { type: 'view_once' })]
    case 'hosted':
      return [element('unavailable', { hosted: 'true' })]
    case 'bot':
      return [element('bot', {}), element('unavailable', {})]
    default:
      return [element('unavailable', {})]
  }
}

export const queueMessage = (
  network: Network,
  outgoing: Outgoing,
  companion: Companion,
  encrypted: BinaryNode[]
): void => {
  const unavailable = network.faults.take('unavailableMessages', { companion })
  const content = unavailable ? unavailableAs(unavailable.only) : encrypted
  const stanza = messageStanza(network, outgoing, companion, [...content, ...metaOf(outgoing.message)])
  if (stanza.attrs.from === STATUS_JID && companion.account.statusStanzas)
    queueStatus(network, companion, { ...stanza, tag: 'status' })
  else companion.queue.add('message', stanza)
}
