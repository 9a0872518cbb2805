// A message between a phone and one of its own linked devices: history notifications, keys, answers to requests.
import type { proto } from '@whiskeysockets/baileys'
import type { Companion } from '../../state/account.ts'
import type { Network } from '../../state/network.ts'
import type { PeerMessage } from '../../state/sent-messages.ts'
import { element } from '../../wire/binary-node.ts'
import { encNode, encryptFor } from './encryption.ts'

export const sendPeerMessage = (
  network: Network,
  companion: Companion,
  protocolMessage: proto.Message.IProtocolMessage,
  id: string = network.messageId()
): Promise<void> => {
  const message = { id, timestamp: network.clock.seconds(), protocolMessage }
  network.sent.addPeer(companion, message)
  return queuePeerMessage(network, companion, message)
}

/** Sends the message to the device, encrypted anew under the same id; `count` is the number of a retry. */
export const queuePeerMessage = async (
  network: Network,
  companion: Companion,
  { id, protocolMessage, timestamp }: PeerMessage,
  count?: number
): Promise<void> => {
  const { account } = companion
  const encrypted = await encryptFor(network, account, companion, { protocolMessage })
  companion.queue.add(
    'message',
    element(
      'message',
      { id, t: timestamp, type: 'text', category: 'peer', from: account.jid, sender_lid: account.lid },
      [encNode(network, companion, encrypted, { count, peer: protocolMessage })]
    )
  )
}
