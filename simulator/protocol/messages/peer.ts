// A message between a phone and one of its own linked devices: history notifications, keys, answers to requests.
import type { proto } from '@whiskeysockets/baileys'
import type { Companion } from '../../state/account.ts'
import type { Network } from '../../state/network.ts'
import { element } from '../../wire/binary-node.ts'
import { unixSeconds } from '../../wire/stanza.ts'
import { encryptFor } from './encryption.ts'

/** `id` is the message's own id; a new one unless the message is sent again. */
export const sendPeerMessage = async (
  network: Network,
  companion: Companion,
  protocolMessage: proto.Message.IProtocolMessage,
  id: string = network.messageId()
): Promise<void> => {
  const { account } = companion
  const timestamp = unixSeconds()
  network.sent.addPeer(companion, id, protocolMessage)
  const { ciphertext, type } = await encryptFor(network, account, companion, { protocolMessage })
  companion.queue.add(
    'message',
    element(
      'message',
      { id, t: timestamp, type: 'text', category: 'peer', from: account.jid, sender_lid: account.lid },
      [element('enc', { v: '2', type }, ciphertext)]
    )
  )
}
