// The life of one account, from linking to its ends. Pure: it knows states, events, deadlines and which work runs
// in which state; the work itself is provided by src/actors. The nesting makes sockets safe by construction:
// entering `session` opens exactly one, leaving it closes that one.
import { assign, fromPromise, setup } from 'xstate'
import type { AccountFacts, Disconnect, EndedState } from '../domain/account.ts'
import type { ConnectionEvent, Pairing } from '../domain/connection.ts'

export type AccountEvent =
  | { readonly type: 'command.pair'; readonly pairing: Pairing }
  | { readonly type: 'command.connect' }
  | { readonly type: 'command.disconnect' }
  | { readonly type: 'command.logout' }
  | ConnectionEvent

export interface AccountInput {
  readonly accountId: string
  /** Whether credentials of a linked device are held. */
  readonly linked: boolean
  readonly wanted: boolean
  readonly ended: EndedState | null
  readonly lastDisconnect: Disconnect | null
}

export interface AccountContext {
  readonly accountId: string
  readonly linked: boolean
  readonly wanted: boolean
  readonly ended: EndedState | null
  readonly lastDisconnect: Disconnect | null
  /** How the account is to be linked; `null` once it is, or when it connects with what it has. */
  readonly pairing: Pairing | null
  readonly offer: { readonly method: 'qr' | 'code'; readonly text: string; readonly expiresAt: number } | null
  /** Failed connections in a row; the back-off grows with it. */
  readonly attempts: number
  /** A person asked for the logout: its coming true is no news. */
  readonly unlinking: boolean
  /** A session WhatsApp did not accept is tried once more before the account is logged out. */
  readonly badSession: boolean
}

export interface SocketInput {
  readonly accountId: string
  readonly pairing: Pairing | null
  /** Brings the socket's events to this account. */
  readonly tell: (event: ConnectionEvent) => void
}

/** Pairing connections that may fail before the person has to ask again. */
const MAX_PAIRING_ATTEMPTS = 5

/** An end is over when a phone is linked, not when it is tried: a server that restarts meanwhile must not take it for linked. */
const LINK = ['notePairing', { type: 'remember', params: { wanted: true } }] as const
const GO_ONLINE = ['noteWanted', { type: 'remember', params: { wanted: true, ended: null } }] as const
const STAY_OFFLINE = ['noteUnwanted', { type: 'remember', params: { wanted: false } }] as const

const NOT_LINKED = { type: 'reportEnd', params: { kind: 'notLinked' } } as const

/** What goes with the transition to an end: the state alone would report it again at every start of the server. */
const ending = (ended: EndedState, kind: EndReason) =>
  [
    'noteDisconnect',
    { type: 'rememberEnd', params: { ended } },
    { type: 'reportEnd', params: { kind } }
  ] as const

