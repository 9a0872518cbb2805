// The one way to WhatsApp: at most one Baileys socket an account, owned by whoever runs `connect`.
// Interrupting it closes the socket; a new one opens only after the old one is gone.
import { randomUUID } from 'node:crypto'
import makeWASocket, {
  ALL_WA_PATCH_NAMES,
  type BinaryNode,
  type CacheStore,
  Browsers,
  type ConnectionState,
  jidNormalizedUser,
  proto,
  WA_CERT_DETAILS,
  type WASocket
} from '@whiskeysockets/baileys'
import { Clock, Context, Deferred, Effect, Layer, Queue, Schema, Semaphore, Stream } from 'effect'
import type { ConnectionEvent, Pairing } from '../../domain/connection.ts'
import { disconnectRow } from '../../domain/disconnect.ts'
import type { Fact } from '../../domain/fact.ts'
import { Inbox } from '../receive/inbox.ts'
import { Ingest } from '../receive/ingest.ts'
import { Store } from '../store/store.ts'
import { Vault, type VaultError } from '../vault/vault.ts'
import { decodeCredentials, encodeCredentials } from './auth-state.ts'
import { baileysLogger } from './baileys-log.ts'
import { millisecondsOf, secondsToMilliseconds } from './convert/numbers.ts'
import { factsOfContacts, factsOfGroups } from './convert/directory.ts'
import { makeDeviceCache } from './device-cache.ts'
import { makeDurableReceive } from './durable-receive.ts'
import type { RunPromise } from './signal-keys.ts'
import { silenceConsole } from './silence.ts'

/** The account has no open connection: wait for one; this is no attempt. */
export class NotConnected extends Schema.TaggedError<NotConnected>()('NotConnected', {}) {}

/** WhatsApp did not confirm the message in time; it may or may not have it, so it is sent again with the same id. */
export class NotConfirmed extends Schema.TaggedError<NotConfirmed>()('NotConfirmed', {}) {}

/** WhatsApp answered that it does not take this message. */
export class SendRefused extends Schema.TaggedError<SendRefused>()('SendRefused', {
  code: Schema.Finite,
  reason: Schema.String
}) {}

export interface Outgoing {
  readonly toJid: string
  readonly whatsAppId: string
  /** The `Message` protobuf. */
  readonly content: Uint8Array
}

export interface WhatsAppOptions {
  readonly url: URL
  /** Root key of another server than WhatsApp's; `''` trusts WhatsApp's own only. */
  readonly trustRoot: Uint8Array | ''
  readonly connectTimeoutMs: number
  readonly sendTimeoutMs: number
  readonly syncFullHistory: boolean
}

const QR_LIFETIME_MS = 30_000
const CODE_LIFETIME_MS = 160_000
/** After this long online the offline queue has certainly been worked off, and earlier journal entries can go. */
const JOURNAL_KEPT_ONLINE = '10 minutes'
const CLOSE_TIMEOUT = '3 seconds'

interface Live {
  readonly socket: WASocket
  readonly confirmations: Map<string, Deferred.Deferred<number | undefined, SendRefused>>
}

export class WhatsApp extends Context.Service<
  WhatsApp,
  {
    /** Opens the account's socket and tells what happens to it; ends with `socket.closed`. Interrupting closes the socket. */
    readonly connect: (
      accountId: string,
      pairing: Pairing | null
    ) => Stream.Stream<ConnectionEvent, VaultError>
    /** Completes when WhatsApp has the message, with the time it took it at (milliseconds since 1970) if it says so. */
    readonly send: (
      accountId: string,
      message: Outgoing
    ) => Effect.Effect<number | undefined, NotConnected | NotConfirmed | SendRefused>
    /** Completes when no socket of the account is left. */
    readonly closed: (accountId: string) => Effect.Effect<void>
    /** Tells an open connection which phone numbers and LIDs are one person, so that it need not ask WhatsApp. */
    readonly learnPeople: (accountId: string, facts: ReadonlyArray<Fact>) => Effect.Effect<void>
    /** Unlinks this device at WhatsApp; the connection then ends by itself with 401. */
    readonly logout: (accountId: string) => Effect.Effect<void, NotConnected>
  }
