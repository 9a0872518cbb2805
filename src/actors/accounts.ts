// The `Accounts` service: commands to the account actors, and what is known of accounts, from their facts and their actors.
import { Clock, Effect } from 'effect'
import { waitFor } from 'xstate'
import { newAccount, type AccountRecord } from '../domain/account.ts'
import type { ConnectionEvent } from '../domain/connection.ts'
import { disconnectRow, OWN_CODES } from '../domain/disconnect.ts'
import { newAccountId } from '../domain/ids.ts'
import type { AccountCommand } from '../domain/account-command.ts'
import { AccountNotFound, Accounts, CommandRefused } from '../services/accounts.ts'
import type { Transaction } from '../services/database/transaction.ts'
import type { Coverage } from '../services/history/coverage/coverage.ts'
import type { Media } from '../services/media/media.ts'
import type { AccountMemory } from '../services/process/account-memory.ts'
import { count } from '../services/telemetry/metrics.ts'
import type { Vault } from '../services/vault/vault.ts'
import type { LinkedSession } from '../services/whatsapp/transfer/session.ts'
import type { SessionTransfer, TakingOver } from '../services/whatsapp/transfer/transfer.ts'
import type { AccountServices } from './account.ts'
import { type ViewSources, viewOf } from './account-view.ts'
import type { EffectBridge } from './effect-bridge.ts'
import { accountStart, isBeingRemoved } from './supervisor.ts'
import { outcomeOf, startWithSession } from './taking-over.ts'
import { stateNameOf } from './watch/observed-account.ts'

/** What the service is made from. */
export interface AccountsDeps extends ViewSources {
  readonly bridge: EffectBridge<AccountServices>
  readonly coverage: Coverage['Service']
  readonly media: Media['Service']
  readonly transaction: Transaction['Service']
  readonly memory: AccountMemory['Service']
  readonly takenBackWithinMs: number
  readonly transfer: SessionTransfer['Service']
  readonly vault: Vault['Service']
}

export const makeAccounts = (deps: AccountsDeps): Accounts['Service'] =>
  Accounts.of({
    create: create(deps),
    takeOver: takeOver(deps),
    list: list(deps),
    state: state(deps),
    totals: totals(deps),
    importing: deps.history.busy,
    historyProgress: historyProgress(deps),
    send: send(deps),
    restart: restart(deps),
    remove: remove(deps),
    setProxy: setProxy(deps)
  })

const readRecord = ({ records }: AccountsDeps, accountId: string) =>
  Effect.filterOrFail(
    records.read(accountId),
    record => record !== undefined,
    () => new AccountNotFound({ accountId })
  )

const actorOf = ({ supervisor }: AccountsDeps, accountId: string) =>
  supervisor.getSnapshot().children[accountId]

const start = ({ supervisor }: AccountsDeps, record: AccountRecord): void =>
  supervisor.send(accountStart(record))

const create = (deps: AccountsDeps) =>
  Effect.fn('Accounts.create')(function* (name: string, proxy: string | null = null) {
    const record = newAccount({
      accountId: newAccountId(),
      name,
      createdAt: yield* Clock.currentTimeMillis
    })
    const creating = deps.records.create(record)
    yield* deps.transaction.run(
      proxy === null ? creating : Effect.andThen(creating, deps.proxies.set(record.accountId, proxy))
    )
    start(deps, record)
    return yield* viewOf(deps, record)
  })

const takeOver = (deps: AccountsDeps) =>
  Effect.fn('Accounts.takeOver')(function* (session: LinkedSession, options: TakingOver) {
    const accountId = yield* Effect.uninterruptible(startWithSession(deps, session, options))
    const outcome = yield* outcomeOf(deps, accountId)
    const record = yield* Effect.catchTag(readRecord(deps, accountId), 'AccountNotFound', Effect.die)
    return { view: yield* viewOf(deps, record), outcome }
  })

const list = (deps: AccountsDeps) =>
  Effect.flatMap(deps.records.list, found => Effect.forEach(found, record => viewOf(deps, record)))

const state = (deps: AccountsDeps) => (accountId: string) =>
  Effect.flatMap(readRecord(deps, accountId), record => viewOf(deps, record))

const totals =
  ({ coverage, records }: AccountsDeps) =>
  (accountId: string) =>
    Effect.all({ counts: records.counts(accountId), coverage: coverage.summary(accountId) })

const historyProgress =
  ({ coverage, history }: AccountsDeps) =>
  (accountId: string) =>
    Effect.all({ sync: history.progress(accountId), coverage: coverage.summary(accountId) })

/** The record of an account that is not being removed. */
const readStaying = (deps: AccountsDeps, accountId: string) =>
  Effect.filterOrFail(
    readRecord(deps, accountId),
    () => !isBeingRemoved(deps.supervisor, accountId),
    () => new AccountNotFound({ accountId })
  )

