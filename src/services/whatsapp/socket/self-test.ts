// The test by which a connection finds out that WhatsApp does not deliver on it any more, and what follows from it.
import { type ConnectionState, S_WHATSAPP_NET, type WASocket } from '@whiskeysockets/baileys'
import { Deferred, Effect, Exit } from 'effect'
import { addressesIn } from './auth-state.ts'
import type { Connection } from './connection-context.ts'
import { deafConnection, silentConnection } from './disconnects.ts'
import { noteHeard, type Silence, watchLiveness } from './liveness.ts'
import { isStanza } from './own-stanzas.ts'

const KIND = 'account.deafConnection'

const DEAF_CONNECTION = {
  kind: KIND,
  severity: 'warning',
  happened: 'WhatsApp answered keep-alives on the connection of this account, and nothing else any more',
  did: 'The connection is opened again; WhatsApp then delivers what has waited',
  advice: 'Nothing, unless it happens again and again: then check the network or the proxy, and report it'
} as const

/**
 * A receipt for a message that does not exist, to the account itself: only the route of messages acknowledges it, and no
 * phone shows it. The keep-alive tells a deaf connection from a lost one.
 */
const sendTest = async ({ creds, options }: Connection, socket: WASocket): Promise<boolean> => {
  const to = addressesIn(creds).jid
  await socket.sendNode({
    tag: 'receipt',
    attrs: { id: socket.generateMessageTag(), to, type: 'peer_msg' }
  })
  const keepAlive = {
    tag: 'iq',
    attrs: { id: socket.generateMessageTag(), to: S_WHATSAPP_NET, type: 'get', xmlns: 'w:p' },
    content: [{ tag: 'ping', attrs: {} }]
  }
  const answer: unknown = await socket.query(keepAlive, options.selfTestTimeoutMs)
  return answer !== undefined
}

const testing = (connection: Connection, socket: WASocket): Effect.Effect<boolean> =>
  Effect.tryPromise(() => sendTest(connection, socket)).pipe(
    // A connection that has ended cannot be written to; its end is reported elsewhere.
    Effect.orElseSucceed(() => false),
    Effect.timeoutOrElse({
      duration: connection.options.selfTestTimeoutMs,
      orElse: () => Effect.succeed(false)
    })
  )

/** Not on the fiber that tests: it is interrupted when the connection ends. */
const onSilence = ({ accountId, end, runtime, services }: Connection, silence: Silence): void => {
  const isFirst = end((silence === 'deaf' ? deafConnection : silentConnection)(services.now()))
  if (isFirst && silence === 'deaf')
    runtime.fork(services.incidents.report({ accountId, subject: accountId, ...DEAF_CONNECTION }))
}

/** Notes what is heard on a connection, and tests it from its opening on; ends it when WhatsApp does not deliver on it. */
export const followLiveness = (connection: Connection, socket: WASocket): Effect.Effect<void> => {
  const { accountId, options, resources, runtime, services } = connection
  const { contact } = resources
  const opened = Deferred.makeUnsafe<void>()
  socket.ws.on('frame', (frame: unknown) => {
    // Queries have other servers behind them: their answers do not prove that messages are delivered.
    if (isStanza(frame) && frame.tag !== 'iq') noteHeard(contact, services.now())
  })
  socket.ev.on('connection.update', ({ connection: state }: Partial<ConnectionState>) => {
    if (state !== 'open') return
    runtime.detached(() => Deferred.doneUnsafe(opened, Exit.void))
    runtime.fork(
      services.incidents
        .resolve({ accountId, kind: KIND })
        .pipe(
          Effect.catch(error => Effect.logWarning('Incidents of a connection could not be resolved', error))
        )
    )
  })
  const watching = watchLiveness({
    contact,
    afterMs: options.selfTestAfterMs,
    timeoutMs: options.selfTestTimeoutMs,
    now: services.now,
    test: testing(connection, socket)
  })
  return Deferred.await(opened).pipe(
    Effect.andThen(watching),
    Effect.map(silence => onSilence(connection, silence))
  )
}
