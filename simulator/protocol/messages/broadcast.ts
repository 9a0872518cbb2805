// The owner of a phone writes to a broadcast list: each recipient gets the message in a chat of their own, under one id. The
// owner's linked devices get one copy, whose stanza names the recipients.
import type { proto } from '@whiskeysockets/baileys'
import type { Account } from '../../state/account.ts'
import type { Network } from '../../state/network.ts'
import type { Outgoing } from '../../state/sent-messages.ts'
import { element } from '../../wire/binary-node.ts'
import { otherAddressing, otherAttribute } from '../../wire/jid.ts'
import { encNode, encryptFor } from './encryption.ts'
import { deliverToPrimary, queueMessage } from './primary-sender.ts'
import { recordHeld } from './record.ts'
import type { WriteOptions, WrittenMessage } from './write.ts'
import { type Content, messageFrom } from './written.ts'

export const sendToList = async (
  network: Network,
  { list, owner, recipients }: { list: string; owner: Account; recipients: readonly Account[] },
  options: Content & WriteOptions
): Promise<WrittenMessage> => {
  const { id = network.messageId(), timestamp = network.clock.seconds() } = options
  const [first] = recipients
  if (!first) throw new Error('a broadcast list has recipients')
  const addressing = options.addressing ?? owner.addressing
  const message = messageFrom(options, { network, owner, sender: owner, chat: first, addressing })
  const toEach = recipients.map((chat): Outgoing => ({
    sender: owner,
    chat,
    message,
    id,
    timestamp,
    addressing,
    list
  }))
  for (const outgoing of toEach) await sendToRecipient(network, outgoing)
  await copyToOwnDevices(network, toEach, options.bare !== true)
  network.signals.emit('written', { from: owner.jid, id })
  return { id, timestamp, chatJid: list }
}

const sendToRecipient = async (network: Network, outgoing: Outgoing): Promise<void> => {
  const { chat, id, list, message, sender, timestamp } = outgoing
  const written = { id, list, sender, timestamp, chat, message, pushName: sender.pushName }
  for (const holder of [sender, chat]) {
    if (!('companions' in holder)) continue
    if (network.mailboxes.has(holder)) recordHeld(network, holder, written)
    if (holder === sender) continue
    network.rememberTalk(sender, holder)
    deliverToPrimary(network, holder, outgoing)
    for (const companion of holder.companions.values()) {
      const encrypted = await encryptFor(network, sender, companion, message)
      queueMessage(network, outgoing, companion, [encNode(network, companion, encrypted)])
    }
  }
}

/** One stanza for all recipients: from the list, by the owner. Not every version of WhatsApp names them. */
const copyToOwnDevices = async (
  network: Network,
  toEach: readonly Outgoing[],
  namesRecipients: boolean
): Promise<void> => {
  const [first] = toEach
  if (!first) return
  const { list, message, sender, addressing = 'pn' } = first
  const copy: proto.IMessage = { deviceSentMessage: { destinationJid: list ?? '', message } }
  const recipients = toEach.flatMap(({ chat }) =>
    'companions' in chat
      ? [
          element('to', {
            jid: chat.address(addressing),
            [otherAttribute('peer_recipient', addressing)]: chat.address(otherAddressing(addressing))
          })
        ]
      : []
  )
  await Promise.all(
    [...sender.companions.values()].map(async companion => {
      const encrypted = await encryptFor(network, sender, companion, copy)
      const content = [
        ...(namesRecipients ? [element('participants', {}, recipients)] : []),
        encNode(network, companion, encrypted)
      ]
      queueMessage(network, first, companion, content)
    })
  )
}
