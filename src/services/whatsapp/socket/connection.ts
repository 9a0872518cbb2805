// Opens one Baileys socket and connects it to vault, journal, conversations and account. The scope that opens it owns it.
import makeWASocket, { INITIAL_PREKEY_COUNT, type WASocket } from '@whiskeysockets/baileys'
import { Deferred, Effect, Exit } from 'effect'
import { CommitsLater } from '../../database/transaction.ts'
import type { Journal } from '../../journal/journal.ts'
import type { Pairing } from '../../../domain/connection.ts'
import { type ConnectedAppState, connectAppState, withoutAnnouncedCollections } from './app-state.ts'
import { connectPairing } from '../pairing/pairing.ts'
import { addressesIn } from './auth-state.ts'
import { askLidAgain } from '../phone/number-owner.ts'
import { isFault } from './baileys-errors.ts'
import { baileysLogger } from './baileys-log.ts'
import { limitReading } from './backpressure.ts'
import { makeChannelNames } from './channel-names.ts'
import {
  type Connection,
  type ConnectionHost,
  type ConnectionRequest,
  stopAcknowledging
} from './connection-context.ts'
import { type CredentialWriter, makeCredentialWriter } from './credentials.ts'
import { closedHere, closeSocket, LIBRARY_CRASH, libraryFault, type SocketClosed } from './disconnects.ts'
import { dropOutdatedLists, followRefreshes, makeKnownForms } from './device-lists.ts'
import { type DurableReceive, makeDurableReceive } from './durable-receive.ts'
import { shareLoop } from './event-share.ts'
import { outliveFaultyStanzas } from './faulty-stanzas.ts'
import { holdFrames } from './frame-hold.ts'
import { makeGroupCache } from './group-cache.ts'
import { forgetSenderKeys } from './identity-changes.ts'
import { removeOldEntries } from './journal-cleanup.ts'
import { makePairsAhead } from './native-curve.ts'
import { rememberPreKeys } from './pre-key-check.ts'
import { followLiveness } from './self-test.ts'
import { askForBatches } from './offline-queue.ts'
import { socketConfig } from './options.ts'
import { answersRetries } from './retry-requests.ts'
import { makeConnectionRuntime } from './runtime.ts'
import { makeChatTurns, type ChatTurns } from './chat-turns.ts'
import { answerPings } from './server-pings.ts'
import { connectEvents } from './socket-events.ts'
import { handleStanzas } from './stanza-handling.ts'
import { followProxy } from '../proxy/incidents.ts'
import { followTime } from './whatsapp-time.ts'
import { followVersion } from '../version/notices.ts'

/** Opens a socket within the caller's scope; the result completes when the connection has ended. */
export const openConnection = Effect.fnUntraced(function* (host: ConnectionHost, request: ConnectionRequest) {
  const { accountId } = request
  const { connections, services } = host
  // After the runtime has ended: nothing more is deferred then.
  yield* Effect.addFinalizer(() => writeLast(services.journal, accountId))
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
  if (request.pairing !== null) yield* followPairing(connection, socket, request.pairing)
  yield* Effect.forkScoped(appState.loop)
  yield* Effect.forkScoped(followLiveness(connection, socket))
  yield* Effect.forkScoped(services.clientVersion.keepFresh(request.proxy))
  yield* Effect.forkScoped(removeOldEntries(services.journal, accountId, isOpen))
  return closed
})

/** What came last was not acknowledged: WhatsApp would deliver it again. It is written all the same, and is then known. */
const writeLast = (journal: Journal['Service'], accountId: string): Effect.Effect<void> =>
  Effect.suspend(() => journal.writeDeferred(accountId) ?? Effect.void).pipe(
    Effect.catchCause(cause =>
      Effect.logWarning('What came last on a connection could not be written', cause)
    )
  )

/** Links the account over this connection. */
const followPairing = Effect.fnUntraced(function* (
  connection: Connection,
  socket: WASocket,
  pairing: Pairing
) {
  const { loop, passkey } = yield* connectPairing(connection, socket, pairing)
  const { resources } = connection
  yield* Effect.acquireRelease(
    Effect.sync(() => (resources.passkey = passkey)),
    () => Effect.sync(() => (resources.passkey = undefined))
  )
  yield* Effect.forkScoped(loop)
  yield* Effect.forkScoped(Effect.promise(() => makePairsAhead(INITIAL_PREKEY_COUNT)))
})

interface OpenedSocket {
  readonly socket: WASocket
  readonly receive: DurableReceive
  readonly turns: ChatTurns
  readonly credentials: CredentialWriter
  readonly appState: ConnectedAppState
  readonly stopLimiting: () => void
  readonly stopFollowingTime: () => void
}

