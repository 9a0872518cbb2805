// Opens one Baileys socket and connects it to vault, journal, conversations and account. The scope that opens it owns it.
import makeWASocket, {
  type AuthenticationCreds,
  type BinaryNode,
  type CacheStore,
  type ConnectionState,
  type WASocket
} from '@whiskeysockets/baileys'
import { Deferred, Effect, Exit, type Semaphore } from 'effect'
import type { ConnectionEvent, Pairing } from '../../../domain/connection.ts'
import { storageTrouble } from '../../incidents/storage-trouble.ts'
import type { OpenConnections } from '../open-connections.ts'
import { answerIn, type MediaAnswer } from '../phone/media-reupload.ts'
import { makeAcknowledgements } from './acknowledgements.ts'
import { type ConnectedAppState, connectAppState, withoutAnnouncedCollections } from './app-state.ts'
import { addressesIn } from './auth-state.ts'
import { isFault } from './baileys-errors.ts'
import { baileysLogger } from './baileys-log.ts'
import { limitReading } from './backpressure.ts'
import { makeChannelNames } from './channel-names.ts'
import { type CredentialWriter, makeCredentialWriter } from './credentials.ts'
import { storeDirectory } from './directory.ts'
import {
  closeSocket,
  connectionLost,
  endedByWhatsApp,
  LIBRARY_CRASH,
  libraryFault,
  otherNumberLinked,
  type SocketClosed,
  storageFailed
} from './disconnects.ts'
import { type DurableReceive, makeDurableReceive } from './durable-receive.ts'
import { followEnds } from './end-stanzas.ts'
import { type GroupCache, makeGroupCache } from './group-cache.ts'
import { fetchGroups, type GroupListAge } from './group-list.ts'
import { removeOldEntries } from './journal-cleanup.ts'
import { socketConfig, type WhatsAppOptions } from './options.ts'
import { makePairingOffers } from './pairing.ts'
import { rawSocketOf } from './raw-socket.ts'
import { watchRestrictions } from './restrictions.ts'
import { type ConnectionRuntime, makeConnectionRuntime } from './runtime.ts'
import type { ConnectionServices } from './services.ts'
import { handleStanzas } from './stanza-handling.ts'

/** What an account keeps in memory from one connection to the next. */
export interface AccountResources {
  /** Its one permit is held while the account has a socket. */
  readonly lock: Semaphore.Semaphore
  readonly devices: CacheStore
  readonly groupList: GroupListAge
}

export interface ConnectionRequest {
  readonly accountId: string
  readonly creds: AuthenticationCreds
  readonly pairing: Pairing | null
  /** The address of the number this account belongs to, once it was linked. */
  readonly belongsTo: string | undefined
  readonly resources: AccountResources
  readonly emit: (event: ConnectionEvent) => void
}

/** What all connections share. */
export interface ConnectionHost {
  readonly options: WhatsAppOptions
  readonly services: ConnectionServices
  readonly connections: OpenConnections
  readonly onMediaAnswer: (accountId: string, answer: MediaAnswer) => void
}

/** One connection while it is set up; `end` closes it with this event, the first time it is called. */
interface Connection extends ConnectionHost, ConnectionRequest {
  readonly runtime: ConnectionRuntime
  /** Answers whether it was the first call. */
  readonly end: (event: SocketClosed) => boolean
}

/** Opens a socket within the caller's scope; the result completes when the connection has ended. */
export const openConnection = Effect.fnUntraced(function* (host: ConnectionHost, request: ConnectionRequest) {
  const { accountId } = request
  const { connections, services } = host
  const runtime = yield* makeConnectionRuntime(accountId, services.context, services.stray)
  const closed = yield* Deferred.make<SocketClosed>()
  const connection: Connection = {
    ...host,
    ...request,
    runtime,
    emit: event => runtime.detached(() => request.emit(event)),
    end: event => runtime.detached(() => Deferred.doneUnsafe(closed, Exit.succeed(event)))
  }
  const { appState, socket } = yield* Effect.acquireRelease(
    Effect.sync(() => openSocket(connection)),
    opened => close(connection, opened)
  )
  const isOpen = () => connections.isOpen(accountId, socket)
  yield* Effect.forkScoped(appState.loop)
  yield* Effect.forkScoped(removeOldEntries(services.journal, accountId, isOpen))
  return closed
})

