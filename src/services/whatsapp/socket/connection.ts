// One Baileys socket: its settings, what it is wired to, and its end. Owned by the scope that opens it.
import makeWASocket, {
  ALL_WA_PATCH_NAMES,
  type AuthenticationCreds,
  type BinaryNode,
  Browsers,
  type CacheStore,
  type ConnectionState,
  jidNormalizedUser,
  proto,
  type UserFacingSocketConfig,
  type WASocket
} from '@whiskeysockets/baileys'
import { Clock, Deferred, Effect, Schema } from 'effect'
import type { ConnectionEvent, Pairing } from '../../../domain/connection.ts'
import type { Restriction } from '../../../domain/account.ts'
import { disconnectRow } from '../../../domain/disconnect.ts'
import type { Fact } from '../../../domain/fact.ts'
import { Incidents } from '../../incidents/incidents.ts'
import { storageTrouble } from '../../incidents/storage-trouble.ts'
import { StrayRejections } from '../../process/stray-rejections.ts'
import { Journal } from '../../journal/journal.ts'
import { Conversations } from '../../conversations/apply.ts'
import { LiveTraffic } from '../../journal/traffic.ts'
import { Store } from '../../conversations/store.ts'
import { Vault } from '../../vault/vault.ts'
import { encodeCredentials } from './auth-state.ts'
import { baileysLogger } from './baileys-log.ts'
import { factsOfChats, factsOfContacts, factsOfGroups } from '../convert/directory.ts'
import { millisecondsOf, secondsToMilliseconds } from '../convert/numbers.ts'
import { makeDeviceCache } from './device-cache.ts'
import { isFault, networkTrouble, refusal, statusCodeOf } from './errors.ts'
import { makeDurableReceive } from './durable-receive.ts'
import { makeGroupCache } from './group-cache.ts'
import { guardIntake } from './intake.ts'
import { answerIn, type MediaAnswer } from '../media.ts'
import { cappingRestriction, reachoutRestriction } from './restriction.ts'
import type { RunPromise } from './signal-keys.ts'
import { wireOf } from './wire.ts'

/** WhatsApp answered that it does not take this message. */
export class SendRefused extends Schema.TaggedError<SendRefused>()('SendRefused', {
  code: Schema.Finite,
  reason: Schema.String
}) {}

export interface WhatsAppOptions {
  readonly url: URL
  /** Root key of another server than WhatsApp's; `''` trusts WhatsApp's own only. */
  readonly trustRoot: Uint8Array | ''
  readonly connectTimeoutMs: number
  readonly sendTimeoutMs: number
  /** Pause between the openings of any two connections. */
  readonly paceMs: number
  readonly syncFullHistory: boolean
  /** Makes no threads of what is told about chats without a message. */
  readonly dryRun: boolean
}

const QR_LIFETIME_MS = 30_000
const CODE_LIFETIME_MS = 160_000
/**
 * A receipt that left this long ago on a connection that still lives has reached WhatsApp, and the offline queue of its
 * beginning has been worked off: what was ingested before will not be delivered again.
 */
const REPEATED_WITHIN_MS = 10 * 60 * 1000
/** Of our own: a phone was linked whose number is not that of the account. */
export const OTHER_NUMBER = 1
const OTHER_NUMBER_REASON =
  'Another phone number was linked than this account belongs to. Its conversations would be mixed: create an account of its own for it'
/** Of our own: Baileys threw where nobody catches. */
const LIBRARY_FAULT = 2
const LIBRARY_FAULT_REASON = 'A fault inside the WhatsApp library'
const CRASH = {
  kind: 'account.crashed',
  severity: 'warning',
  happened: 'A fault inside the WhatsApp library ended the connection of this account',
  did: 'It is opened anew, later each time it happens; the other accounts were not touched',
  advice: 'Nothing, unless it happens again and again: then report it with the log'
} as const
/** What changes in groups is told while connected and after; asking at every reconnection would be too often. */
const GROUPS_LIFETIME_MS = 60 * 60 * 1000
const CLOSE_TIMEOUT = '3 seconds'

/** An open connection; `confirmations` wait for WhatsApp's acknowledgement, by message id. */
export interface Live {
  readonly socket: WASocket
  readonly confirmations: Map<string, Deferred.Deferred<number | undefined, SendRefused>>
  /** Asks WhatsApp what it does not let the account do; `null` when it says nothing of that kind. */
  readonly askRestriction: () => Promise<Restriction | null>
}

