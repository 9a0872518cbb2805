// A linked device could not decrypt a message and asks for it again. When a simulated device wrote it, the message is
// encrypted anew under a fresh session; when another linked device wrote it, the request is passed on to that one.
import type { Companion } from '../../state/companion.ts'
import { readRetryKeys } from '../../signal/key-bundle.ts'
import type { Network } from '../../state/network.ts'
import { takeBundle } from '../pre-keys.ts'
import { sendAgain, sendPeerAgain } from './primary-sender.ts'
import { isGenuine } from '../../signal/signatures.ts'
import { type BinaryNode, child, element } from '../../wire/binary-node.ts'
import { parseJid } from '../../wire/jid.ts'
import { unixSeconds } from '../../wire/stanza.ts'

const RETRY_LIMIT = 10

export const answerRetry = (network: Network, companion: Companion, receipt: BinaryNode): void => {
  const { id, to, participant } = receipt.attrs
  const author = participant ?? to
  const writer = network.directory.find(author)
  const count = Number(child(receipt, 'retry')?.attrs.count ?? '1')
  if (!id || !writer || !(count <= RETRY_LIMIT)) return
  network.signals.emit('retry', { device: companion.jid, id, count })
  const writingDevice = parseJid(author)?.device ?? 0
  if (writingDevice === 0) {
    network.run('retry', resend(network, companion, receipt, id, count))
    return
  }
  const other = writer.companions.get(writingDevice)
  if (!other) return
  network.repeats.forget(other.lid, id, companion.lid)
  const group = network.directory.group(to)
  const lid = parseJid(author)?.server === 'lid'
  const self = companion.address(group ? group.addressing : lid ? 'lid' : 'pn')
  other.queue.add(
    'receipt',
    element(
      'receipt',
      {
        id,
        type: 'retry',
        t: unixSeconds(),
        from: group ? group.id : self,
        participant: group ? self : undefined,
        recipient: receipt.attrs.recipient
      },
      Array.isArray(receipt.content) ? receipt.content : []
    )
  )
}

const resend = async (
  network: Network,
  companion: Companion,
  receipt: BinaryNode,
  id: string,
  count: number
): Promise<void> => {
  const { to, participant } = receipt.attrs
  const writer = network.directory.find(participant ?? to)
  if (!writer) return
  const sent = readRetryKeys(receipt)
  if (sent && !(sent.identity.equals(companion.identity) && isGenuine(sent.identity, sent.signedPreKey))) {
    throw new Error(`${companion.jid} asked again with keys it did not sign`)
  }
  const keys = sent ?? takeBundle(network, companion)
  await writer.primary.renewSession(companion.lid, keys)
  const group = network.directory.group(to)
  if (group) network.senderKeys.forget(group, writer, companion)
  const outgoing = network.remembered.get(writer, id)
  if (outgoing) {
    await sendAgain(network, outgoing, companion, count)
    return
  }
  const peer = writer === companion.account ? network.remembered.getPeer(companion, id) : undefined
  if (peer) await sendPeerAgain(network, companion, peer, id, unixSeconds())
}