interface OpenedSocket {
  readonly socket: WASocket
  readonly receive: DurableReceive
  readonly credentials: CredentialWriter
  readonly appState: ConnectedAppState
  readonly stopLimiting: () => void
}

const close = ({ accountId, connections }: Connection, opened: OpenedSocket): Effect.Effect<void> =>
  Effect.gen(function* () {
    connections.remove(accountId, opened.socket)
    opened.stopLimiting()
    yield* closeSocket(opened.socket)
    // The last credentials must be stored before another socket reads them.
    yield* opened.credentials.saved
    opened.receive.abandon()
  })

/** The socket, with everything that must be in place before its first stanza. */
const openSocket = (connection: Connection): OpenedSocket => {
  const { accountId, creds, options, resources, runtime, services } = connection
  // This server fetches history and app state itself; Baileys must not hold its events back waiting for them.
  if (connection.pairing === null) creds.accountSyncCounter = Math.max(1, creds.accountSyncCounter)
  const receive = makeDurableReceive({
    accountId,
    creds,
    self: () => addressesIn(creds),
    journal: services.journal,
    vault: services.vault,
    run: runtime.run,
    onArrived: services.traffic.enter,
    onUnwritable: cause => stopAcknowledging(connection, socket, cause)
  })
  const groups = makeGroupCache(jid => socket.groupMetadata(jid))
  const config = socketConfig(options, {
    auth: { creds, keys: receive.keys },
    logger: baileysLogger((level, text) => runtime.fork(logBaileys(level, text))),
    makeSignalRepository: receive.makeSignalRepository,
    userDevicesCache: resources.devices,
    cachedGroupMetadata: groups.get,
    readSent: whatsAppId => runtime.run(services.messages.sentProtobuf(accountId, whatsAppId))
  })
  const socket: WASocket = services.stray.withHandler(
    reason => onStrayRejection(connection, reason),
    () => makeWASocket(config)
  )
  storeOwnMapping(connection, socket)
  const { conversations, unknownKinds } = services
  handleStanzas({
    socket,
    creds,
    record: receive.record,
    onUnknown: kind => runtime.fork(unknownKinds.note([kind])),
    onStanza: options.dryRun ? undefined : makeChannelNames({ accountId, socket, conversations, runtime }),
    handedOn: withoutAnnouncedCollections
  })
  const stopLimiting = limitReading(socket, receive.backlog)
  const appState = connectAppState({
    ...connection,
    socket,
    mediaBase: options.mediaBase,
    isOpen: () => connection.connections.isOpen(accountId, socket)
  })
  const credentials = connectEvents(connection, socket, { appState, groups })
  groups.follow(socket.ev)
  return { socket, receive, credentials, appState, stopLimiting }
}

const logBaileys = (level: 'debug' | 'warn', text: string): Effect.Effect<void> =>
  (level === 'warn' ? Effect.logWarning(text) : Effect.logDebug(text)).pipe(
    Effect.annotateLogs({ from: 'baileys' })
  )

/**
 * The database fails: the connection is cut at once, without a closing handshake. Baileys would otherwise tell WhatsApp that
 * the message could not be read.
 */
const stopAcknowledging = (
  { accountId, end, runtime, services }: Connection,
  socket: WASocket,
  cause: unknown
): void => {
  rawSocketOf(socket)?.terminate()
  end(storageFailed(services.now()))
  const trouble = storageTrouble(accountId, 'Received messages cannot be written down', cause)
  runtime.fork(services.incidents.report(trouble))
  socket
    .end(cause instanceof Error ? cause : new Error('The journal cannot be written'))
    .catch(() => undefined)
}

