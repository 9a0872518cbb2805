// The supervisor machine with its work: loading an account's facts, reporting crashes, giving an account up.
import { Effect, type Scope } from 'effect'
import { type ActorRefFrom, createActor, type InspectionEvent } from 'xstate'
import { type AccountRecord, isLinked } from '../domain/account.ts'
import type { AccountInput } from '../machines/account.ts'
import { type SupervisorEvent, supervisorMachine } from '../machines/supervisor.ts'
import { AccountStore } from '../services/conversations/account-store.ts'
import type { Incidents } from '../services/incidents/incidents.ts'
import { count } from '../services/telemetry/metrics.ts'
import type { AccountServices, makeAccountLogic } from './account.ts'
import { CRASHED, GIVEN_UP, reportIncident } from './account-incidents.ts'
import type { EffectBridge } from './effect-bridge.ts'

/** The root actor. Its children are the accounts, by account id. */
export type Supervisor = ActorRefFrom<typeof supervisorMachine>

/** Starts the supervisor without accounts; it stops with the scope. */
export const startSupervisor = (options: {
  readonly bridge: EffectBridge<AccountServices>
  readonly accountLogic: ReturnType<typeof makeAccountLogic>
  readonly inspect: (event: InspectionEvent) => void
}): Effect.Effect<Supervisor, never, Scope.Scope> => {
  const { accountLogic, bridge, inspect } = options
  const supervisor: Supervisor = createActor(
    supervisorMachine.provide({
      actors: { account: accountLogic },
      actions: {
        loadAndStart: ({ self }, { accountId }) =>
          bridge.run(loadAccount(accountId, event => self.send(event))),
        reportCrash: (_, { accountId, error }) => bridge.run(reportCrash(accountId, error)),
        giveUp: ({ self }, { accountId }) => bridge.run(giveUp(accountId, event => self.send(event)))
      }
    }),
    { inspect }
  )
  return Effect.acquireRelease(
    Effect.sync(() => {
      supervisor.start()
      return supervisor
    }),
    () => Effect.sync(() => supervisor.stop())
  )
}

export const isBeingRemoved = (supervisor: Supervisor, accountId: string): boolean =>
  supervisor.getSnapshot().context.removing[accountId] !== undefined

/** The event that starts an account from its stored facts. */
export const accountStart = (record: AccountRecord): SupervisorEvent => ({
  type: 'account.start',
  input: inputOf(record)
})

const inputOf = (record: AccountRecord): AccountInput => ({
  accountId: record.accountId,
  linked: isLinked(record),
  wanted: record.wanted,
  ended: record.ended,
  lastDisconnect: record.lastDisconnect,
  suspension: record.suspension
})

type Send = (event: SupervisorEvent) => void

/** Answers with `account.start`, with `account.loadFailed`, or not at all when there is no such account. */
export const loadAccount = (accountId: string, send: Send): Effect.Effect<void, never, AccountStore> =>
  AccountStore.use(accounts => accounts.read(accountId)).pipe(
    Effect.map(record => (record === undefined ? undefined : accountStart(record))),
    Effect.catch(error =>
      Effect.as(Effect.logError('An account could not be loaded', error), {
        type: 'account.loadFailed' as const,
        accountId
      })
    ),
    Effect.flatMap(event => Effect.sync(() => event && send(event)))
  )

const reportCrash = (accountId: string, error: unknown): Effect.Effect<void, never, Incidents> =>
  Effect.all(
    [
      count.restart('crash'),
      Effect.annotateLogs(Effect.logError('An account actor crashed', error), { accountId }),
      reportIncident(accountId, CRASHED)
    ],
    { discard: true }
  )

/** The account starts again as `failed`, a state that waits for a person. */
const giveUp = Effect.fnUntraced(function* (accountId: string, send: Send) {
  yield* AccountStore.use(accounts => accounts.update(accountId, { ended: 'failed' })).pipe(
    Effect.catch(error => Effect.logError('The state failed of an account could not be stored', error))
  )
  yield* reportIncident(accountId, GIVEN_UP)
  yield* loadAccount(accountId, send)
})
