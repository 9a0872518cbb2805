// Ending connections on purpose: with a stream error, or by a TCP drop.
import type { Account } from '../state/account.ts'
import type { ActiveFault, Fault, FaultScope } from '../state/faults.ts'
import type { Network } from '../state/network.ts'
import type { Connection } from '../wire/connection.ts'
import { element } from '../wire/binary-node.ts'

/** Without a code the TCP connection is dropped. */
export const disconnect = (connection: Connection, code: number | undefined): void => {
  if (code === undefined) {
    connection.destroy()
    return
  }
  void connection.send(element('stream:error', { code }))
  connection.end()
}

const connectionsOf = (
  network: Network,
  account: Account | undefined,
  device: number | undefined
): Connection[] =>
  [...network.sessions.values()]
    .filter(({ companion }) => account === undefined || companion?.account === account)
    .filter(({ companion }) => device === undefined || companion?.number === device)
    .map(({ connection }) => connection)

/** Switches a fault on; `disconnect` and `drop` happen once, now. */
export const addFault = (network: Network, fault: Fault, scope: FaultScope): ActiveFault => {
  if (fault.kind === 'disconnect' || fault.kind === 'drop') {
    const code = fault.kind === 'disconnect' ? fault.code : undefined
    for (const connection of connectionsOf(network, scope.account, scope.device)) disconnect(connection, code)
    return { id: 0, fault, clear: () => undefined }
  }
  return network.faults.add(fault, scope)
}
