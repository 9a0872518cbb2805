// The one way to WhatsApp: at most one Baileys socket per account, owned by the fiber that runs `connect`.
// Interrupting it closes the socket; a new one opens only after the old one is closed.
import { Context, Effect, Layer, PubSub, Stream } from 'effect'
import { SqlClient } from 'effect/sql'
import type { Restriction } from '../../domain/account.ts'
import type { Fact } from '../../domain/fact.ts'
import type { PasskeyAssertion } from '../../domain/passkey.ts'
import type { AccountStore } from '../conversations/account-store.ts'
import type { Conversations } from '../conversations/apply.ts'
import type { Identity } from '../conversations/identity.ts'
import type { MessageStore } from '../conversations/message-store.ts'
import type { Durability } from '../database/durability.ts'
import type { LiveEvents } from '../events/live-events.ts'
import type { Incidents } from '../incidents/incidents.ts'
import type { Journal } from '../journal/journal.ts'
import type { LiveTraffic } from '../journal/traffic.ts'
import type { AccountMemory } from '../process/account-memory.ts'
import type { ServerTime } from '../process/steady-clock.ts'
import type { StrayRejections } from '../process/stray-rejections.ts'
import type { Wakes } from '../process/wakes.ts'
import type { Vault } from '../vault/vault.ts'
import type { AppState } from './app-state/app-state.ts'
import { type Connecting, makeConnecting } from './connect.ts'
import { NotConnected } from './errors.ts'
import { makeOpenConnections, type OpenConnections } from './open-connections.ts'
import { makeMediaRequest, type MediaAnswer } from './phone/media-reupload.ts'
import { makeNumberCheck } from './numbers/check.ts'
import { makeLidOf } from './phone/number-owner.ts'
import { makePeerRetry } from './phone/peer-retry.ts'
import { makePhoneRequests } from './phone/requests.ts'
import type { AccountProxies } from './proxy/account-proxies.ts'
import { makeSending } from './send.ts'
import { makeStatusAudience } from './status-audience.ts'
import { trust } from './socket/certificate.ts'
import { useKeyObjects } from './socket/key-objects.ts'
import { makeConnectionPacing } from './socket/connection-pacing.ts'
import { disableConsole } from './socket/console-guard.ts'
import type { WhatsAppOptions } from './socket/options.ts'
import { connectionServices } from './socket/services.ts'
import { makeUpload } from './upload.ts'
import type { ClientVersion } from './version/client-version.ts'

type Sending = ReturnType<typeof makeSending>
type PhoneRequests = ReturnType<typeof makePhoneRequests>

/** The phone's answer to a question about the media of one account. */
export interface AccountMediaAnswer {
  readonly accountId: string
  readonly answer: MediaAnswer
}

export class WhatsApp extends Context.Service<
  WhatsApp,
  {
    /** Opens the account's socket and emits what happens to it; ends with `socket.closed`. Interrupting closes the socket. */
    readonly connect: Connecting['connect']
    /** Completes when WhatsApp has the message, with the time it took it at (milliseconds since 1970) if it says so. */
    readonly send: Sending['send']
    /** Encrypts and uploads a file; succeeds with the `Message` protobuf that names it. */
    readonly upload: ReturnType<typeof makeUpload>
    /** Tells the senders that their messages were read. */
    readonly read: Sending['read']
    /** Shows the other side that this account is writing or recording, or that it stopped. */
    readonly type: Sending['type']
    /** What WhatsApp does not let the account do at present; `null` when it reports no restriction. */
    readonly restriction: (accountId: string) => Effect.Effect<Restriction | null, NotConnected>
    /** Asks the phone to make and announce a history chunk again. */
    readonly askForChunk: PhoneRequests['askForChunk']
    /** Asks the phone for the messages of a chat before one of them; they come as a history chunk. */
    readonly askForHistory: PhoneRequests['askForHistory']
    /** Asks the phone for messages that arrived here without their content. */
    readonly askForMessages: PhoneRequests['askForMessages']
    /** Asks the phone to send a message to this device again that could not be decrypted, by a retry receipt. */
    readonly askForPeerMessage: ReturnType<typeof makePeerRetry>
    /** Asks the phone to upload a media file again; it answers at once or days later. */
    readonly askForMedia: ReturnType<typeof makeMediaRequest>
    /** The phone's answers to that, from the moment of subscription on. */
    readonly mediaAnswers: Stream.Stream<AccountMediaAnswer>
    /** The LID that WhatsApp gives a phone number now; `undefined` when it names none, or does not answer. */
    readonly lidOf: ReturnType<typeof makeLidOf>
    /** Whom a status is sent to, of the people in the address book: addresses in one form, the account's own among them. */
    readonly statusAudience: ReturnType<typeof makeStatusAudience>
    /** Who has phone numbers, and under which address: as WhatsApp said within a day, or says now. */
    readonly checkNumbers: ReturnType<typeof makeNumberCheck>
    /** When the account last heard WhatsApp and last sent a message, since the server started. */
    readonly lastContact: Connecting['lastContact']
    readonly isConnected: OpenConnections['isConnected']
    /** How long a connection that is requested now waits before it opens, milliseconds. */
    readonly openingDelayMs: Effect.Effect<number>
    /** Completes when no socket of the account is left. */
    readonly closed: Connecting['closed']
    /** Gives an open connection pairs of phone number and LID, so that it need not ask WhatsApp. */
    readonly storeLidMappings: (accountId: string, facts: ReadonlyArray<Fact>) => Effect.Effect<void>
    /** Sends WhatsApp the owner's assertion, while the account is being linked. What comes of it is an event of the connection. */
    readonly submitPasskey: (accountId: string, assertion: PasskeyAssertion) => Effect.Effect<void>
    /** Tells the phone that it shows the same code as this server. */
    readonly confirmPasskey: (accountId: string) => Effect.Effect<void>
    /** Unlinks this device at WhatsApp, which then ends the connection with 401. */
    readonly logout: (accountId: string) => Effect.Effect<void, NotConnected>
  }