const close = (connection: Connection, opened: OpenedSocket): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { accountId, connections, end, services } = connection
    // Baileys tells of this end as of one that befell it.
    if (end(closedHere(services.now()))) yield* Effect.logDebug('The connection is closed')
    connections.remove(accountId, opened.socket)
    opened.stopLimiting()
    opened.stopFollowingTime()
    opened.turns.end()
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
  const onUnwritable = (cause: unknown): void => stopAcknowledging(connection, socket, cause)
  const receive = makeDurableReceive({
    accountId,
    creds,
    self: () => addressesIn(creds),
    keepsStatuses: options.keepStatuses,
    keepsViews: options.keepStatuses || options.postStatuses,
    journal: services.journal,
    vault: services.vault,
    runtime,
    onArrived: services.traffic.enter,
    onDeferred: when => frames.noteDeferred(when),
    onUnwritable
  })
  const keys = rememberPreKeys(receive.keys)
  const groups = makeGroupCache(jid => socket.groupMetadata(jid))
  const readSent = (whatsAppId: string) => receive.run(services.messages.sentProtobuf(accountId, whatsAppId))
  const config = socketConfig(options, {
    version: connection.version,
    agent: connection.agent,
    auth: { creds, keys },
    logger: baileysLogger((level, text) => runtime.fork(logBaileys(level, text))),
    makeSignalRepository: receive.makeSignalRepository,
    userDevicesCache: resources.devices,
    cachedGroupMetadata: groups.get,
    readSent
  })
  const socket: WASocket = services.stray.withHandler(
    reason => onStrayRejection(connection, reason),
    () => makeWASocket(config)
  )
  shareLoop(socket, services.loopShare)
  const { journal, vault } = services
  const credentials = makeCredentialWriter({ accountId, creds, vault, runtime, onFailure: onUnwritable })
  const writeDeferred = (canWait: () => boolean): Promise<void> | undefined => {
    const writing = journal.writeDeferred(accountId)
    return writing && runtime.run(Effect.provideService(writing, CommitsLater, canWait))
  }
  const frames = holdFrames(socket, {
    durability: services.durability,
    share: services.loopShare,
    writeDeferred: canWait =>
      credentials.unsaved()?.then(() => writeDeferred(canWait)) ?? writeDeferred(canWait),
    onFailure: onUnwritable
  })
  storeOwnMapping(connection, socket)
  const { conversations, identity, unknownKinds } = services
  const knownForms = makeKnownForms({ accountId, identity, run: receive.run })
  const lists = { socket, devices: resources.devices, knownForms }
  const turns = makeChatTurns()
  handleStanzas({
    socket,
    creds,
    record: receive.record,
    cannotRecord: receive.cannotRecord,
    handled: receive.handled,
    isUnreadPeer: receive.isUnreadPeer,
    keepsStatuses: options.keepStatuses,
    onUnknown: kind => runtime.fork(unknownKinds.note([kind])),
    onStanza: options.dryRun ? undefined : makeChannelNames({ accountId, socket, conversations, runtime }),
    beforeNotification: async stanza => {
      await dropOutdatedLists(lists, stanza)
      await forgetSenderKeys({ accountId, knownForms, socket, vault, run: receive.run }, stanza)
    },
    handedOn: withoutAnnouncedCollections,
    turns,
    canAnswer: answersRetries({ socket, self: () => addressesIn(creds), readSent })
  })
  followRefreshes(lists, phoneJid => void askLidAgain(socket, phoneJid))
  const stopLimiting = limitReading(socket, turns.fullness)
  const appState = connectAppState({
    ...connection,
    socket,
    mediaServer: { base: options.mediaBase, proxy: connection.proxy },
    isOpen: () => connection.connections.isOpen(accountId, socket)
  })
  const stopFollowingTime = followTime(connection, socket)
  connectEvents(connection, socket, { appState, credentials, frames, groups, keys })
  followVersion(connection, socket)
  answerPings(socket)
  askForBatches(socket)
  followProxy(connection, socket)
  groups.follow(socket.ev)
  outliveFaultyStanzas(connection, socket, receive.keepFaulty, reason => onStrayRejection(connection, reason))
  return { socket, receive, turns, credentials, appState, stopLimiting, stopFollowingTime }
}

const logBaileys = (level: 'debug' | 'warn', text: string): Effect.Effect<void> =>
  (level === 'warn' ? Effect.logWarning(text) : Effect.logDebug(text)).pipe(
    Effect.annotateLogs({ from: 'baileys' })
  )

/**
 * A fault inside Baileys is a crash of this connection, and of no other: it is opened again, later each time. It is never
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
