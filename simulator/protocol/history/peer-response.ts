// The phone's answer to a request that a linked device made in a peer message.
import { proto } from '@whiskeysockets/baileys'
import type { Companion } from '../../state/account.ts'
import type { Network } from '../../state/network.ts'
import { sendPeerMessage } from '../messages/peer.ts'

export type PeerResult = proto.Message.PeerDataOperationRequestResponseMessage.IPeerDataOperationResult

/** `id` is the request's message id. */
export const respond = (
  network: Network,
  companion: Companion,
  id: string,
  type: proto.Message.PeerDataOperationRequestType,
  results: PeerResult[]
): Promise<void> =>
  sendPeerMessage(network, companion, {
    type: proto.Message.ProtocolMessage.Type.PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE,
    peerDataOperationRequestResponseMessage: {
      peerDataOperationRequestType: type,
      stanzaId: id,
      peerDataOperationResult: results
    }
  })
