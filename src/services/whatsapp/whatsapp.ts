// The one way to WhatsApp: at most one Baileys socket an account, owned by whoever runs `connect`.
// Interrupting it closes the socket; a new one opens only after the old one is gone.
import { Clock, Context, Deferred, Effect, Layer, Queue, Semaphore, Stream } from 'effect'
import type { DatabaseError } from '../database/error.ts'
import type { ConnectionEvent, Pairing } from '../../domain/connection.ts'
import type { Fact } from '../../domain/fact.ts'
import { Incidents } from '../incidents/incidents.ts'
import { storageTrouble, troubleOf } from '../incidents/storage-trouble.ts'
import type { StrayRejections } from '../process/stray-rejections.ts'
import type { Journal } from '../journal/journal.ts'
import type { Conversations } from '../conversations/apply.ts'
import type { LiveTraffic } from '../journal/traffic.ts'
import { Store } from '../conversations/store.ts'
import type { SealBroken } from '../vault/seal.ts'
import { Vault } from '../vault/vault.ts'
import { decodeCredentials } from './socket/auth-state.ts'
import { trust } from './socket/certificate.ts'
import { type Live, makeOpener, OTHER_NUMBER, type WhatsAppOptions } from './socket/connection.ts'
import type { MediaAnswer } from './media.ts'
import { makeSending, NotConnected } from './sending.ts'
import { silenceConsole } from './socket/silence.ts'
import { makeTurns } from './socket/turns.ts'

type Sending = ReturnType<typeof makeSending>
export type MediaListener = (accountId: string, answer: MediaAnswer) => Effect.Effect<void>

export class WhatsApp extends Context.Service<
  WhatsApp,
  {
    /** Opens the account's socket and tells what happens to it; ends with `socket.closed`. Interrupting closes the socket. */
    readonly connect: (
      accountId: string,
      pairing: Pairing | null
    ) => Stream.Stream<ConnectionEvent, SealBroken>
    /** Completes when WhatsApp has the message, with the time it took it at (milliseconds since 1970) if it says so. */
    readonly send: Sending['send']
    /** Encrypts and uploads a file; answers the `Message` protobuf that names it. */
    readonly upload: Sending['upload']
    /** Tells the writers that their messages were read. */
    readonly read: Sending['read']
    /** Shows the other side that this account is writing or recording, or that it stopped. */
    readonly type: Sending['type']
    /** What WhatsApp does not let the account do at present; `null` when it tells of nothing. */
    readonly restriction: Sending['restriction']
    /** Asks the phone to make and announce a history chunk again. */
    readonly askForChunk: Sending['askForChunk']
    readonly askForHistory: Sending['askForHistory']
    readonly askForMessages: Sending['askForMessages']
    /** Asks the phone to upload a media file again. */
    readonly askForMedia: Sending['askForMedia']
    /** Has `listener` called with each answer to that; for the one service that asks. */
    readonly onMediaAnswer: (listener: MediaListener) => Effect.Effect<void>
    readonly isConnected: Sending['isConnected']
    /** How long a connection that is asked for now waits for its turn, milliseconds. */
    readonly turnIn: Effect.Effect<number>
    /** Completes when no socket of the account is left. */
    readonly closed: (accountId: string) => Effect.Effect<void>
    /** Tells an open connection which phone numbers and LIDs are one person, so that it need not ask WhatsApp. */
    readonly learnPeople: (accountId: string, facts: ReadonlyArray<Fact>) => Effect.Effect<void>
    /** Unlinks this device at WhatsApp; the connection then ends by itself with 401. */
    readonly logout: (accountId: string) => Effect.Effect<void, NotConnected>
  }
>()('backscroll/services/whatsapp/WhatsApp') {
  static layer(
    options: WhatsAppOptions
  ): Layer.Layer<
    WhatsApp,
    never,
    Vault | Journal | LiveTraffic | Conversations | Store | Incidents | StrayRejections
  > {
    return Layer.effect(
      WhatsApp,
      Effect.gen(function* () {
        silenceConsole()
        trust(options.trustRoot)
        const vault = yield* Vault
        const store = yield* Store
        const incidents = yield* Incidents
        const live = new Map<string, Live>()
        const seats = new Map<string, Semaphore.Semaphore>()
        const turns = makeTurns(options.paceMs)
        let mediaListener: MediaListener = () => Effect.void
        const open = yield* makeOpener(options, live, (accountId, answer) => mediaListener(accountId, answer))

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
          const belongsTo = (yield* Effect.orElseSucceed(store.readAccount(accountId), () => undefined))?.jid
          yield* turns.wait
          const end = yield* Effect.scoped(
            Effect.flatMap(open(accountId, creds, pairing, belongsTo ?? undefined, tell), Deferred.await)
          )
          // The keys of a phone that does not belong here.
          if (end.disconnect.code === OTHER_NUMBER) yield* vault.erase(accountId)
          tell(end)
        })

        const withoutStorage = Effect.fnUntraced(function* (
          accountId: string,
          error: DatabaseError,
          tell: (event: ConnectionEvent) => void
        ) {
          yield* incidents.report(storageTrouble(accountId, 'The account cannot connect', error))
          const at = yield* Clock.currentTimeMillis
          const disconnect = { code: 0, reason: `Not connected: ${troubleOf(error).reason}`, at }
          tell({ type: 'socket.closed', verdict: 'retry', disconnect })
        })

        const sending = makeSending(live, options.sendTimeoutMs)

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
          const { socket } = yield* sending.liveOf(accountId)
          yield* Effect.tryPromise({ try: () => socket.logout(), catch: () => new NotConnected({}) })
        })

        return WhatsApp.of({
          connect: (accountId, pairing) =>
            Stream.callback(events => {
              const tell = (event: ConnectionEvent) => void Queue.offerUnsafe(events, event)
              return Effect.andThen(
                seatOf(accountId).withPermit(
                  // A database that is away is no crash of the account: it connects when the database is back.
                  Effect.catchTag(connect(accountId, pairing, tell), 'DatabaseError', error =>
                    withoutStorage(accountId, error, tell)
                  )
                ),
                Queue.end(events)
              )
            }),
          closed: accountId => seatOf(accountId).withPermit(Effect.void),
          ...sending,
          onMediaAnswer: listener =>
            Effect.sync(() => {
              mediaListener = listener
            }),
          learnPeople,
          logout,
          turnIn: turns.waitingMs
        })
      })
    )
  }
}