/** Opens one socket within the caller's scope and wires it to vault, journal and account. */
export const makeOpener = Effect.fnUntraced(function* (
  options: WhatsAppOptions,
  live: Map<string, Live>,
  onMediaAnswer: (accountId: string, answer: MediaAnswer) => Effect.Effect<void>
) {
  const vault = yield* Vault
  const journal = yield* Journal
  const traffic = yield* LiveTraffic
  const conversations = yield* Conversations
  const store = yield* Store
  const incidents = yield* Incidents
  const stray = yield* StrayRejections
  const clock = yield* Clock.Clock
  const context = yield* Effect.context<never>()
  // Effects of ours are shared with other accounts: what becomes of them is not this connection's business.
  const run: RunPromise = effect => stray.onBehalfOfNobody(() => Effect.runPromiseWith(context)(effect))
  const fork = <A, E>(effect: Effect.Effect<A, E>): void =>
    void stray.onBehalfOfNobody(() => Effect.runForkWith(context)(effect))
  const now = () => clock.currentTimeMillisUnsafe()
  const deviceCaches = new Map<string, CacheStore>()
  const groupsToldAt = new Map<string, number>()
  const deviceCacheOf = (accountId: string): CacheStore => {
    const cache = deviceCaches.get(accountId) ?? makeDeviceCache(now)
    deviceCaches.set(accountId, cache)
    return cache
  }

  return Effect.fnUntraced(function* (
    accountId: string,
    creds: AuthenticationCreds,
    pairing: Pairing | null,
    belongsTo: string | undefined,
    hear: (event: ConnectionEvent) => void
  ) {
    const tell = (event: ConnectionEvent): void => stray.onBehalfOfNobody(() => hear(event))
    const closed = yield* Deferred.make<Extract<ConnectionEvent, { type: 'socket.closed' }>>()
    // We fetch history and app state ourselves; Baileys must not hold its events back waiting for them.
    if (pairing === null) creds.accountSyncCounter = Math.max(1, creds.accountSyncCounter)
    const self = () => ({
      jid: jidNormalizedUser(creds.me?.id),
      ...(creds.me?.lid === undefined ? {} : { lid: jidNormalizedUser(creds.me.lid) })
    })
    const logger = baileysLogger((level, text) =>
      fork(
        (level === 'warn' ? Effect.logWarning(text) : Effect.logDebug(text)).pipe(
          Effect.annotateLogs({ accountId, from: 'baileys' })
        )
      )
    )
    const halt = (cause: unknown): void => {
      // At once and without a farewell: Baileys would otherwise tell WhatsApp that the message could not be read.
      wireOf(socket)?.terminate()
      fork(incidents.report(storageTrouble(accountId, 'Received messages cannot be written down', cause)))
      socket
        .end(cause instanceof Error ? cause : new Error('The journal cannot be written'))
        .catch(() => undefined)
    }
    const receive = makeDurableReceive({
      accountId,
      creds,
      self,
      journal,
      vault,
      run,
      onArrived: traffic.enter,
      onUnwritable: halt
    })
    yield* Effect.addFinalizer(() => Effect.sync(receive.abandon))
    const groups = makeGroupCache(jid => socket.groupMetadata(jid))
    /**
     * A fault inside Baileys is a crash of this connection, and of no other: it is opened anew, later each time. Never for
     * good, as it may be one stanza that Baileys does not understand, and everything else still arrives in between.
     */
    const onStray = (reason: unknown): void => {
      const text = 'A promise inside Baileys failed with nobody waiting for it'
      const logged = Effect.logWarning(text, reason instanceof Error ? reason : '')
      fork(Effect.annotateLogs(isFault(reason) ? logged : Effect.logDebug(text), { accountId }))
      if (!isFault(reason)) return
      const disconnect = { code: LIBRARY_FAULT, reason: LIBRARY_FAULT_REASON, at: now() }
      const end = { type: 'socket.closed' as const, verdict: 'retry' as const, disconnect }
      const ending = Deferred.succeed(closed, end)
      fork(
        Effect.flatMap(ending, isNews =>
          isNews ? incidents.report({ accountId, subject: accountId, ...CRASH }) : Effect.void
        )
      )
    }
    const settings: UserFacingSocketConfig = {
      auth: { creds, keys: receive.keys },
      logger,
      waWebSocketUrl: options.url,
      connectTimeoutMs: options.connectTimeoutMs,
      qrTimeout: QR_LIFETIME_MS,
      // WhatsApp sends its full history to desktop companions only.
      browser: Browsers.macOS('Desktop'),
      syncFullHistory: options.syncFullHistory,
      markOnlineOnConnect: false,
      emitOwnEvents: false,
      userDevicesCache: deviceCacheOf(accountId),
      cachedGroupMetadata: groups.get,
      generateHighQualityLinkPreview: false,
      transactionOpts: { maxCommitRetries: 3, delayBetweenTriesMs: 200 },
      // Asked once as a probe (yes) and once with each real notification (no: the chunk is ours to fetch).
      shouldSyncHistoryMessage: notice =>
        !notice.directPath && !notice.initialHistBootstrapInlinePayload?.length,
      getMessage: async key => {
        const raw = key.id == null ? undefined : await run(store.readSent(accountId, key.id))
        return raw === undefined ? undefined : proto.Message.decode(raw)
      },
      makeSignalRepository: receive.makeSignalRepository
    }
    const socket: WASocket = stray.onBehalfOf(onStray, () => makeWASocket(settings))
    // Known before the first stanza: otherwise Baileys takes the recipient's LID in a message of our own phone for ours,
    // moves our phone's session there, and can decrypt nothing of it any more.
    const { jid: ownJid, lid: ownLid } = self()
    if (ownLid !== undefined) {
      socket.signalRepository.lidMapping.storeLIDPNMappings([{ lid: ownLid, pn: ownJid }]).catch(halt)
    }

    let saving: Promise<void> = Promise.resolve()
    const save = (): void => {
      saving = saving.then(() => run(vault.writeCredentials(accountId, encodeCredentials(creds)))).catch(halt)
    }
    const learn = (told: ReadonlyArray<Fact>): void => {
      // Groups are told again at every start; names of people only once.
      const facts = options.dryRun ? told.filter(fact => fact.kind === 'contact') : told
      if (facts.length === 0) return
      fork(
        conversations.apply(accountId, facts).pipe(
          Effect.catch(error => Effect.logWarning('Names could not be stored', error)),
          Effect.annotateLogs({ accountId })
        )
      )
    }
    /** Names and admins of all groups; the answer comes as an event. */
    const askGroups = (): void => {
      if ((groupsToldAt.get(accountId) ?? -Infinity) > now() - GROUPS_LIFETIME_MS) return
      socket.groupFetchAllParticipating().then(
        () => groupsToldAt.set(accountId, now()),
        (cause: unknown) => {
          fork(
            Effect.logDebug('Groups could not be asked for', cause instanceof Error ? cause.name : '').pipe(
              Effect.annotateLogs({ accountId })
            )
          )
        }
      )
    }
    const confirmations: Live['confirmations'] = new Map()
    const syncAppState = (isFirst: boolean): void => {
      socket.resyncAppState(ALL_WA_PATCH_NAMES, isFirst).catch((cause: unknown) => {
        fork(
          Effect.logWarning(
            'Names and settings of chats could not be fetched',
            cause instanceof Error ? cause.name : ''
          ).pipe(Effect.annotateLogs({ accountId }))
        )
      })
    }

    const stopReading = guardIntake(socket, receive)
    socket.ws.on('CB:ack,class:message', (node: BinaryNode) => {
      const waiting = confirmations.get(node.attrs['id'] ?? '')
      if (waiting === undefined) return
      const code = Number(node.attrs['error'] ?? 0)
      fork(
        code === 0
          ? Deferred.succeed(waiting, millisecondsOf(secondsToMilliseconds(node.attrs['t'])))
          : Deferred.fail(waiting, new SendRefused({ code, reason: refusal(code) }))
      )
    })
    // Not from Baileys' events, which it may hold back. An answer that is lost is asked for again.
    socket.ws.on('CB:notification,type:mediaretry', (node: BinaryNode) => {
      const answer = answerIn(node)
      if (answer !== undefined) fork(onMediaAnswer(accountId, answer))
    })
    yield* Effect.sleep(REPEATED_WITHIN_MS).pipe(
      Effect.andThen(
        Effect.suspend(() =>
          live.get(accountId)?.socket === socket
            ? journal.forget(accountId, now() - REPEATED_WITHIN_MS)
            : Effect.void
        )
      ),
      Effect.catch(error => Effect.logWarning('Old journal entries could not be removed', error)),
      Effect.forever,
      Effect.forkScoped
    )
    socket.ev.on('creds.update', update => {
      save()
      if (update.myAppStateKeyId !== undefined) syncAppState(true)
    })
    socket.ev.on('contacts.upsert', contacts => learn(factsOfContacts(contacts)))
    socket.ev.on('contacts.update', contacts => learn(factsOfContacts(contacts)))
    socket.ev.on('chats.update', chats => learn(factsOfChats(chats)))
    socket.ev.on('groups.upsert', told => learn(factsOfGroups(told)))
    socket.ev.on('groups.update', told => learn(factsOfGroups(told)))
    groups.follow(socket.ev)

    let isAsking = false
    const askRestriction = async (): Promise<Restriction | null> => {
      isAsking = true
      // A question that is never answered must not hide what WhatsApp tells later.
      const giveUp = setTimeout(() => (isAsking = false), options.sendTimeoutMs)
      try {
        return (
          reachoutRestriction(await socket.fetchAccountReachoutTimelock(), now()) ??
          cappingRestriction(await socket.fetchNewChatMessageCap(), now())
        )
      } finally {
        clearTimeout(giveUp)
        isAsking = false
      }
    }
    socket.ev.on('message-capping.update', info =>
      tell({ type: 'socket.restrictionChanged', restriction: cappingRestriction(info, now()) })
    )

    let codeRequested = false
    const requestCode = (phoneNumber: string): void => {
      if (codeRequested) return
      codeRequested = true
      socket.requestPairingCode(phoneNumber).then(
        code => tell({ type: 'socket.codeOffered', code, expiresAt: now() + CODE_LIFETIME_MS }),
        (cause: unknown) =>
          void socket
            .end(cause instanceof Error ? cause : new Error('No pairing code'))
            .catch(() => undefined)
      )
    }
    const told = (update: Partial<ConnectionState>): void => {
      if (update.qr !== undefined && pairing !== null) {
        if (pairing.method === 'code') requestCode(pairing.phoneNumber)
        else tell({ type: 'socket.qrOffered', qr: update.qr, expiresAt: now() + QR_LIFETIME_MS })
      }
      // Baileys reports the answer to our own question too; whoever asked hears it directly.
      if (update.reachoutTimeLock !== undefined && !isAsking) {
        tell({
          type: 'socket.restrictionChanged',
          restriction: reachoutRestriction(update.reachoutTimeLock, now())
        })
      }
      const own = { jid: self().jid, lid: self().lid ?? null }
      if (update.isNewLogin === true && belongsTo !== undefined && own.jid !== belongsTo) {
        const disconnect = { code: OTHER_NUMBER, reason: OTHER_NUMBER_REASON, at: now() }
        const end = { type: 'socket.closed' as const, verdict: 'loggedOut' as const, disconnect }
        fork(Deferred.succeed(closed, end))
        return
      }
      if (update.isNewLogin === true) tell({ type: 'socket.linked', ...own, at: now() })
      if (update.connection === 'open') {
        live.set(accountId, { socket, confirmations, askRestriction })
        fork(Effect.logInfo('Connected to WhatsApp').pipe(Effect.annotateLogs({ accountId })))
        // What changed while we were away, and what an earlier connection did not get round to.
        if (creds.myAppStateKeyId !== undefined) syncAppState(false)
        askGroups()
        tell({ type: 'socket.opened', ...own })
      }
      if (update.connection === 'close') {
        const code = statusCodeOf(update.lastDisconnect?.error)
        const row = disconnectRow(code)
        const reason = networkTrouble(update.lastDisconnect?.error) ?? row.reason
        const { verdict } = row
        fork(
          Effect.logInfo('The connection ended').pipe(
            Effect.annotateLogs({ accountId, code, reason, verdict })
          )
        )
        const end = { type: 'socket.closed' as const, verdict, disconnect: { code, reason, at: now() } }
        fork(Deferred.succeed(closed, end))
      }
    }
    socket.ev.on('connection.update', told)
    yield* Effect.addFinalizer(() =>
      Effect.gen(function* () {
        if (live.get(accountId)?.socket === socket) live.delete(accountId)
        stopReading()
        yield* closeSocket(socket)
        // The last credentials must be stored before another socket reads them.
        yield* Effect.promise(() => saving)
      })
    )
    return closed
  })
})

/** Ends the socket and waits until its connection is really gone, so that there are never two. */
const closeSocket = (socket: WASocket): Effect.Effect<void> =>
  Effect.promise(async () => {
    await socket.end(undefined).catch(() => undefined)
    if (socket.ws.isClosed) return
    await socket.ws.close().catch(() => undefined)
  }).pipe(Effect.timeoutOrElse({ duration: CLOSE_TIMEOUT, orElse: () => Effect.void }))
