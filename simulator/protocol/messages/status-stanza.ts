// Statuses as stanzas of their own. A device that leaves several of them unacknowledged loses its connection.
import type { Companion } from '../../state/account.ts'
import type { Network } from '../../state/network.ts'
import { type BinaryNode, element } from '../../wire/binary-node.ts'

/** How many a device may leave unacknowledged. */
const MOST_UNACKNOWLEDGED = 3
/** WhatsApp waits for most of an hour; a client on a loaded machine needs some seconds. */
const PATIENCE_MS = 3000

export const queueStatus = (network: Network, companion: Companion, stanza: BinaryNode): void => {
  companion.queue.add('status', stanza)
  // A timer may fire a moment early.
  setTimeout(() => closeIfUnacknowledged(network, companion), PATIENCE_MS + 100).unref()
}

/** Ends the connection that was written so many statuses in vain. */
const closeIfUnacknowledged = (network: Network, companion: Companion): void => {
  const { connection, queue } = companion
  if (!connection || network.stopping) return
  const longAgo = Date.now() - PATIENCE_MS
  const ignored = queue
    .waiting()
    .filter(
      ({ kind, queuedAt, sentOn }) => kind === 'status' && sentOn === connection.id && queuedAt <= longAgo
    )
  const [first] = ignored
  if (!first || ignored.length <= MOST_UNACKNOWLEDGED) return
  queue.close(connection)
  void connection.send(
    element('stream:error', {}, [element('ack', { id: first.node.attrs.id, class: 'status' })])
  )
  connection.end()
}