>()('backscroll/services/whatsapp/WhatsApp') {
  static layer(options: WhatsAppOptions): Layer.Layer<WhatsApp, never, Vault | Inbox | Ingest | Store> {
    return Layer.effect(
      WhatsApp,
      Effect.gen(function* () {
        silenceConsole()
        if (options.trustRoot !== '') WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(options.trustRoot)
        const vault = yield* Vault
        const live = new Map<string, Live>()
        const seats = new Map<string, Semaphore.Semaphore>()
        const open = yield* makeOpener(options, live)

        const seatOf = (accountId: string): Semaphore.Semaphore => {
          const seat = seats.get(accountId) ?? Semaphore.makeUnsafe(1)
          seats.set(accountId, seat)
          return seat
        }

        const connect = Effect.fn('WhatsApp.connect')(function* (
          accountId: string,
          pairing: Pairing | null,
          tell: (event: ConnectionEvent) => void
        ) {
          // A new link needs new keys: what an earlier link left is of no use any more.
          if (pairing !== null) yield* vault.erase(accountId)
          const creds = decodeCredentials(yield* vault.readCredentials(accountId))
          yield* Effect.scoped(
            Effect.gen(function* () {
              const closed = yield* open(accountId, creds, pairing, tell)
              const end = yield* Deferred.await(closed)
              tell(end)
            })
          )
        })

        const liveOf = (accountId: string) =>
          Effect.suspend(() => {
            const connection = live.get(accountId)
            return connection === undefined ? Effect.fail(new NotConnected({})) : Effect.succeed(connection)
          })

        const send = Effect.fn('WhatsApp.send')(function* (accountId: string, message: Outgoing) {
          const { confirmations, socket } = yield* liveOf(accountId)
          const confirmed = yield* Deferred.make<number | undefined, SendRefused>()
          confirmations.set(message.whatsAppId, confirmed)
          return yield* Effect.tryPromise({
            try: () =>
              socket.relayMessage(message.toJid, proto.Message.decode(message.content), {
                messageId: message.whatsAppId
              }),
            catch: () =>
              live.get(accountId)?.socket === socket ? new NotConfirmed({}) : new NotConnected({})
          }).pipe(
            Effect.andThen(Deferred.await(confirmed)),
            Effect.timeoutOrElse({
              duration: options.sendTimeoutMs,
              orElse: () => Effect.fail(new NotConfirmed({}))
            }),
            Effect.ensuring(Effect.sync(() => confirmations.delete(message.whatsAppId)))
          )
        })

        const learnPeople = Effect.fn('WhatsApp.learnPeople')(function* (
          accountId: string,
          facts: ReadonlyArray<Fact>
        ) {
          const pairs = facts.flatMap(fact =>
            fact.kind === 'samePerson' ? [{ pn: fact.phoneJid, lid: fact.lidJid }] : []
          )
          const socket = live.get(accountId)?.socket
          if (socket === undefined || pairs.length === 0) return
          // Without it everything still works; Baileys then asks WhatsApp when it needs to know.
          yield* Effect.tryPromise(() => socket.signalRepository.lidMapping.storeLIDPNMappings(pairs)).pipe(
            Effect.ignore
          )
        })

        const logout = Effect.fn('WhatsApp.logout')(function* (accountId: string) {
          const { socket } = yield* liveOf(accountId)
          yield* Effect.tryPromise({ try: () => socket.logout(), catch: () => new NotConnected({}) })
        })

        return WhatsApp.of({
          connect: (accountId, pairing) =>
            Stream.callback(events => {
              const tell = (event: ConnectionEvent) => void Queue.offerUnsafe(events, event)
              return Effect.andThen(
                seatOf(accountId).withPermit(connect(accountId, pairing, tell)),
                Queue.end(events)
              )
            }),
          closed: accountId => seatOf(accountId).withPermit(Effect.void),
          send,
          learnPeople,
          logout
        })
      })
    )
  }
}

