// Receipts of a group's members for a device that is away: WhatsApp gathers them in one stanza, by message.
import type { Companion } from '../state/account.ts'
import { type BinaryNode, children, element } from '../wire/binary-node.ts'
import { isGroupJid } from '../wire/jid.ts'

/** A member's receipt as a part of a gathered one: the messages, each with who confirms it and when. */
const gathered = ({ attrs, content }: BinaryNode): BinaryNode[] => {
  if (attrs.participant === undefined) return Array.isArray(content) ? content : []
  const [list] = Array.isArray(content) ? content : []
  const ids = [attrs.id, ...children(list, 'item').map(item => item.attrs.id)]
  return ids.map(key =>
    element('participants', { key }, [element('user', { jid: attrs.participant, t: attrs.t })])
  )
}

/** One list of people for each message. */
const byMessage = (parts: readonly BinaryNode[]): BinaryNode[] =>
  [...Map.groupBy(parts, ({ attrs }) => attrs.key)].map(([key, same]) =>
    element(
      'participants',
      { key },
      same.flatMap(part => children(part, 'user'))
    )
  )

/** Queues a receipt for a device, with those of the same group and type that wait for it. */
export const queueReceipt = ({ account, queue }: Companion, receipt: BinaryNode): void => {
  const { from, participant, type } = receipt.attrs
  const isGathered = account.gathersReceipts && !queue.connected && participant !== undefined
  const before =
    isGathered && isGroupJid(from ?? '')
      ? queue
          .waiting()
          .findLast(
            ({ deliveries, kind, node }) =>
              kind === 'receipt' && deliveries === 0 && node.attrs.from === from && node.attrs.type === type
          )
      : undefined
  if (!before) {
    queue.add('receipt', receipt)
    return
  }
  const { participant: _, ...attributes } = before.node.attrs
  before.node = element('receipt', attributes, byMessage([...gathered(before.node), ...gathered(receipt)]))
}
