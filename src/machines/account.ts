// The life of one account, from linking to its ends. Pure: it knows states, events, deadlines and which work runs
// in which state; the work itself is provided by src/actors. The nesting makes sockets safe by construction:
// entering `session` opens exactly one, leaving it closes that one.
import { assign, fromPromise, type PromiseActorLogic, setup } from 'xstate'
import {
  type AccountFacts,
  type Disconnect,
  type EndedState,
  type Suspension,
  unspecifiedSuspension
} from '../domain/account.ts'
import type { ConnectionEvent, Pairing } from '../domain/connection.ts'
import { isPassing, type Verdict } from '../domain/disconnect.ts'

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
  readonly offer: { readonly method: 'qr' | 'code'; readonly text: string; readonly expiresAt: number } | null
  /** Failed connections in a row; the back-off grows with it. */
  readonly attempts: number
  /** A person asked for the logout: that it happens needs no report. */
  readonly unlinking: boolean
  /** WhatsApp asked for a restart, and the connection has not been stable since: another request for one has to wait. */
  readonly restarted: boolean
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

/** Pairing connections that may fail before the person has to ask again. */
const MAX_PAIRING_ATTEMPTS = 5

/**
 * Pairing does not clear the stored `ended`, only `socket.linked` does: a server that restarts during the pairing must not
 * take the account for linked.
 */
const BEGIN_PAIRING = ['notePairing', { type: 'remember', params: { wanted: true } }] as const
const GO_ONLINE = [
  'noteWanted',
  'forgetSuspension',
  { type: 'remember', params: { wanted: true, ended: null, suspension: null } }
] as const
const STAY_OFFLINE = ['noteUnwanted', { type: 'remember', params: { wanted: false } }] as const

const NOT_LINKED = { type: 'reportEnd', params: { kind: 'notLinked' } } as const

/** Actions of a transition to an end, not of its state: the state would repeat them at every start of the server. */
const endActions = (ended: EndedState, kind: EndReason) =>
  [
    'noteDisconnect',
    { type: 'rememberEnd', params: { ended } },
    { type: 'reportEnd', params: { kind } }
  ] as const

const hasVerdict = (event: AccountEvent, verdict: Verdict): boolean =>
  event.type === 'socket.closed' && event.verdict === verdict

/** How long WhatsApp suspends the account, when that is why the connection ended. */
const suspensionIn = (event: AccountEvent): Suspension | null =>
  event.type === 'socket.closed' ? (event.suspension ?? unspecifiedSuspension(event.disconnect.at)) : null

/** The guard of a `socket.closed` with this verdict. */
const closedWith = (verdict: Verdict) => ({ type: 'closedWith', params: { verdict } }) as const

/** Work of a state, to be provided by src/actors; without that it never completes. */
const work = <Input = AccountWork>(): PromiseActorLogic<void, Input> =>
  fromPromise<void, Input>(() => new Promise(() => undefined))

const accountWork = ({ context }: { readonly context: AccountContext }): AccountWork => ({
  accountId: context.accountId
})

