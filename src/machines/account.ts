// The life of one account, from linking to its ends. Pure: it knows states, events, deadlines and which work runs
// in which state; the work itself is provided by src/actors. The nesting makes sockets safe by construction:
// entering `session` opens exactly one, leaving it closes that one.
import type { EndedState } from '../domain/account.ts'
import type { ConnectionEvent } from '../domain/connection.ts'
import type { Verdict } from '../domain/disconnect.ts'
import { type AccountContext, accountSetup, type AccountWork, type EndReason } from './account-setup.ts'
import { NOT_LINKED, pairing } from './pairing.ts'

export type {
  AccountContext,
  AccountEvent,
  AccountInput,
  AccountWork,
  EndReason,
  PasskeyRequest,
  SocketInput,
  SuspensionWork
} from './account-setup.ts'

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

/**
 * Actions of a transition to an end, not of its state: the state would repeat them at every start of the server. The end is
 * noted as well as stored, so that an attempt to link the account again that fails leads back to it.
 */
const endedWith = (ended: EndedState, note: 'noteDisconnect' | 'noteOwnLogout' = 'noteDisconnect') =>
  [note, { type: 'noteEnd', params: { ended } }, { type: 'rememberEnd', params: { ended } }] as const

/** The same for an end that a person should know of. */
const endActions = (ended: EndedState, kind: EndReason) =>
  [...endedWith(ended), { type: 'reportEnd', params: { kind } }] as const

/** The guard of a `socket.closed` with this verdict. */
const closedWith = (verdict: Verdict) => ({ type: 'closedWith', params: { verdict } }) as const

const accountWork = ({ context }: { readonly context: AccountContext }): AccountWork => ({
  accountId: context.accountId
})

/** An account whose work has yet to be provided. */
export const accountMachine = accountSetup.createMachine({
  id: 'account',
  context: ({ input }) => ({
    accountId: input.accountId,
    linked: input.linked,
    wanted: input.wanted,
    ended: input.ended,
    lastDisconnect: input.lastDisconnect,
    suspension: input.suspension,
    pairing: null,
    unconfirmed: null,
    offer: null,
    passkey: null,
    pairingFailure: null,
    attempts: 0,
    restarted: false,
    isNewlyLinked: false,
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
            actions: endedWith('loggedOut', 'noteOwnLogout')
          },
          // Whatever comes of it, the link before is none: the stored end says so until there is another.
          {
            guard: 'linkIsIncomplete',
            target: 'session',
            reenter: true,
            actions: [...endedWith('loggedOut'), 'resumePairing']
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
        pairing,
        connecting: {
          on: {
            'socket.opened': {
              target: 'online',
              actions: [
                'noteLoggedIn',
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
            { src: 'peerMessages', input: accountWork },
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