>()('backscroll/services/whatsapp/WhatsApp') {
  static layer(
    options: WhatsAppOptions
  ): Layer.Layer<
    WhatsApp,
    never,
    | AccountMemory
    | AccountProxies
    | AppState
    | ClientVersion
    | Durability
    | Identity
    | LiveEvents
    | Vault
    | Journal
    | LiveTraffic
    | Conversations
    | AccountStore
    | MessageStore
    | Incidents
    | ServerTime
    | SqlClient.SqlClient
    | StrayRejections
    | Wakes
  > {
    return Layer.effect(WhatsApp, make(options))
  }
}

const askRestriction = (connections: OpenConnections) =>
  Effect.fn('WhatsApp.restriction')(function* (accountId: string) {
    const connection = yield* connections.get(accountId)
    return yield* connection.askRestriction
  })

const storeLidMappings = (connections: OpenConnections) =>
  Effect.fn('WhatsApp.storeLidMappings')(
    function* (accountId: string, facts: ReadonlyArray<Fact>) {
      const pairs = facts.flatMap(fact =>
        fact.kind === 'samePerson' ? [{ pn: fact.phoneJid, lid: fact.lidJid }] : []
      )
      if (pairs.length === 0) return
      const { socket } = yield* connections.get(accountId)
      yield* Effect.tryPromise(() => socket.signalRepository.lidMapping.storeLIDPNMappings(pairs))
      // Without it everything still works; Baileys then asks WhatsApp when it needs to know.
    },
    work => Effect.ignore(work)
  )

const logout = (connections: OpenConnections) =>
  Effect.fn('WhatsApp.logout')(function* (accountId: string) {
    const { socket } = yield* connections.get(accountId)
    yield* Effect.tryPromise({ try: () => socket.logout(), catch: () => new NotConnected({}) })
  })

const make = Effect.fnUntraced(function* (options: WhatsAppOptions) {
  disableConsole()
  trust(options.trustRoot)
  useKeyObjects()
  const services = yield* connectionServices
  const connections = makeOpenConnections(services.memory)
  const pacing = makeConnectionPacing(options.paceMs)
  const mediaAnswers = yield* PubSub.unbounded<AccountMediaAnswer>()
  const onMediaAnswer = (accountId: string, answer: MediaAnswer) =>
    void PubSub.publishUnsafe(mediaAnswers, { accountId, answer })
  const connecting = makeConnecting({ options, services, connections, onMediaAnswer }, pacing)
  return WhatsApp.of({
    ...connecting,
    ...makeSending({ connections, vault: services.vault, timeoutMs: options.sendTimeoutMs }),
    ...makePhoneRequests(connections, options.sendTimeoutMs),
    upload: makeUpload(connections),
    restriction: askRestriction(connections),
    askForPeerMessage: makePeerRetry(connections),
    askForMedia: makeMediaRequest(connections),
    lidOf: makeLidOf(connections, options.sendTimeoutMs),
    statusAudience: makeStatusAudience(connections, options.sendTimeoutMs),
    checkNumbers: makeNumberCheck({
      connections,
      memory: services.memory,
      sql: yield* SqlClient.SqlClient,
      timeoutMs: options.sendTimeoutMs
    }),
    mediaAnswers: Stream.fromPubSub(mediaAnswers),
    isConnected: connections.isConnected,
    openingDelayMs: pacing.delayMs,
    storeLidMappings: storeLidMappings(connections),
    submitPasskey: (accountId, assertion) => connecting.passkey(accountId)?.submit(assertion) ?? Effect.void,
    confirmPasskey: accountId => connecting.passkey(accountId)?.confirm ?? Effect.void,
    logout: logout(connections)
  })
})