/** Opens one socket within the caller's scope and wires it to vault, journal and account. */
const makeOpener = Effect.fnUntraced(function* (options: WhatsAppOptions, live: Map<string, Live>) {
  const vault = yield* Vault
  const inbox = yield* Inbox
  const ingest = yield* Ingest
  const store = yield* Store
  const clock = yield* Clock.Clock
  const context = yield* Effect.context<never>()
  const run: RunPromise = effect => Effect.runPromiseWith(context)(effect)
  const fork = <A, E>(effect: Effect.Effect<A, E>): void => void Effect.runForkWith(context)(effect)
  const now = () => clock.currentTimeMillisUnsafe()
  const deviceCaches = new Map<string, CacheStore>()
  const deviceCacheOf = (accountId: string): CacheStore => {
    const cache = deviceCaches.get(accountId) ?? makeDeviceCache(now)
    deviceCaches.set(accountId, cache)
    return cache
  }

  return Effect.fnUntraced(function* (
    accountId: string,
    creds: ReturnType<typeof decodeCredentials>,
    pairing: Pairing | null,
    tell: (event: ConnectionEvent) => void
  ) {
    const closed = yield* Deferred.make<Extract<ConnectionEvent, { type: 'socket.closed' }>>()
    const connectionId = randomUUID()
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
      fork(
        Effect.logError(
          'Nothing more is acknowledged: the journal or the vault cannot be written',
          cause
        ).pipe(Effect.annotateLogs({ accountId }))
      )
      socket
        .end(cause instanceof Error ? cause : new Error('The journal cannot be written'))
        .catch(() => undefined)
    }
    const receive = makeDurableReceive({
      accountId,
      connectionId,
      self,
      inbox,
      vault,
      run,
      onRecorded: () => fork(ingest.journal.wake(accountId)),
      onUnwritable: halt
    })
    const socket = makeWASocket({
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
    })
    yield* Effect.addFinalizer(() => closeSocket(socket))
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
    const learn = (facts: ReadonlyArray<Fact>): void => {
      if (facts.length === 0) return
      fork(
        ingest.apply(accountId, facts, Effect.void).pipe(
          Effect.catch(error => Effect.logWarning('Names could not be stored', error)),
          Effect.annotateLogs({ accountId })
        )
      )
    }
    const confirmations: Live['confirmations'] = new Map()
    const syncAppState = (): void => {
      socket.resyncAppState(ALL_WA_PATCH_NAMES, true).catch((cause: unknown) => {
        fork(
          Effect.logWarning(
            'Names and settings of chats could not be fetched',
            cause instanceof Error ? cause.name : ''
          ).pipe(Effect.annotateLogs({ accountId }))
        )
      })
    }

    socket.ws.prependListener('CB:message', receive.sawMessage)
    socket.ws.prependListener('CB:receipt', receive.sawReceipt)
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
    socket.ws.on('CB:ib,,offline', () => {
      fork(
        Effect.andThen(
          Effect.sleep(JOURNAL_KEPT_ONLINE),
          Effect.suspend(() =>
            live.get(accountId)?.socket === socket ? inbox.forgetBefore(accountId, connectionId) : Effect.void
          )
        )
      )
    })
    socket.ev.on('creds.update', update => {
      save()
      if (update.myAppStateKeyId !== undefined) syncAppState()
    })
    socket.ev.on('contacts.upsert', contacts => learn(factsOfContacts(contacts)))
    socket.ev.on('contacts.update', contacts => learn(factsOfContacts(contacts)))
    socket.ev.on('groups.upsert', groups => learn(factsOfGroups(groups)))
    socket.ev.on('groups.update', groups => learn(factsOfGroups(groups)))

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
      const own = { jid: self().jid, lid: self().lid ?? null }
      if (update.isNewLogin === true) tell({ type: 'socket.linked', ...own })
      if (update.connection === 'open') {
        live.set(accountId, { socket, confirmations })
        tell({ type: 'socket.opened', ...own })
      }
      if (update.connection === 'close') {
        const code = statusCodeOf(update.lastDisconnect?.error)
        const { reason, verdict } = disconnectRow(code)
        const end = { type: 'socket.closed' as const, verdict, disconnect: { code, reason, at: now() } }
        fork(Deferred.succeed(closed, end))
      }
    }
    socket.ev.on('connection.update', told)
    yield* Effect.addFinalizer(() =>
      Effect.andThen(
        Effect.sync(() => {
          if (live.get(accountId)?.socket === socket) live.delete(accountId)
        }),
        // The last credentials must be stored before another socket reads them.
        Effect.promise(() => saving)
      )
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

const statusCodeOf = (error: unknown): number => {
  if (typeof error !== 'object' || error === null || !('output' in error)) return 0
  const { output } = error
  return typeof output === 'object' &&
    output !== null &&
    'statusCode' in output &&
    typeof output.statusCode === 'number'
    ? output.statusCode
    : 0
}

const refusal = (code: number): string =>
  code === 463
    ? 'WhatsApp does not let this account start new conversations at the moment'
    : `WhatsApp refused the message (code ${code})`
