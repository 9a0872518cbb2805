// Receipts a simulated primary device sends: it got, read or played a message someone's linked device or phone wrote.
import type { Account } from '../../state/account.ts'
import type { Group } from '../../state/group.ts'
import type { Network } from '../../state/network.ts'
import { element } from '../../wire/binary-node.ts'
import type { Addressing } from '../../wire/jid.ts'
import { unixSeconds } from '../../wire/stanza.ts'

/** A simulated device tells the writer that it got, read or played a message. */
export const sendReceiptFromPrimary = (
  network: Network,
  reader: Account,
  writer: Account,
  receipt: {
    id: string
    group: Group | undefined
    addressing: Addressing
    type: 'read' | 'played' | undefined
  }
): void => {
  const { id, group, addressing, type } = receipt
  const self = reader.address(addressing)
  const timestamp = unixSeconds()
  network.ledger.receipt(writer, {
    from: reader.jid,
    device: 0,
    chatJid: group ? group.id : reader.jid,
    id,
    type: type ?? 'delivery',
    timestamp
  })
  for (const device of writer.companions.values()) {
    device.queue.add(
      'receipt',
      element('receipt', {
        id,
        type,
        t: timestamp,
        from: group ? group.id : self,
        participant: group ? self : undefined
      })
    )
  }
}