/**
 * A fault inside Baileys is a crash of this connection, and of no other: it is opened anew, later each time. It is never
 * given up, as it may be one stanza that Baileys does not understand, and everything else still arrives in between.
 */
const onStrayRejection = ({ accountId, end, runtime, services }: Connection, reason: unknown): void => {
  const text = 'A promise inside Baileys failed with nobody waiting for it'
  if (!isFault(reason)) return runtime.fork(Effect.logDebug(text))
  runtime.fork(Effect.logWarning(text, reason instanceof Error ? reason : ''))
  const isFirst = end(libraryFault(services.now()))
  if (isFirst) runtime.fork(services.incidents.report({ accountId, subject: accountId, ...LIBRARY_CRASH }))
}

/**
 * Known before the first stanza: otherwise Baileys takes the recipient's LID in a message of the account's own phone for the
 * account's, moves the phone's session there, and cannot decrypt anything of it any more.
 */
const storeOwnMapping = (connection: Connection, socket: WASocket): void => {
  const { jid, lid } = addressesIn(connection.creds)
  if (lid === undefined) return
  socket.signalRepository.lidMapping
    .storeLIDPNMappings([{ lid, pn: jid }])
    .catch((cause: unknown) => stopAcknowledging(connection, socket, cause))
}

/** Connects what the socket reports to the rest of the server. */
/** What belongs to one socket besides the connection. */
interface BesideSocket {
  readonly appState: ConnectedAppState
  readonly groups: GroupCache
}

const connectEvents = (connection: Connection, socket: WASocket, beside: BesideSocket): CredentialWriter => {
  const { accountId, creds, options, runtime, services } = connection
  const credentials = makeCredentialWriter({
    accountId,
    creds,
    vault: services.vault,
    runtime,
    onFailure: cause => stopAcknowledging(connection, socket, cause)
  })
  socket.ev.on('creds.update', credentials.save)
  const { conversations } = services
  storeDirectory({ accountId, socket, conversations, runtime, dryRun: options.dryRun, now: services.now })
  // Not from Baileys' events, which it may hold back. An answer that is lost is asked for again.
  socket.ws.on('CB:notification,type:mediaretry', (node: BinaryNode) => {
    const answer = answerIn(node)
    if (answer !== undefined) runtime.detached(() => connection.onMediaAnswer(accountId, answer))
  })
  followState(connection, socket, beside)
  return credentials
}

/** Follows the state of the connection from pairing to its end. */
const followState = (connection: Connection, socket: WASocket, { appState, groups }: BesideSocket): void => {
  const { accountId, belongsTo, connections, creds, emit, options, pairing, runtime, services } = connection
  const { now } = services
  const acknowledgements = makeAcknowledgements(socket, runtime)
  const restrictions = watchRestrictions({ socket, timeoutMs: options.sendTimeoutMs, emit, now })
  const offerPairing = makePairingOffers(socket, pairing, emit, now)

  const onOpen = (): void => {
    connections.add(accountId, {
      socket,
      acknowledgements,
      askRestriction: restrictions.ask,
      groupMetadata: groups.get
    })
    runtime.fork(Effect.logInfo('Connected to WhatsApp'))
    // What changed while this device was away, and what an earlier connection did not finish.
    appState.onOpen()
    fetchGroups(socket, runtime, connection.resources.groupList, now)
  }

  socket.ev.on('connection.update', (update: Partial<ConnectionState>) => {
    if (update.qr !== undefined) offerPairing(update.qr)
    restrictions.onUpdate(update)
    const { jid, lid = null } = addressesIn(creds)
    if (update.isNewLogin === true && belongsTo !== undefined && jid !== belongsTo) {
      connection.end(otherNumberLinked(now()))
      return
    }
    if (update.isNewLogin === true) emit({ type: 'socket.linked', jid, lid, at: now() })
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