const send = (deps: AccountsDeps) =>
  Effect.fn('Accounts.send')(function* (accountId: string, command: AccountCommand) {
    const record = yield* readStaying(deps, accountId)
    yield* Effect.annotateCurrentSpan({ accountId, 'messaging.operation.name': command.type })
    // Right after the start of the server the account may not have been started yet.
    if (actorOf(deps, accountId) === undefined) start(deps, record)
    const actor = actorOf(deps, accountId)
    const refused = (current: string) =>
      new CommandRefused({ command: command.type.replace('command.', ''), state: current })
    if (actor === undefined) return yield* refused(record.ended ?? 'stopped')
    const snapshot = actor.getSnapshot()
    if (!snapshot.can(command)) return yield* refused(stateNameOf(snapshot.value))
    const span = yield* Effect.orElseSucceed(Effect.currentSpan, () => undefined)
    deps.bridge.sendWithSpan(span, () => actor.send(command))
    return yield* viewOf(deps, record)
  })

const restart = (deps: AccountsDeps) =>
  Effect.fn('Accounts.restart')(function* (accountId: string) {
    const { ended, jid } = yield* readStaying(deps, accountId)
    if (ended === 'failed') yield* deps.records.update(accountId, { ended: null, wanted: jid !== null })
    deps.supervisor.send({ type: 'account.stop', accountId })
    yield* count.restart('command')
    yield* deps.whatsapp.closed(accountId)
    const record = yield* readStaying(deps, accountId).pipe(
      // The supervisor reads it again after a while, and starts it.
      Effect.tapErrorTag('DatabaseError', () =>
        Effect.sync(() => deps.supervisor.send({ type: 'account.loadFailed', accountId }))
      )
    )
    start(deps, record)
    return yield* viewOf(deps, record)
    // Whoever asked may go away in the middle: the account would stay stopped.
  }, Effect.uninterruptible)

/** What an account is told after its proxy was changed: its connection ends, and the next one takes the new way. */
const proxyChanged = (at: number): ConnectionEvent => {
  const end = { source: 'server', code: OWN_CODES.proxyChanged } as const
  const { reason, verdict } = disconnectRow(end)
  return { type: 'socket.closed', verdict, disconnect: { ...end, condition: null, reason, at } }
}

const setProxy = (deps: AccountsDeps) =>
  Effect.fn('Accounts.setProxy')(function* (accountId: string, proxy: string | null) {
    const record = yield* readStaying(deps, accountId)
    yield* deps.proxies.set(accountId, proxy)
    const actor = actorOf(deps, accountId)
    const snapshot = actor?.getSnapshot()
    if (snapshot?.matches('session')) actor?.send(proxyChanged(yield* Clock.currentTimeMillis))
    else if (snapshot?.matches('reconnecting')) actor?.send({ type: 'command.connect' })
    return yield* viewOf(deps, record)
  })

const remove = (deps: AccountsDeps) => {
  const removeNow = Effect.fnUntraced(function* (accountId: string) {
    yield* logOut(deps, accountId)
    deps.supervisor.send({ type: 'account.stop', accountId })
    // What is still ending would write after the account was removed: a socket its last credentials, a worker its last rows.
    yield* deps.whatsapp.closed(accountId)
    yield* deps.bridge.ended(accountId)
    yield* deps.records.remove(accountId)
    yield* deps.memory.forget(accountId)
    yield* Effect.orDie(deps.vault.erase(accountId))
    // The account is removed even if its files cannot be deleted now: the hourly upkeep deletes them later.
    yield* deps.media.removeOrphans.pipe(
      Effect.catch(() => Effect.logWarning('The files of a removed account could not be deleted yet'))
    )
  })
  return Effect.fn('Accounts.remove')(function* (accountId: string) {
    yield* readStaying(deps, accountId)
    deps.supervisor.send({ type: 'account.removing', accountId })
    yield* Effect.ensuring(
      removeNow(accountId),
      Effect.sync(() => deps.supervisor.send({ type: 'account.removalEnded', accountId }))
    )
    // Whoever asked may go away in the middle.
  }, Effect.uninterruptible)
}

const LOGOUT_TIMEOUT_MS = 5000

/** Unlinks the device if it is online. Best effort: a device that cannot be unlinked now can be removed on the phone. */
const logOut = (deps: AccountsDeps, accountId: string): Effect.Effect<void> => {
  const actor = actorOf(deps, accountId)
  if (actor === undefined || !actor.getSnapshot().hasTag('online')) return Effect.void
  return Effect.tryPromise(() => {
    actor.send({ type: 'command.logout' })
    return waitFor(actor, snapshot => snapshot.hasTag('ended'), { timeout: LOGOUT_TIMEOUT_MS })
  }).pipe(Effect.ignore)
}
