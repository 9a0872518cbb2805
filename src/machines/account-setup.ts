// What the account machine is made from: its events, its context, the names of its work, actions, guards and deadlines.
// The work itself is provided by src/actors.
import { assign, fromPromise, type PromiseActorLogic, setup } from 'xstate'
import type { AccountCommand } from '../domain/account-command.ts'
import {
  type AccountFacts,
  type Disconnect,
  type EndedState,
  type PairingFailure,
  type Suspension,
  unspecifiedSuspension
} from '../domain/account.ts'
import type { ConnectionEvent, Pairing } from '../domain/connection.ts'
import { isPassing, type Verdict } from '../domain/disconnect.ts'
import type { PasskeyAssertion, PasskeyOptions } from '../domain/passkey.ts'

export type AccountEvent = AccountCommand | ConnectionEvent

export interface AccountInput {
  readonly accountId: string
  /** Whether credentials of a linked device are held. */
  readonly linked: boolean
  readonly wanted: boolean
  readonly ended: EndedState | null
  readonly lastDisconnect: Disconnect | null
  readonly suspension: Suspension | null
}

export interface AccountContext {
  readonly accountId: string
  readonly linked: boolean
  readonly wanted: boolean
  readonly ended: EndedState | null
  readonly lastDisconnect: Disconnect | null
  /** WhatsApp does not let the account log in for a time. */
  readonly suspension: Suspension | null
  /** How the account is to be linked; `null` once it is, or when it connects with what it has. */
  readonly pairing: Pairing | null
  /** How it was linked, as long as it has not logged in since: until then WhatsApp may not know the device. */
  readonly unconfirmed: Pairing | null
  readonly offer: { readonly method: 'qr' | 'code'; readonly text: string; readonly expiresAt: number } | null
  /** Set while WhatsApp asks for a passkey. */
  readonly passkey: PasskeyRequest | null
  /** Why the last pairing ended without a link, when WhatsApp or its deadline said so. */
  readonly pairingFailure: PairingFailure | null
  /** Failed connections in a row; the back-off grows with it. */
  readonly attempts: number
  /** A person asked for the logout: that it happens needs no report. */
  readonly unlinking: boolean
  /** WhatsApp asked for a restart, and the connection has not been stable since: another request for one has to wait. */
  readonly restarted: boolean
  /** The device was linked over the present connection, which WhatsApp ends for a new one. */
  readonly isNewlyLinked: boolean
}

const OWN_LOGOUT = 'This server has logged the device out, as it was asked to'

/** The passkey that WhatsApp asks for. Times are milliseconds since 1970. */
export interface PasskeyRequest {
  readonly options: PasskeyOptions
  /** Until when the present step may take. */
  readonly expiresAt: number
  /** Why WhatsApp did not accept the assertion before. */
  readonly refusal: string | null
  /** What the phone must show, too; `null` before it is known, and when nobody has to compare. */
  readonly code: string | null
  readonly isConfirmed: boolean
}

export interface SocketInput {
  readonly accountId: string
  readonly pairing: Pairing | null
  /** Sends an event of the socket to this account. */
  readonly onEvent: (event: ConnectionEvent) => void
}

/** What most work of an account is given. */
export interface AccountWork {
  readonly accountId: string
}

/** What the wait for the end of a suspension is given. */
export interface SuspensionWork extends AccountWork {
  readonly suspension: Suspension | null
}

/** Why an account ended or gave up pairing, as reported to a person; the texts are in src/actors/account-incidents.ts. */
export type EndReason =
  | 'loggedOut'
  | 'replaced'
  | 'banned'
  | 'locked'
  | 'suspended'
  | 'updateNeeded'
  | 'notLinked'
  | PairingFailure['kind']

/** Nobody gave the passkey, or compared the codes, in time. */
const PASSKEY_EXPIRED: PairingFailure = {
  kind: 'passkeyExpired',
  reason: 'The passkey that WhatsApp asked for was not given in time'
}

/** Pairing connections that may fail before the person has to ask again. */
const MAX_PAIRING_ATTEMPTS = 5

const hasVerdict = (event: AccountEvent, verdict: Verdict): boolean =>
  event.type === 'socket.closed' && event.verdict === verdict

/** How long WhatsApp suspends the account, when that is why the connection ended. */
const suspensionIn = (event: AccountEvent): Suspension | null =>
  event.type === 'socket.closed' ? (event.suspension ?? unspecifiedSuspension(event.disconnect.at)) : null

