// Assembles the actors: the supervisor with the account actors below it, and the `Accounts` service in front of them.
import { Clock, Effect, Layer, Semaphore } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { AccountState } from '../domain/account.ts'
import { Accounts } from '../services/accounts.ts'
import type { EventLog } from '../services/events/event-log.ts'
import { Linking } from '../services/events/linking.ts'
import { AccountStore } from '../services/conversations/account-store.ts'
import { Transaction } from '../services/database/transaction.ts'
import { Backfill } from '../services/history/backfill/backfill.ts'
import { History } from '../services/history/chunks/worker.ts'
import { Coverage } from '../services/history/coverage/coverage.ts'
import { Media } from '../services/media/media.ts'
import { AccountMemory } from '../services/process/account-memory.ts'
import { Inspection } from '../services/telemetry/inspection.ts'
import { Vault } from '../services/vault/vault.ts'
import { AccountProxies } from '../services/whatsapp/proxy/account-proxies.ts'
import { ClientVersion } from '../services/whatsapp/version/client-version.ts'
import { SessionTransfer } from '../services/whatsapp/transfer/transfer.ts'
import { WhatsApp } from '../services/whatsapp/whatsapp.ts'
import { type AccountDelays, type AccountServices, makeAccountLogic } from './account.ts'
import { makeAccounts } from './accounts.ts'
import { startStoredAccounts } from './boot.ts'
import { makeEffectBridge } from './effect-bridge.ts'
import { startSupervisor, type Supervisor } from './supervisor.ts'
import { watchStates } from './watch/state-changes.ts'
import { makeTelling } from './watch/telling.ts'

export interface RootOptions extends AccountDelays {
  /** Pause between the starts of two accounts when the server starts. */
  readonly startPaceMs: number
  /** Another server of an imported session that connects again does so within this time, milliseconds. */
  readonly takenBackWithinMs: number
}

export const layer = (
  options: RootOptions
): Layer.Layer<
  Accounts,
  never,
  | AccountMemory
  | AccountProxies
  | AccountServices
  | ClientVersion
  | Coverage
  | EventLog
  | Inspection
  | Linking
  | SessionTransfer
  | SqlClient.SqlClient
  | Transaction
  | Vault
> =>
  Layer.effect(
    Accounts,
    Effect.gen(function* () {
      const [memory, records, whatsapp] = [yield* AccountMemory, yield* AccountStore, yield* WhatsApp]
      const bridge = yield* makeEffectBridge<AccountServices>()
      const runSync = Effect.runSyncWith(yield* Effect.context<never>())
      const now = (): number => runSync(Clock.currentTimeMillis)
      const inspect = watchStates({
        states: memory.register('actors.states', new Map<string, AccountState>()),
        linking: yield* Linking,
        now,
        run: bridge.run,
        tell: yield* makeTelling
      })
      const supervisor = yield* startSupervisor({
        bridge,
        accountLogic: makeAccountLogic(bridge, options, {
          now,
          openingDelayMs: () => runSync(whatsapp.openingDelayMs),
          unknownEnds: memory.perAccount('actors.unknownEnds', () => new Set<string>()),
          factTurns: memory.perAccount('actors.factTurns', () => Semaphore.makeUnsafe(1))
        }),
        inspect
      })
      yield* offerInspection(supervisor)
      yield* startStoredAccounts(records, supervisor, options.startPaceMs)
      return makeAccounts({
        backfill: yield* Backfill,
        bridge,
        clientVersion: yield* ClientVersion,
        coverage: yield* Coverage,
        history: yield* History,
        media: yield* Media,
        memory,
        proxies: yield* AccountProxies,
        records,
        supervisor,
        takenBackWithinMs: options.takenBackWithinMs,
        transaction: yield* Transaction,
        transfer: yield* SessionTransfer,
        vault: yield* Vault,
        whatsapp
      })
    })
  )

/** The inspector's code is loaded for the first viewer: most servers are never watched. */
const offerInspection = (supervisor: Supervisor) =>
  Inspection.use(inspection =>
    inspection.offer(
      Effect.map(
        Effect.promise(() => import('./watch/inspected-system.ts')),
        ({ inspectedSystem }) => inspectedSystem(supervisor)
      )
    )
  )
