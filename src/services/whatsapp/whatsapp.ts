// The one way to WhatsApp: at most one Baileys socket an account, owned by whoever runs `connect`.
// Interrupting it closes the socket; a new one opens only after the old one is gone.
import { proto } from '@whiskeysockets/baileys'
import { Context, Deferred, Effect, Layer, Queue, Schema, Semaphore, Stream } from 'effect'
import type { ConnectionEvent, Pairing } from '../../domain/connection.ts'
import type { Fact } from '../../domain/fact.ts'
import type { Inbox } from '../receive/inbox.ts'
import type { Ingest } from '../receive/ingest.ts'
import type { Store } from '../store/store.ts'
import { Vault, type VaultError } from '../vault/vault.ts'
import { decodeCredentials } from './auth-state.ts'
import {
  type Live,
  makeOpener,
  refusal,
  refusalCodeOf,
  SendRefused,
  type WhatsAppOptions
} from './connection.ts'
import { trust } from './certificate.ts'
import { silenceConsole } from './silence.ts'

/** The account has no open connection: wait for one; this is no attempt. */
export class NotConnected extends Schema.TaggedError<NotConnected>()('NotConnected', {}) {}

/** WhatsApp did not confirm the message in time; it may or may not have it, so it is sent again with the same id. */
export class NotConfirmed extends Schema.TaggedError<NotConfirmed>()('NotConfirmed', {}) {}

export interface Outgoing {
  readonly toJid: string
  readonly whatsAppId: string
  /** The `Message` protobuf. */
  readonly content: Uint8Array
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
        trust(options.trustRoot)
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
            catch: cause => {
              const code = refusalCodeOf(cause)
              if (code !== undefined) return new SendRefused({ code, reason: refusal(code) })
              return live.get(accountId)?.socket === socket ? new NotConfirmed({}) : new NotConnected({})
            }
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