/** An account for which the socket has yet to be provided. */
export const accountMachine = setup({
  types: {
    context: {} as AccountContext,
    events: {} as AccountEvent,
    input: {} as AccountInput,
    tags: {} as 'online' | 'ended'
  },
  actors: {
    /** Owns the one socket of the session; tells its events to this machine; closes the socket when stopped. */
    socket: fromPromise<void, SocketInput>(() => new Promise(() => undefined)),
    /** Stores what arrives, in every state: the journal does not wait for a connection. */
    ingest: fromPromise<void, { accountId: string }>(() => new Promise(() => undefined)),
    /** Fetches and stores announced history chunks, in every state. */
    history: fromPromise<void, { accountId: string }>(() => new Promise(() => undefined)),
    /** Fetches the media of messages, in every state. */
    media: fromPromise<void, { accountId: string }>(() => new Promise(() => undefined)),
    /** Asks the phone for media that WhatsApp no longer has. */
    mediaRequests: fromPromise<void, { accountId: string }>(() => new Promise(() => undefined)),
    /** Sends the outbox. */
    outbox: fromPromise<void, { accountId: string }>(() => new Promise(() => undefined)),
    /** Asks the phone for messages that arrived without their content. */
    placeholders: fromPromise<void, { accountId: string }>(() => new Promise(() => undefined)),
    /** Notes that the account is online, and what it may have missed while it was not. */
    attendance: fromPromise<void, { accountId: string }>(() => new Promise(() => undefined)),
    /** Completes when there is history to be fetched or asked for. */
    historyDue: fromPromise<void, { accountId: string }>(() => new Promise(() => undefined)),
    /** Asks the phone for what is missing; completes when nothing is left to be had at the moment. */
    backfill: fromPromise<void, { accountId: string }>(() => new Promise(() => undefined))
  },
  actions: {
    /** Makes facts durable. */
    remember: (_, _facts: AccountFacts) => undefined,
    rememberEnd: (_, _end: { readonly ended: EndedState }) => undefined,
    /** Tells a person about an end that needs one. */
    reportEnd: (_, _end: { readonly kind: EndReason }) => undefined,
    noteDisconnect: assign(({ event }) =>
      event.type === 'socket.closed' ? { lastDisconnect: event.disconnect } : {}
    ),
    noteOffer: assign(({ event }) => {
      if (event.type === 'socket.qrOffered')
        return { offer: { method: 'qr' as const, text: event.qr, expiresAt: event.expiresAt } }
      if (event.type === 'socket.codeOffered')
        return { offer: { method: 'code' as const, text: event.code, expiresAt: event.expiresAt } }
      return {}
    }),
    noteLinked: assign({ linked: true, pairing: null, offer: null, ended: null }),
    notePairing: assign(({ event }) =>
      event.type === 'command.pair'
        ? { pairing: event.pairing, linked: false, wanted: true, attempts: 0 }
        : {}
    ),
    forgetPairing: assign({ pairing: null, offer: null }),
    noteUnlinked: assign({ linked: false, unlinking: false }),
    noteWanted: assign({ wanted: true, ended: null, attempts: 0, badSession: false }),
    noteUnwanted: assign({ wanted: false }),
    countAttempt: assign({ attempts: ({ context }) => context.attempts + 1 }),
    noteBadSession: assign({ badSession: true }),
    settle: assign({ attempts: 0, badSession: false }),
    noteUnlinking: assign({ unlinking: true }),
    forgetUnlinking: assign({ unlinking: false }),
    /** WhatsApp did not confirm the logout in time. */
    reportUnlinking: () => undefined,
    unlinkDevice: () => undefined,
    /** What may be sent has changed. */
    reviewSending: () => undefined
  },
  guards: {
    wasEnded: ({ context }, params: { state: EndedState }) => context.ended === params.state,
    shouldConnect: ({ context }) => context.wanted && context.linked,
    isLinked: ({ context }) => context.linked,
    isNotLinked: ({ context }) => !context.linked,
    isPairing: ({ context }) => context.pairing !== null,
    pairingIsHopeless: ({ context, event }) =>
      context.pairing !== null &&
      event.type === 'socket.closed' &&
      (event.verdict !== 'retry' || context.attempts >= MAX_PAIRING_ATTEMPTS),
    asksForRestart: ({ event }) => event.type === 'socket.closed' && event.verdict === 'restart',
    wasLoggedOut: ({ event }) => event.type === 'socket.closed' && event.verdict === 'loggedOut',
    wasAskedToLogOut: ({ context, event }) =>
      context.unlinking && event.type === 'socket.closed' && event.verdict === 'loggedOut',
    wasReplaced: ({ event }) => event.type === 'socket.closed' && event.verdict === 'replaced',
    wasBanned: ({ event }) => event.type === 'socket.closed' && event.verdict === 'banned',
    needsUpdate: ({ event }) => event.type === 'socket.closed' && event.verdict === 'updateNeeded',
    sessionIsBadAgain: ({ context, event }) =>
      event.type === 'socket.closed' && event.verdict === 'badSession' && context.badSession,
    sessionIsBad: ({ event }) => event.type === 'socket.closed' && event.verdict === 'badSession'
  },
  delays: {
    pairingTimeout: 180_000,
    connectTimeout: 30_000,
    logoutTimeout: 30_000,
    /** Full jitter over an exponentially growing, capped delay. */
    backoff: 1000,
    /** Online for this long, the connection counts as good and the back-off starts over. */
    stableAfter: 60_000
  }
}).createMachine({
  id: 'account',
  context: ({ input }) => ({
    accountId: input.accountId,
    linked: input.linked,
    wanted: input.wanted,
    ended: input.ended,
    lastDisconnect: input.lastDisconnect,
    pairing: null,
    offer: null,
    attempts: 0,
    badSession: false,
    unlinking: false
  }),
  invoke: [
    { src: 'ingest', input: ({ context }) => ({ accountId: context.accountId }) },
    { src: 'history', input: ({ context }) => ({ accountId: context.accountId }) },
    { src: 'media', input: ({ context }) => ({ accountId: context.accountId }) }
  ],
  initial: 'deciding',
  states: {
    /** The first state follows from the facts; so does the one after a linking that came to nothing. */
    deciding: {
      entry: 'forgetPairing',
      always: [
        { guard: { type: 'wasEnded', params: { state: 'loggedOut' } }, target: 'loggedOut' },
        { guard: { type: 'wasEnded', params: { state: 'replaced' } }, target: 'replaced' },
        { guard: { type: 'wasEnded', params: { state: 'banned' } }, target: 'banned' },
        { guard: { type: 'wasEnded', params: { state: 'failed' } }, target: 'failed' },
        { guard: 'shouldConnect', target: 'session' },
        { target: 'stopped' }
      ]
    },
    stopped: {
      on: {
        'command.pair': {
          guard: 'isNotLinked',
          target: 'session',
          actions: LINK
        },
        'command.connect': {
          guard: 'isLinked',
          target: 'session',
          actions: GO_ONLINE
        }
      }
    },
    session: {
      initial: 'entering',
      invoke: {
        id: 'socket',
        src: 'socket',
        input: ({ context, self }) => ({
          accountId: context.accountId,
          pairing: context.pairing,
          tell: (event: ConnectionEvent) => self.send(event)
        })
      },
      on: {
        'command.disconnect': {
          target: 'deciding',
          actions: STAY_OFFLINE
        },
        'socket.restrictionTold': {
          actions: [
            { type: 'remember', params: ({ event }) => ({ restriction: event.restriction }) },
            'reviewSending'
          ]
        },
        'socket.linked': {
          actions: [
            'noteLinked',
            {
              type: 'remember',
              params: ({ event }) => ({
                jid: event.jid,
                lid: event.lid,
                wanted: true,
                ended: null,
                linkedAt: event.at
              })
            }
          ]
        },
        'socket.closed': [
          { guard: 'asksForRestart', target: 'session', reenter: true, actions: 'noteDisconnect' },
          { guard: 'pairingIsHopeless', target: 'deciding', actions: ['noteDisconnect', NOT_LINKED] },
          {
            guard: 'wasAskedToLogOut',
            target: 'loggedOut',
            actions: ['noteDisconnect', { type: 'rememberEnd', params: { ended: 'loggedOut' } }]
          },
          { guard: 'wasLoggedOut', target: 'loggedOut', actions: ending('loggedOut', 'loggedOut') },
          { guard: 'wasReplaced', target: 'replaced', actions: ending('replaced', 'replaced') },
          { guard: 'wasBanned', target: 'banned', actions: ending('banned', 'banned') },
          { guard: 'needsUpdate', target: 'failed', actions: ending('failed', 'updateNeeded') },
          { guard: 'sessionIsBadAgain', target: 'loggedOut', actions: ending('loggedOut', 'badSession') },
          { guard: 'sessionIsBad', target: 'reconnecting', actions: ['noteDisconnect', 'noteBadSession'] },
          { target: 'reconnecting', actions: 'noteDisconnect' }
        ]
      },
      states: {
        entering: { always: [{ guard: 'isPairing', target: 'pairing' }, { target: 'connecting' }] },
        pairing: {
          on: {
            'socket.qrOffered': { actions: 'noteOffer' },
            'socket.codeOffered': { actions: 'noteOffer' }
          },
          after: { pairingTimeout: { target: '#account.deciding', actions: NOT_LINKED } }
        },
        connecting: {
          on: {
            'socket.opened': {
              target: 'online',
              actions: [
                {
                  type: 'remember',
                  params: ({ event }) => ({ jid: event.jid, lid: event.lid })
                }
              ]
            }
          },
          after: { connectTimeout: '#account.reconnecting' }
        },
        online: {
          tags: 'online',
          initial: 'open',
          invoke: [
            { src: 'outbox', input: ({ context }) => ({ accountId: context.accountId }) },
            { src: 'placeholders', input: ({ context }) => ({ accountId: context.accountId }) },
            { src: 'attendance', input: ({ context }) => ({ accountId: context.accountId }) },
            { src: 'mediaRequests', input: ({ context }) => ({ accountId: context.accountId }) }
          ],
          after: { stableAfter: { actions: 'settle' } },
          states: {
            open: {
              on: { 'command.logout': 'loggingOut' },
              invoke: {
                src: 'historyDue',
                input: ({ context }) => ({ accountId: context.accountId }),
                onDone: 'backfilling'
              }
            },
            backfilling: {
              on: { 'command.logout': 'loggingOut' },
              invoke: {
                src: 'backfill',
                input: ({ context }) => ({ accountId: context.accountId }),
                onDone: 'open'
              }
            },
            /** WhatsApp confirms a logout by closing the connection. */
            loggingOut: {
              entry: ['noteUnlinking', 'unlinkDevice'],
              exit: 'forgetUnlinking',
              after: { logoutTimeout: { target: 'open', actions: 'reportUnlinking' } }
            }
          }
        }
      }
    },
    reconnecting: {
      entry: [
        'countAttempt',
        { type: 'remember', params: ({ context }) => ({ lastDisconnect: context.lastDisconnect }) }
      ],
      on: {
        'command.connect': 'session',
        'command.disconnect': {
          target: 'deciding',
          actions: STAY_OFFLINE
        }
      },
      after: { backoff: 'session' }
    },
    loggedOut: {
      tags: 'ended',
      entry: ['noteUnlinked', 'forgetPairing'],
      on: { 'command.pair': { target: 'session', actions: LINK } }
    },
    replaced: { tags: 'ended', on: { 'command.connect': { target: 'session', actions: GO_ONLINE } } },
    banned: { tags: 'ended', on: { 'command.connect': { target: 'session', actions: GO_ONLINE } } },
    failed: {
      tags: 'ended',
      on: {
        'command.connect': { guard: 'isLinked', target: 'session', actions: GO_ONLINE },
        'command.pair': { guard: 'isNotLinked', target: 'session', actions: LINK }
      }
    }
  }
})

/** The ends and give-ups that a person is told about, each with its own words in src/actors. */
export type EndReason = 'loggedOut' | 'replaced' | 'banned' | 'badSession' | 'updateNeeded' | 'notLinked'
