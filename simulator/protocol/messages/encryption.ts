// Messages of primary devices, encrypted for one linked device under the sender's real Signal session.
import type { proto } from '@whiskeysockets/baileys'
import type { Encrypted } from '../../signal/signal-device.ts'
import type { Account, Companion } from '../../state/account.ts'
import type { FaultOf } from '../../state/faults.ts'
import type { Network } from '../../state/network.ts'
import { type BinaryNode, element } from '../../wire/binary-node.ts'
import { takeBundle } from '../pre-keys.ts'

/** `as`: the sender's device with that address, instead of the primary one. */
export const encryptFor = (
  network: Network,
  sender: Account,
  companion: Companion,
  message: proto.IMessage,
  as?: string
): Promise<Encrypted> =>
  (as === undefined ? sender.primary : sender.deviceAt(as)).encrypt(companion.lid, message, () =>
    takeBundle(network, companion)
  )

interface EncOptions {
  /** The number of a retry. */
  readonly count?: number | undefined
  /** What a phone sends to its own linked device. */
  readonly peer?: proto.Message.IProtocolMessage
  /** The sender damages the ciphertext. */
  readonly isDamaged?: boolean
  /** Whoever cannot decrypt it is to show nothing in its place. */
  readonly isHidden?: boolean
}

export const encNode = (
  network: Network,
  companion: Companion,
  { type, ciphertext }: { type: string; ciphertext: Uint8Array },
  { count, isDamaged = false, isHidden = false, peer }: EncOptions = {}
): BinaryNode => {
  const corrupt =
    isDamaged || network.faults.take('corruptMessages', { companion }, fault => isMeant(fault, peer))
  const bytes = Buffer.from(ciphertext)
  if (corrupt) bytes.fill(0x2a, Math.floor(bytes.length / 2))
  return element('enc', { v: '2', type, count, 'decrypt-fail': isHidden ? 'hide' : undefined }, bytes)
}

const isMeant = (
  { chunkOrder, only, syncType }: FaultOf<'corruptMessages'>,
  peer: proto.Message.IProtocolMessage | undefined
): boolean => {
  if (only !== undefined && only !== (peer === undefined ? 'chat' : 'peer')) return false
  if (chunkOrder === undefined && syncType === undefined) return true
  const notice = peer?.historySyncNotification
  return (
    notice != null &&
    (chunkOrder === undefined || chunkOrder === (notice.chunkOrder ?? 0)) &&
    (syncType === undefined || syncType === Number(notice.syncType ?? 0))
  )
}
