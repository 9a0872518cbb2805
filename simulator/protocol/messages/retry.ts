// A linked device could not decrypt a message and asks for it again. When a primary device wrote it, the message is encrypted
// under a fresh session; when another linked device wrote it, the request is forwarded to that device.
import type { proto } from '@whiskeysockets/baileys'
import { readRetryKeys } from '../../signal/key-bundle.ts'
import { isGenuine } from '../../signal/signatures.ts'
import type { Account, Companion } from '../../state/account.ts'
import { type Group, isGroup } from '../../state/group.ts'
import { isHiddenUndecrypted } from '../../state/messages/content.ts'
import type { Network } from '../../state/network.ts'
import { copyForOwnDevices, onTheWire, type Outgoing } from '../../state/sent-messages.ts'
import { type BinaryNode, child, element } from '../../wire/binary-node.ts'
import { parseJid } from '../../wire/jid.ts'
import { takeBundle } from '../pre-keys.ts'
import { encNode, encryptFor } from './encryption.ts'
import { queuePeerMessage } from './peer.ts'
import { messageStanza } from './stanza.ts'

const RETRY_LIMIT = 10

export const answerRetry = (network: Network, companion: Companion, receipt: BinaryNode): void => {
  const { id, to, participant } = receipt.attrs
  const author = participant ?? to
  const writer = network.directory.find(author)
  const count = Number(child(receipt, 'retry')?.attrs.count ?? '1')
  if (!id || !writer || !(count <= RETRY_LIMIT)) return
  const withKeys = child(receipt, 'keys') !== undefined
  network.signals.emit('retry', {
    device: companion.jid,
    id,
    count,
    withKeys,
    category: receipt.attrs.category ?? 'chat'
  })
  if (network.faults.take('ignoreRetries', { companion })) return
  const writingDevice = parseJid(author)?.device ?? 0
  if (writingDevice === 0) {
    const answer = (): void =>
      network.background.run('retry', resend(network, companion, writer, receipt, id, count))
    if (writer.online) answer()
    else network.whenOnline(writer, answer)
    return
  }
  const device = writer.companions.get(writingDevice)
  if (device) forward(network, companion, device, receipt, id)
}

/** Forwards the request to the linked device that wrote the message. */
const forward = (
  network: Network,
  companion: Companion,
  writer: Companion,
  receipt: BinaryNode,
  id: string
): void => {
  const { to, participant, recipient } = receipt.attrs
  network.repeats.forget(writer.lid, id, companion.lid)
  const group = network.directory.group(to)
  const isLid = parseJid(participant ?? to)?.server === 'lid'
  const self = companion.address(group ? group.addressing : isLid ? 'lid' : 'pn')
  writer.queue.add(
    'receipt',
    element(
      'receipt',
      {
        id,
        type: 'retry',
        t: network.clock.seconds(),
        from: group ? group.id : self,
        participant: group ? self : undefined,
        recipient
      },
      Array.isArray(receipt.content) ? receipt.content : []
    )
  )
}

/** The primary device opens a new session and sends the message again, if it still has it. */
const resend = async (
  network: Network,
  companion: Companion,
  writer: Account,
  receipt: BinaryNode,
  id: string,
  count: number
): Promise<void> => {
  const sent = readRetryKeys(receipt)
  if (sent && !(sent.identity.equals(companion.identity) && isGenuine(sent.identity, sent.signedPreKey))) {
    throw new Error(`${companion.jid} asked again with keys it did not sign`)
  }
  const peer = writer === companion.account ? network.sent.getPeer(companion, id) : undefined
  if (peer) {
    // The first request comes without keys: the session may be sound, and is kept.
    if (sent) await writer.primary.renewSession(companion.lid, sent)
    await queuePeerMessage(network, companion, peer, count)
    return
  }
  await writer.primary.renewSession(companion.lid, sent ?? takeBundle(network, companion))
  const group = network.directory.group(receipt.attrs.to)
  if (group) network.senderKeys.delete(group, writer, companion)
  const outgoing = network.sent.get(writer, id)
  if (outgoing) await sendAgain(network, outgoing, companion, count)
}

/** Sends one message again to the one device that asked. */
const sendAgain = async (
  network: Network,
  outgoing: Outgoing,
  companion: Companion,
  count: number
): Promise<void> => {
  const encrypted = await encryptFor(
    network,
    outgoing.sender,
    companion,
    await contentAgain(outgoing, companion),
    outgoing.as
  )
  const isDamaged = outgoing.unreadable === 'ciphertext'
  const isHidden = isHiddenUndecrypted(outgoing.message)
  const enc = encNode(network, companion, encrypted, { count, isDamaged, isHidden })
  companion.queue.add('message', messageStanza(network, outgoing, companion, [enc]))
}

/** The content for one device alone: in a group with the sender key, for an own device with its destination. */
const contentAgain = async (outgoing: Outgoing, companion: Companion): Promise<proto.IMessage> => {
  const { chat, sender } = outgoing
  const message = onTheWire(outgoing)
  if (isGroup(chat)) {
    return { ...message, senderKeyDistributionMessage: await distributionOf(sender, chat) }
  }
  return companion.account === sender ? copyForOwnDevices(outgoing, chat.jid) : message
}

const distributionOf = async (
  sender: Account,
  group: Group
): Promise<proto.Message.ISenderKeyDistributionMessage> => {
  const { senderKeyDistributionMessage } = await sender.primary.encryptForGroup(group.id, sender.lid, {})
  return { groupId: group.id, axolotlSenderKeyDistributionMessage: senderKeyDistributionMessage }
}