/** An account whose work has yet to be provided. */
export const accountMachine = setup({
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
    /** Downloads the media of messages, in every state. */
    media: work(),
    /** Asks the phone for media that WhatsApp no longer has. */
    mediaRequests: work(),
    /** Sends the outbox. */
    outbox: work(),
    /** Asks the phone for messages that arrived without their content. */
    placeholders: work(),
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
    noteSuspension: assign(({ event }) => ({ suspension: suspensionIn(event) })),
    forgetSuspension: assign({ suspension: null }),
    noteLinked: assign({ linked: true, pairing: null, offer: null, ended: null, restarted: false }),
    notePairing: assign(({ event }) =>
      event.type === 'command.pair'
        ? { pairing: event.pairing, linked: false, wanted: true, attempts: 0, restarted: false }
        : {}
    ),
    forgetPairing: assign({ pairing: null, offer: null }),
    noteUnlinked: assign({ linked: false, unlinking: false }),
    noteWanted: assign({ wanted: true, ended: null, attempts: 0, restarted: false }),
    noteUnwanted: assign({ wanted: false }),
    countAttempt: assign({ attempts: ({ context }) => context.attempts + 1 }),
    noteRestarted: assign({ restarted: true }),
    noteStable: assign({ attempts: 0, restarted: false }),
    noteUnlinking: assign({ unlinking: true }),
    forgetUnlinking: assign({ unlinking: false }),
    /** WhatsApp did not confirm the logout in time. */
    reportLogoutUnconfirmed: () => undefined,
    /** Asks WhatsApp to unlink this device. */
    unlinkDevice: () => undefined,
    /** Has the outbox check again what may be sent. */
    reviewOutbox: () => undefined
  },
  guards: {
    wasEnded: ({ context }, params: { state: EndedState }) => context.ended === params.state,
    shouldConnect: ({ context }) => context.wanted && context.linked,
    isLinked: ({ context }) => context.linked,
    isNotLinked: ({ context }) => !context.linked,
    isSuspended: ({ context }) => context.wanted && context.linked && context.suspension !== null,
    isPairing: ({ context }) => context.pairing !== null,
    pairingIsHopeless: ({ context, event }) =>
      context.pairing !== null &&
      event.type === 'socket.closed' &&
      ((event.verdict !== 'restart' && !isPassing(event.verdict)) ||
        context.attempts >= MAX_PAIRING_ATTEMPTS),
    closedWith: ({ event }, params: { readonly verdict: Verdict }) => hasVerdict(event, params.verdict),
    /** Once; a server that asks for it again and again is given time, as after any other end. */
    restartsAtOnce: ({ context, event }) => !context.restarted && hasVerdict(event, 'restart'),
    logoutIsConfirmed: ({ context, event }) => context.unlinking && hasVerdict(event, 'loggedOut')
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
    suspension: input.suspension,
    pairing: null,
    offer: null,
    attempts: 0,
    restarted: false,
    unlinking: false
  }),
  invoke: [
    { src: 'ingest', input: accountWork },
    { src: 'history', input: accountWork },
    { src: 'media', input: accountWork }
  ],
  initial: 'deciding',
  states: {
    /** The first state follows from the facts; so does the one after a pairing that failed. */
    deciding: {
      entry: 'forgetPairing',
      always: [
        { guard: { type: 'wasEnded', params: { state: 'loggedOut' } }, target: 'loggedOut' },
        { guard: { type: 'wasEnded', params: { state: 'replaced' } }, target: 'replaced' },
        { guard: { type: 'wasEnded', params: { state: 'banned' } }, target: 'banned' },
        { guard: { type: 'wasEnded', params: { state: 'locked' } }, target: 'locked' },
        { guard: { type: 'wasEnded', params: { state: 'failed' } }, target: 'failed' },
        { guard: 'isSuspended', target: 'suspended' },
        { guard: 'shouldConnect', target: 'session' },
        { target: 'stopped' }
      ]
    },
    stopped: {
      on: {
        'command.pair': {
          guard: 'isNotLinked',
          target: 'session',
          actions: BEGIN_PAIRING
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
          onEvent: (event: ConnectionEvent) => self.send(event)
        })
      },
      on: {
        'command.disconnect': {
          target: 'deciding',
          actions: STAY_OFFLINE
        },
        'socket.restrictionChanged': {
          actions: [
            { type: 'remember', params: ({ event }) => ({ restriction: event.restriction }) },
            'reviewOutbox'
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
          {
            guard: 'restartsAtOnce',
            target: 'session',
            reenter: true,
            actions: ['noteDisconnect', 'noteRestarted']
          },
          { guard: 'pairingIsHopeless', target: 'deciding', actions: ['noteDisconnect', NOT_LINKED] },
          {
            guard: 'logoutIsConfirmed',
            target: 'loggedOut',
            actions: ['noteDisconnect', { type: 'rememberEnd', params: { ended: 'loggedOut' } }]
          },
          {
            guard: closedWith('loggedOut'),
            target: 'loggedOut',
            actions: endActions('loggedOut', 'loggedOut')
          },
          { guard: closedWith('replaced'), target: 'replaced', actions: endActions('replaced', 'replaced') },
          { guard: closedWith('banned'), target: 'banned', actions: endActions('banned', 'banned') },
          { guard: closedWith('locked'), target: 'locked', actions: endActions('locked', 'locked') },
          {
            guard: closedWith('suspended'),
            target: 'suspended',
            actions: [
              'noteDisconnect',
              'noteSuspension',
              {
                type: 'remember',
                params: ({ context: { lastDisconnect, suspension } }) => ({ lastDisconnect, suspension })
              },
              { type: 'reportEnd', params: { kind: 'suspended' } }
            ]
          },
          {
            guard: closedWith('updateNeeded'),
            target: 'failed',
            actions: endActions('failed', 'updateNeeded')
          },
          {
            guard: closedWith('unknown'),
            target: 'reconnecting',
            actions: ['noteDisconnect', 'reportUnknownEnd']
          },
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
          after: { connectTimeout: { target: '#account.reconnecting', actions: 'noteTimedOut' } }
        },
        online: {
          tags: 'online',
          initial: 'open',
          invoke: [
            { src: 'outbox', input: accountWork },
            { src: 'placeholders', input: accountWork },
            { src: 'onlineRecord', input: accountWork },
            { src: 'mediaRequests', input: accountWork }
          ],
          after: { stableAfter: { actions: 'noteStable' } },
          states: {
            open: {
              on: { 'command.logout': 'loggingOut' },
              invoke: {
                src: 'historyDue',
                input: accountWork,
                onDone: 'backfilling'
              }
            },
            backfilling: {
              on: { 'command.logout': 'loggingOut' },
              invoke: {
                src: 'backfill',
                input: accountWork,
                onDone: 'open'
              }
            },
            /** WhatsApp confirms a logout by closing the connection. */
            loggingOut: {
              entry: ['noteUnlinking', 'unlinkDevice'],
              exit: 'forgetUnlinking',
              after: { logoutTimeout: { target: 'open', actions: 'reportLogoutUnconfirmed' } }
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
    /** Until WhatsApp lets the account log in again. */
    suspended: {
      invoke: {
        src: 'suspensionEnd',
        input: ({ context: { accountId, suspension } }) => ({ accountId, suspension }),
        onDone: {
          target: 'session',
          actions: ['forgetSuspension', { type: 'remember', params: { suspension: null } }]
        }
      },
      on: {
        'command.connect': { target: 'session', actions: GO_ONLINE },
        'command.disconnect': { target: 'deciding', actions: STAY_OFFLINE }
      }
    },
    loggedOut: {
      tags: 'ended',
      entry: ['noteUnlinked', 'forgetPairing'],
      on: { 'command.pair': { target: 'session', actions: BEGIN_PAIRING } }
    },
    replaced: { tags: 'ended', on: { 'command.connect': { target: 'session', actions: GO_ONLINE } } },
    banned: { tags: 'ended', on: { 'command.connect': { target: 'session', actions: GO_ONLINE } } },
    locked: { tags: 'ended', on: { 'command.connect': { target: 'session', actions: GO_ONLINE } } },
    failed: {
      tags: 'ended',
      on: {
        'command.connect': { guard: 'isLinked', target: 'session', actions: GO_ONLINE },
        'command.pair': { guard: 'isNotLinked', target: 'session', actions: BEGIN_PAIRING }
      }
    }
  }
})
