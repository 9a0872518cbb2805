// A connection ended: the device is not available any more; its queue stays until it comes back.
import type { Network } from '../state/network.ts'
import type { Session } from '../state/session.ts'
import { setAvailable } from './presence.ts'
import type { Connection } from '../wire/connection.ts'

export const endSession = (network: Network, session: Session, connection: Connection): void => {
  const { companion } = session
  if (!companion) {
    network.signals.emit('closed', { connection: connection.id })
    return
  }
  companion.queue.close(connection)
  if (companion.connection === connection) {
    companion.connection = undefined
    setAvailable(network, companion, false)
  }
  network.signals.emit('closed', { device: companion.jid })
}
