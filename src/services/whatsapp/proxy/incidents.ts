// What a person should know of a proxy that does not connect, and that it does again.
import type { ConnectionState, WASocket } from '@whiskeysockets/baileys'
import { Effect } from 'effect'
import type { Connection } from '../socket/connection-context.ts'
import type { SocketClosed } from '../socket/disconnects.ts'

const KIND = 'account.proxyFailed'

/** Reports the end of a connection if the proxy is its cause, once until the account connects again. */
export const reportProxyFailure = (
  { accountId, services }: Pick<Connection, 'accountId' | 'services'>,
  { disconnect: { reason, source } }: SocketClosed
): Effect.Effect<void> =>
  source === 'proxy'
    ? services.incidents.reportOnce({
        accountId,
        kind: KIND,
        severity: 'warning',
        subject: accountId,
        happened: `The account cannot connect: ${reason}`,
        did: 'The connection is tried again, later each time, and only through the proxy',
        advice: 'Check the proxy and its credentials; PATCH …/accounts/{accountId} sets another one'
      })
    : Effect.void

/** The proxy works again once the connection is open. */
export const followProxy = ({ accountId, runtime, services }: Connection, socket: WASocket): void =>
  socket.ev.on('connection.update', ({ connection: state }: Partial<ConnectionState>) => {
    if (state !== 'open') return
    const resolving = services.incidents.resolve({ accountId, kind: KIND })
    runtime.fork(
      resolving.pipe(
        Effect.catch(error => Effect.logWarning('Incidents of a proxy could not be resolved', error))
      )
    )
  })
