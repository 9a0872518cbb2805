// Supervises the account actors. A crash of one touches no other; a crashed account restarts after a delay; one that
// crashes too often within the window is put in `failed` and waits for a person. Pure: spawning is declared here, the
// account logic and the work come from src/actors.
import { assign, enqueueActions, raise, setup, stopChild } from 'xstate'
import { type AccountInput, accountMachine } from './account.ts'

export type SupervisorEvent =
  | { readonly type: 'account.start'; readonly input: AccountInput }
  | { readonly type: 'account.stop'; readonly accountId: string }
  /** The account is being removed: nothing starts it until `account.removalEnded`. */
  | { readonly type: 'account.removing'; readonly accountId: string }
  /** It is removed, or could not be. */
  | { readonly type: 'account.removalEnded'; readonly accountId: string }
  | { readonly type: 'account.restartDue'; readonly accountId: string }
  /** The account's facts could not be read. */
  | { readonly type: 'account.loadFailed'; readonly accountId: string }
  | { readonly type: 'account.crashForgiven'; readonly accountId: string }
  | CrashEvent

/** XState's own report of a child that threw; its type ends with the child's id. */
export interface CrashEvent {
  readonly type: `xstate.error.actor.${string}`
  readonly error: unknown
  readonly actorId: string
}

interface SupervisorContext {
  /** Crashes within the window, per account. */
  readonly crashes: Readonly<Record<string, number>>
  /** The accounts that have an actor. */
  readonly running: Readonly<Record<string, true>>
  /** The accounts that are being removed. */
  readonly removing: Readonly<Record<string, true>>
}

/** Restarts within the window before supervision gives an account up. */
export const RESTART_BUDGET = 5

export const supervisorMachine = setup({
  types: { context: {} as SupervisorContext, events: {} as SupervisorEvent },
  actors: { account: accountMachine },
  actions: {
    /** Reads the account's facts; sends `account.start` or `account.loadFailed`, or nothing when there is no such account. */
    loadAndStart: (_, _params: { readonly accountId: string }) => undefined,
    /** Records that supervision gave up, so that the account comes back as `failed`. */
    giveUp: (_, _params: { readonly accountId: string }) => undefined,
    reportCrash: (_, _params: { readonly accountId: string; readonly error: unknown }) => undefined
  },
  guards: {
    mayStart: ({ context }, params: { readonly accountId: string }) =>
      context.running[params.accountId] === undefined && context.removing[params.accountId] === undefined,
    isSpent: ({ context }, params: { readonly accountId: string }) =>
      (context.crashes[params.accountId] ?? 0) >= RESTART_BUDGET
  },
  delays: {
    restartDelay: 1000,
    /** How long after a failed load the facts are read again. */
    reloadDelay: 5000,
    crashWindow: 600_000
  }
}).createMachine({
  id: 'supervisor',
  context: { crashes: {}, running: {}, removing: {} },
  on: {
    'account.start': {
      // Starting twice would be two sockets for one account: the first stays.
      guard: { type: 'mayStart', params: ({ event }) => ({ accountId: event.input.accountId }) },
      actions: [
        enqueueActions(({ enqueue, event }) => {
          enqueue.spawnChild('account', { id: event.input.accountId, input: event.input })
        }),
        assign({
          running: ({ context, event }) => ({ ...context.running, [event.input.accountId]: true as const })
        })
      ]
    },
    'account.stop': {
      actions: [
        stopChild(({ event }) => event.accountId),
        assign(({ context, event }) => ({
          crashes: without(context.crashes, event.accountId),
          running: without(context.running, event.accountId)
        }))
      ]
    },
    'account.removing': {
      actions: assign({
        removing: ({ context, event }) => ({ ...context.removing, [event.accountId]: true as const })
      })
    },
    'account.removalEnded': {
      actions: assign({ removing: ({ context, event }) => without(context.removing, event.accountId) })
    },
    'account.restartDue': {
      actions: { type: 'loadAndStart', params: ({ event }) => ({ accountId: event.accountId }) }
    },
    'account.loadFailed': {
      actions: raise(({ event }) => ({ type: 'account.restartDue' as const, accountId: event.accountId }), {
        delay: 'reloadDelay'
      })
    },
    'account.crashForgiven': {
      actions: assign({ crashes: ({ context, event }) => forgiven(context.crashes, event.accountId) })
    },
    'xstate.error.actor.*': [
      {
        guard: { type: 'isSpent', params: ({ event }) => ({ accountId: event.actorId }) },
        actions: [
          stopChild(({ event }) => event.actorId),
          { type: 'reportCrash', params: ({ event }) => ({ accountId: event.actorId, error: event.error }) },
          { type: 'giveUp', params: ({ event }) => ({ accountId: event.actorId }) },
          assign(({ context, event }) => ({
            crashes: without(context.crashes, event.actorId),
            running: without(context.running, event.actorId)
          }))
        ]
      },
      {
        actions: [
          stopChild(({ event }) => event.actorId),
          { type: 'reportCrash', params: ({ event }) => ({ accountId: event.actorId, error: event.error }) },
          assign(({ context, event }) => ({
            crashes: { ...context.crashes, [event.actorId]: (context.crashes[event.actorId] ?? 0) + 1 },
            running: without(context.running, event.actorId)
          })),
          raise(({ event }) => ({ type: 'account.restartDue' as const, accountId: event.actorId }), {
            delay: 'restartDelay'
          }),
          raise(({ event }) => ({ type: 'account.crashForgiven' as const, accountId: event.actorId }), {
            delay: 'crashWindow'
          })
        ]
      }
    ]
  }
})

/** One crash fewer. An account that was stopped since has none, and leaves nothing here. */
const forgiven = (crashes: SupervisorContext['crashes'], accountId: string): SupervisorContext['crashes'] => {
  const count = crashes[accountId] ?? 0
  return count > 1 ? { ...crashes, [accountId]: count - 1 } : without(crashes, accountId)
}

const without = <Value>(
  record: Readonly<Record<string, Value>>,
  key: string
): Readonly<Record<string, Value>> =>
  Object.fromEntries(Object.entries(record).filter(([name]) => name !== key))
