// Ending connections on purpose: with a stream error, with the end of the stream, or by a TCP drop; and an outage of WhatsApp.
import type { Account } from '../state/account.ts'
import type { ActiveFault, Fault, FaultScope, StreamError } from '../state/faults.ts'
import type { Network } from '../state/network.ts'
import type { Connection } from '../wire/connection.ts'
import { element } from '../wire/binary-node.ts'

/** The stream ends without an error. */
const STREAM_END = 'xmlstreamend'

/** Ends the connection with this stream error; with the condition `xmlstreamend`, with the end of the stream. */
export const endStream = (connection: Connection, { code, condition, type }: StreamError): void => {
  void connection.send(
    condition === STREAM_END
      ? element(STREAM_END)
      : element(
          'stream:error',
          { code },
          condition === undefined ? undefined : [element(condition, { type })]
        )
  )
  connection.end()
}

/** Without a code and a condition the TCP connection is dropped. */
export const disconnect = (connection: Connection, error: StreamError): void => {
  if (error.code === undefined && error.condition === undefined) connection.destroy()
  else endStream(connection, error)
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

/** How connections end in an outage; the one without anything is a drop. */
const OUTAGE_ENDS = [
  { code: 500 },
  { code: 501 },
  { code: 503 },
  { condition: 'ack' },
  { condition: STREAM_END },
  {}
] as const satisfies readonly [StreamError, ...StreamError[]]

/** Ends a connection as connections end in an outage, in the order of the seed. */
export const endInOutage = (network: Network, connection: Connection): void =>
  disconnect(connection, network.outages.pick(OUTAGE_ENDS))

/** Switches a fault on; `disconnect`, `drop` and `deaf` happen once, now. */
export const addFault = (network: Network, fault: Fault, scope: FaultScope): ActiveFault => {
  const connections = connectionsOf(network, scope.account, scope.device)
  if (fault.kind === 'disconnect' || fault.kind === 'drop' || fault.kind === 'deaf') {
    for (const connection of connections)
      if (fault.kind === 'disconnect') endStream(connection, fault)
      else if (fault.kind === 'deaf') connection.deafen()
      else connection.destroy()
    return { id: 0, fault, clear: () => undefined }
  }
  const added = network.faults.add(fault, scope)
  if (fault.kind === 'outage') for (const connection of connections) endInOutage(network, connection)
  return added
}