/** Work of a state, to be provided by src/actors; without that it never completes. */
const work = <Input = AccountWork>(): PromiseActorLogic<void, Input> =>
  fromPromise<void, Input>(() => new Promise(() => undefined))

/** An account whose work has yet to be provided. */
export const accountSetup = setup({
  types: {
    context: {} as AccountContext,
    events: {} as AccountEvent,
    input: {} as AccountInput,
    tags: {} as 'online' | 'ended'
  },
  actors: {
    /** Owns the one socket of the session, sends its events to this machine, and closes the socket when stopped. */
    socket: work<SocketInput>(),
    /** Stores what arrives, in every state: the journal does not wait for a connection. */
    ingest: work(),
    /** Fetches and stores announced history chunks, in every state. */
    history: work(),
    /** Keeps ready what the history needs that a phone sends once it is linked. */
    historyPreparation: work(),
    /** Downloads the media of messages, in every state. */
    media: work(),
    /** Asks the phone for media that WhatsApp no longer has. */
    mediaRequests: work(),
    /** Sends the outbox. */
    outbox: work(),
    /** Asks the phone for messages that arrived without their content. */
    placeholders: work(),
    /** Asks the phone again for what it sent to this device alone and could not be decrypted. */
    peerMessages: work(),
    /** Records when the account is online, and begins the automatic backfill of what it missed. */
    onlineRecord: work(),
    /** Completes when there is history to be fetched or asked for. */
    historyDue: work(),
    /** Asks the phone for missing history; completes when nothing more can be had at the moment. */
    backfill: work(),
    /** Completes when the suspension is over. */
    suspensionEnd: work<SuspensionWork>()
  },
  actions: {
    /** Stores facts of the account. */
    remember: (_, _facts: AccountFacts) => undefined,
    /** Stores the end with the disconnect that led to it. */
    rememberEnd: (_, _end: { readonly ended: EndedState }) => undefined,
    /** Reports an end that a person should know of. */
    reportEnd: (_, _end: { readonly kind: EndReason }) => undefined,
    /** Reports that a connection ended in a way that nobody here knows. */
    reportUnknownEnd: () => undefined,
    /** Notes as the last disconnect that WhatsApp did not answer in time; the machine itself has no clock. */
    noteTimedOut: () => undefined,
    noteDisconnect: assign(({ context: { isNewlyLinked }, event }) => {
      if (event.type !== 'socket.closed') return {}
      // With each link WhatsApp asks for one new connection: nothing was lost.
      if (isNewlyLinked && hasVerdict(event, 'restart')) return { isNewlyLinked: false }
      return { isNewlyLinked: false, lastDisconnect: event.disconnect }
    }),
    /** The same for the logout that a person asked this server for: nobody unlinked it on the phone. */
    noteOwnLogout: assign(({ event }) =>
      event.type === 'socket.closed' ? { lastDisconnect: { ...event.disconnect, reason: OWN_LOGOUT } } : {}
    ),
    noteOffer: assign(({ event }) => {
      if (event.type === 'socket.qrOffered')
        return { offer: { method: 'qr' as const, text: event.qr, expiresAt: event.expiresAt } }
      if (event.type === 'socket.codeOffered')
        return { offer: { method: 'code' as const, text: event.code, expiresAt: event.expiresAt } }
      return {}
    }),
    notePasskey: assign(({ event }) =>
      event.type === 'socket.passkeyRequested'
        ? {
            offer: null,
            passkey: {
              options: event.options,
              expiresAt: event.expiresAt,
              refusal: event.refusal,
              code: null,
              isConfirmed: false
            }
          }
        : {}
    ),
    noteCode: assign(({ context: { passkey }, event }) =>
      event.type === 'socket.passkeyAccepted' && passkey !== null
        ? {
            passkey: {
              ...passkey,
              expiresAt: event.expiresAt,
              code: event.code,
              isConfirmed: event.code === null
            }
          }
        : {}
    ),
    noteConfirmed: assign(({ context: { passkey } }) =>
      passkey === null ? {} : { passkey: { ...passkey, isConfirmed: true } }
    ),
    forgetPasskey: assign({ passkey: null }),
    notePairingFailure: assign(({ event }) =>
      event.type === 'socket.pairingRefused'
        ? { pairingFailure: { kind: event.kind, reason: event.reason } }
        : { pairingFailure: PASSKEY_EXPIRED }
    ),
    noteEnd: assign((_, { ended }: { readonly ended: EndedState }) => ({ ended })),
    noteSuspension: assign(({ event }) => ({ suspension: suspensionIn(event) })),
    forgetSuspension: assign({ suspension: null }),
    noteLinked: assign(({ context: { pairing } }) => ({
      linked: true,
      isNewlyLinked: true,
      pairing: null,
      unconfirmed: pairing,
      offer: null,
      ended: null,
      restarted: false
    })),
    noteLoggedIn: assign({ unconfirmed: null }),
    /** Links once more in the way that was asked for. */
    resumePairing: assign(({ context: { unconfirmed } }) => ({
      pairing: unconfirmed,
      unconfirmed: null,
      linked: false
    })),
    notePairing: assign(({ event }) =>
      event.type === 'command.pair'
        ? {
            pairing: event.pairing,
            pairingFailure: null,
            unconfirmed: null,
            linked: false,
            wanted: true,
            attempts: 0,
            restarted: false
          }
        : {}
    ),
    forgetPairing: assign({ pairing: null, offer: null }),
    noteUnlinked: assign({ linked: false, unlinking: false }),
    noteWanted: assign({ wanted: true, ended: null, attempts: 0, restarted: false }),
    noteUnwanted: assign({ wanted: false }),
    countAttempt: assign({ attempts: ({ context }) => context.attempts + 1 }),
    noteRestarted: assign({ restarted: true }),
    noteStable: assign({ attempts: 0, restarted: false, isNewlyLinked: false }),
    noteUnlinking: assign({ unlinking: true }),
    forgetUnlinking: assign({ unlinking: false }),
    /** WhatsApp did not confirm the logout in time. */
    reportLogoutUnconfirmed: () => undefined,
    /** Asks WhatsApp to unlink this device. */
    unlinkDevice: () => undefined,
    /** Sends WhatsApp the owner's assertion. */
    submitPasskey: (_, _given: { readonly assertion: PasskeyAssertion }) => undefined,
    /** Tells the phone that both show the same code. */
    confirmPasskey: () => undefined,
    /** Has the outbox check again what may be sent. */
    reviewOutbox: () => undefined
  },
  guards: {
    wasEnded: ({ context }, params: { state: EndedState }) => context.ended === params.state,
    shouldConnect: ({ context }) => context.wanted && context.linked,
    isLinked: ({ context }) => context.linked,
    isNotLinked: ({ context }) => !context.linked,
    isSuspended: ({ context }) => context.wanted && context.linked && context.suspension !== null,
    hasToCompare: ({ context: { passkey } }) =>
      passkey !== null && passkey.code !== null && !passkey.isConfirmed,
    isPairing: ({ context }) => context.pairing !== null,
    pairingIsHopeless: ({ context, event }) =>
      context.pairing !== null &&
      event.type === 'socket.closed' &&
      ((event.verdict !== 'restart' && !isPassing(event.verdict)) ||
        context.attempts >= MAX_PAIRING_ATTEMPTS),
    closedWith: ({ event }, params: { readonly verdict: Verdict }) => hasVerdict(event, params.verdict),
    /** Once; a server that asks for it again and again is given time, as after any other end. */
    restartsAtOnce: ({ context, event }) => !context.restarted && hasVerdict(event, 'restart'),
    /** WhatsApp never got the device's answer to the link, and does not know it. */
    linkIsIncomplete: ({ context, event }) =>
      context.unconfirmed !== null &&
      event.type === 'socket.closed' &&
      event.verdict === 'loggedOut' &&
      event.disconnect.source !== 'server',
    logoutIsConfirmed: ({ context, event }) => context.unlinking && hasVerdict(event, 'loggedOut')
  },
  delays: {
    pairingTimeout: 180_000,
    /** Until the challenge expires, or the comparison of codes. */
    passkeyTimeout: 600_000,
    /** WhatsApp and the phone answer an assertion; the owner may have to unlock the phone for it. */
    passkeyAnswerTimeout: 180_000,
    passkeyCompareTimeout: 300_000,
    connectTimeout: 30_000,
    logoutTimeout: 30_000,
    /** Full jitter over an exponentially growing, capped delay. */
    backoff: 1000,
    /** Online for this long, the connection counts as good and the back-off starts over. */
    stableAfter: 60_000
  }
})
