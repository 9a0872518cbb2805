// What a socket reports, passed on to the rest of the server: credentials, addresses, files, and its state from pairing to its end.
import type { BinaryNode, ConnectionState, WASocket } from '@whiskeysockets/baileys'
import { Effect } from 'effect'
import { answerIn } from '../phone/media-reupload.ts'
import { makeAcknowledgements } from './acknowledgements.ts'
import type { ConnectedAppState } from './app-state.ts'
import { addressesIn } from './auth-state.ts'
import type { Connection } from './connection-context.ts'
import type { CredentialWriter } from './credentials.ts'
import { storeDirectory } from './directory.ts'
import { connectionLost, endedByWhatsApp, otherNumberLinked, type SocketClosed } from './disconnects.ts'
import { followEnds } from './end-stanzas.ts'
import type { FrameHold } from './frame-hold.ts'
import type { GroupCache } from './group-cache.ts'
import { fetchGroups } from './group-list.ts'
import { watchLidMigration } from './lid-migration.ts'
import { noteSent } from './liveness.ts'
import { checkPreKeys, type RememberingKeys } from './pre-key-check.ts'
import { tellPresences } from './presences.ts'
import { watchRestrictions } from './restrictions.ts'

/** What belongs to one socket besides the connection. */
interface BesideSocket {
  readonly appState: ConnectedAppState
  readonly credentials: CredentialWriter
  readonly frames: FrameHold
  readonly groups: GroupCache
  readonly keys: RememberingKeys
}

/** Connects what the socket reports to the rest of the server. */
export const connectEvents = (connection: Connection, socket: WASocket, beside: BesideSocket): void => {
  const { accountId, options, runtime, services } = connection
  socket.ev.on('creds.update', beside.credentials.save)
  const { conversations } = services
  storeDirectory({ accountId, socket, conversations, runtime, dryRun: options.dryRun, now: services.now })
  tellPresences(connection, socket)
  watchLidMigration(socket, lidMigrated => runtime.fork(storeMigration(connection, lidMigrated)))
  // Not from Baileys' events, which it may hold back. An answer that is lost is asked for again.
  socket.ws.on('CB:notification,type:mediaretry', (node: BinaryNode) => {
    const answer = answerIn(node)
    if (answer !== undefined) runtime.detached(() => connection.onMediaAnswer(accountId, answer))
  })
  followState(connection, socket, beside)
}

/** What could not be stored is said again on the next connection. */
const storeMigration = ({ accountId, services }: Connection, lidMigrated: boolean): Effect.Effect<void> =>
  services.accounts
    .update(accountId, { lidMigrated })
    .pipe(
      Effect.catch(error =>
        Effect.logWarning('Whether chats are addressed by LID could not be stored', error)
      )
    )

/** Follows the state of the connection from pairing to its end. */
const followState = (
  connection: Connection,
  socket: WASocket,
  { appState, credentials, frames, groups, keys }: BesideSocket
): void => {
  const { accountId, belongsTo, connections, creds, emit, options, runtime, services } = connection
  const { now } = services
  const acknowledgements = makeAcknowledgements(socket, runtime, () =>
    noteSent(connection.resources.contact, now())
  )
  const restrictions = watchRestrictions({ socket, timeoutMs: options.sendTimeoutMs, emit, now })

  const onOpen = (): void => {
    connections.add(accountId, {
      socket,
      acknowledgements,
      askRestriction: restrictions.ask,
      groupMetadata: groups.get,
      allSent: frames.left
    })
    runtime.fork(Effect.logInfo('Connected to WhatsApp'))
    // What changed while this device was away, and what an earlier connection did not finish.
    appState.onOpen()
    // Nobody waits for these, and somebody may for what has come meanwhile.
    runtime.fork(
      Effect.andThen(
        services.traffic.quiet('chunk'),
        Effect.suspend(() => {
          fetchGroups(socket, runtime, connection.resources.groupList, now)
          return checkPreKeys(connection, socket, keys)
        })
      )
    )
  }

  socket.ev.on('connection.update', (update: Partial<ConnectionState>) => {
    restrictions.onUpdate(update)
    const { jid, lid = null } = addressesIn(creds)
    if (update.isNewLogin === true && belongsTo !== undefined && jid !== belongsTo) {
      connection.end(otherNumberLinked(now()))
      return
    }
    if (update.isNewLogin === true) {
      const at = now()
      // The machine remembers it, too, but WhatsApp is answered without waiting for that.
      const link = { jid, lid, wanted: true, ended: null, linkedAt: at }
      credentials.store(services.accounts.update(accountId, link))
      emit({ type: 'socket.linked', jid, lid, at })
    }
    if (update.connection === 'open') {
      onOpen()
      emit({ type: 'socket.opened', jid, lid })
    }
    if (update.connection === 'close')
      endLogged(connection, connectionLost(update.lastDisconnect?.error, now()))
  })
  followEnds(socket, end => endLogged(connection, endedByWhatsApp(end, now())), now)
}

/** Of several reasons to end, the first one counts. */
const endLogged = ({ end, runtime }: Connection, event: SocketClosed): void => {
  if (end(event)) runtime.fork(logEnd(event))
}

const logEnd = ({
  disconnect: { code, condition, reason, source },
  verdict
}: SocketClosed): Effect.Effect<void> =>
  Effect.logInfo('The connection ended').pipe(
    Effect.annotateLogs({ code, condition: condition ?? '', reason, source: source ?? '', verdict })
  )
