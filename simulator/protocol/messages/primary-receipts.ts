// Receipts that a primary device sends for what a linked device or a phone wrote: it got the message, and read it.
import type { Account } from '../../state/account.ts'
import type { Network } from '../../state/network.ts'
import { element } from '../../wire/binary-node.ts'
import type { Addressing } from '../../wire/jid.ts'
import { queueReceipt } from '../group-receipts.ts'

interface Confirmed {
  readonly id: string
  /** A group, or the statuses. */
  readonly group: { readonly id: string } | undefined
  /** The writer's broadcast list that it was sent to. */
  readonly list?: string | undefined
  readonly addressing: Addressing
  /** Whether it is a message that a person reads, and no change to one. */
  readonly isReadable: boolean
}

/** A delivery receipt, and a read receipt from an account that reads automatically. */
export const sendReceipts = (
  network: Network,
  reader: Account,
  writer: Account,
  confirmed: Confirmed
): void => {
  sendReceipt(network, reader, writer, confirmed, undefined)
  if (reader.readsAutomatically && confirmed.isReadable)
    sendReceipt(network, reader, writer, confirmed, 'read')
}

const sendReceipt = (
  network: Network,
  reader: Account,
  writer: Account,
  { id, group, list, addressing }: Confirmed,
  type: 'read' | undefined
): void => {
  const self = reader.address(addressing)
  const timestamp = network.clock.seconds()
  network.ledger.receipt(writer, {
    from: reader.jid,
    device: 0,
    chatJid: group ? group.id : reader.jid,
    id,
    type: type ?? 'delivery',
    timestamp
  })
  for (const device of writer.companions.values()) {
    queueReceipt(
      device,
      element('receipt', {
        id,
        type,
        t: timestamp,
        from: group?.id ?? list ?? self,
        participant: group || list ? self : undefined
      })
    )
  }
}
