// The root actor: supervises all account actors and is the one who provides the `Accounts` service.
import { Clock, Effect, Layer, PubSub, Stream } from 'effect'
import { createActor, waitFor } from 'xstate'
import type { AccountRecord, AccountState } from '../domain/account.ts'
import { newAccountId } from '../domain/ids.ts'
import type { AccountInput } from '../machines/account.ts'
import { supervisorMachine } from '../machines/supervisor.ts'
import {
  type AccountMove,
  AccountNotFound,
  Accounts,
  type AccountView,
  CommandRefused
} from '../services/accounts.ts'
import { History } from '../services/history/chunks/worker.ts'
import { Media } from '../services/media/media.ts'
import { Incidents } from '../services/incidents/incidents.ts'
import { Inspection } from '../services/telemetry/inspection.ts'
import { count, noteStates } from '../services/telemetry/metrics.ts'
import { Conversations } from '../services/conversations/apply.ts'
import { Store } from '../services/conversations/store.ts'
import { Vault } from '../services/vault/vault.ts'
import { WhatsApp } from '../services/whatsapp/whatsapp.ts'
import { type AccountDelays, type AccountServices, makeAccountLogic } from './account.ts'
import { makeEffectBridge } from './effect-bridge.ts'
import { makeObserver } from './watch/observer.ts'
import { isState, leafOf } from './watch/seen.ts'

export interface RootOptions extends AccountDelays {
  /** Pause between the starts of two accounts when the server starts. */
  readonly startPaceMs: number
}

const LOGOUT_TIMEOUT_MS = 5000
/** Changes of state that a slow subscriber may be behind. */
const MOST_UNREAD = 1000

const inputOf = (record: AccountRecord): AccountInput => ({
  accountId: record.accountId,
  linked: record.jid !== null && record.ended !== 'loggedOut',
  wanted: record.wanted,
  ended: record.ended,
  lastDisconnect: record.lastDisconnect
})

/** The state of an account that waits for its turn when the server starts. */
const stateBefore = ({ ended, jid, wanted }: AccountRecord): AccountState =>
  ended ?? (wanted && jid !== null ? 'connecting' : 'stopped')

export const layer = (
  options: RootOptions
): Layer.Layer<Accounts, never, AccountServices | Inspection | Vault> =>
  Layer.effect(
    Accounts,
    Effect.gen(function* () {
      const store = yield* Store
      const vault = yield* Vault
      const history = yield* History
      const whatsapp = yield* WhatsApp
      const conversations = yield* Conversations
      const media = yield* Media
      const context = yield* Effect.context<never>()
      const bridge = yield* makeEffectBridge<AccountServices>()
      const accountLogic = makeAccountLogic(bridge, options, () =>
        Effect.runSyncWith(context)(whatsapp.openingDelayMs)
      )

      const load = (accountId: string) =>
        store.readAccount(accountId).pipe(
          Effect.tap(record =>
            Effect.sync(() => record && root.send({ type: 'account.start', input: inputOf(record) }))
          ),
          Effect.catch(error =>
            // The facts cannot be read now: the same restart is due a little later.
            Effect.andThen(
              Effect.logError('An account could not be loaded', error),
              Effect.sync(() =>
                setTimeout(() => root.send({ type: 'account.restartDue', accountId }), 5000).unref()
              )
            )
          ),
          Effect.asVoid
        )

      const incident = (
        accountId: string,
        severity: 'warning' | 'error',
        happened: string,
        did: string,
        advice: string
      ) =>
        Incidents.use(incidents =>
          incidents.report({
            accountId,
            kind: 'account.crashed',
            severity,
            subject: accountId,
            happened,
            did,
            advice
          })
        )

      const moves = yield* PubSub.sliding<AccountMove>(MOST_UNREAD)
      let isCountDue = false
      /** Once for all moves of a moment: in an outage every account moves in the same one. */
      const countSoon = (all: ReadonlyMap<string, AccountState>): void => {
        if (isCountDue) return
        isCountDue = true
        bridge.run(
          Effect.andThen(
            Effect.yieldNow,
            Effect.suspend(() => {
              isCountDue = false
              return noteStates(all.values())
            })
          )
        )
      }
      const observer = makeObserver({
        onMove: (from, { accountId, code, state }, all) => {
          countSoon(all)
          bridge.run(
            Effect.gen(function* () {
              const at = yield* Clock.currentTimeMillis
              yield* PubSub.publish(moves, { accountId, state, from: from ?? null, at })
              if (from !== undefined) yield* count.transition(from, state)
              if (state === 'reconnecting' && code !== null) yield* count.reconnect(code)
              yield* Effect.logDebug('An account changed its state').pipe(
                Effect.annotateLogs({ accountId, from: from ?? '', to: state })
              )
            })
          )
        },
        onUnexpected: (accountId, event, state) =>
          bridge.run(
            Effect.andThen(
              count.unexpected(event, state),
              Effect.logWarning('An account had no use for an event').pipe(
                Effect.annotateLogs({ accountId, event, state })
              )
            )
          )
      })

      const root = createActor(
        supervisorMachine.provide({
          actors: { account: accountLogic },
          actions: {
            loadAndStart: (_, { accountId }) => bridge.run(load(accountId)),
            reportCrash: (_, { accountId, error }) =>
              bridge.run(
                Effect.andThen(
                  count.restart('crash'),
                  Effect.andThen(
                    Effect.logError('An account actor crashed', error).pipe(
                      Effect.annotateLogs({ accountId })
                    ),
                    incident(
                      accountId,
                      'warning',
                      'The account crashed',
                      'It was restarted; the other accounts were not touched',
                      'Nothing, unless it happens again: then report it with the log'
                    )
                  )
                )
              ),
            giveUp: (_, { accountId }) =>
              bridge.run(
                Effect.gen(function* () {
                  yield* store
                    .updateAccount(accountId, { ended: 'failed' })
                    .pipe(
                      Effect.catch(error => Effect.logError('That an account failed cannot be stored', error))
                    )
                  yield* incident(
                    accountId,
                    'error',
                    'The account crashed again and again',
                    'It was stopped and waits in state failed',
                    'Report it with the log; POST …/restart tries again'
                  )
                  yield* load(accountId)
                })
              )
          }
        }),
        { inspect: observer.inspect }
      )
      yield* Effect.acquireRelease(
        Effect.sync(() => root.start()),
        () => Effect.sync(() => root.stop())
      )
      // Loaded by the first who watches: most servers are never watched.
      const system = Effect.promise(() => import('./watch/inspection.ts')).pipe(
        Effect.map(({ inspectedSystem }) => inspectedSystem(root))
      )
      yield* Inspection.use(inspection => inspection.offer(system))

      const actorOf = (accountId: string) => root.getSnapshot().children[accountId]

      const view = Effect.fnUntraced(function* (record: AccountRecord) {
        const snapshot = actorOf(record.accountId)?.getSnapshot()
        const leaf = snapshot === undefined ? stateBefore(record) : leafOf(snapshot.value)
        const account: AccountView = {
          record,
          state: isState(leaf) ? leaf : 'connecting',
          tags: snapshot === undefined ? [] : [...snapshot.tags],
          lastDisconnect: snapshot === undefined ? record.lastDisconnect : snapshot.context.lastDisconnect,
          offer: snapshot?.context.offer ?? null,
          reconnectAttempts: snapshot?.context.attempts ?? 0,
          history: yield* history.progress(record.accountId)
        }
        return account
      })

      const known = (accountId: string) =>
        Effect.filterOrFail(
          store.readAccount(accountId),
          record => record !== undefined,
          () => new AccountNotFound({ accountId })
        )

      const create = Effect.fn('Accounts.create')(function* (name: string) {
        const record: AccountRecord = {
          accountId: newAccountId(),
          name,
          createdAt: yield* Clock.currentTimeMillis,
          wanted: false,
          jid: null,
          lid: null,
          ended: null,
          lastDisconnect: null,
          restriction: null,
          linkedAt: null,
          onlineAt: null
        }
        yield* store.createAccount(record)
        root.send({ type: 'account.start', input: inputOf(record) })
        return yield* view(record)
      })

      const send: Accounts['Service']['send'] = Effect.fn('Accounts.send')(function* (accountId, command) {
        const record = yield* known(accountId)
        yield* Effect.annotateCurrentSpan({ accountId, 'messaging.operation.name': command.type })
        // Right after the server's start it may still wait for its turn.
        if (actorOf(accountId) === undefined) root.send({ type: 'account.start', input: inputOf(record) })
        const actor = actorOf(accountId)
        const refused = (state: string) =>
          new CommandRefused({ command: command.type.replace('command.', ''), state })
        if (actor === undefined) return yield* refused(record.ended ?? 'stopped')
        const snapshot = actor.getSnapshot()
        if (!snapshot.can(command)) return yield* refused(leafOf(snapshot.value))
        const span = yield* Effect.orElseSucceed(Effect.currentSpan, () => undefined)
        bridge.onBehalfOf(span, () => actor.send(command))
        return yield* view(record)
      })

      const restart = Effect.fn('Accounts.restart')(function* (accountId: string) {
        const { ended, jid } = yield* known(accountId)
        if (ended === 'failed') yield* store.updateAccount(accountId, { ended: null, wanted: jid !== null })
        root.send({ type: 'account.stop', accountId })
        yield* count.restart('command')
        yield* whatsapp.closed(accountId)
        const record = yield* known(accountId)
        root.send({ type: 'account.start', input: inputOf(record) })
        return yield* view(record)
      })

      const remove = Effect.fn('Accounts.remove')(function* (accountId: string) {
        yield* known(accountId)
        const actor = actorOf(accountId)
        if (actor?.getSnapshot().hasTag('online') === true) {
          actor.send({ type: 'command.logout' })
          // Best effort: a device that cannot be unlinked now can be removed on the phone.
          yield* Effect.tryPromise(() =>
            waitFor(actor, snapshot => snapshot.hasTag('ended'), { timeout: LOGOUT_TIMEOUT_MS })
          ).pipe(Effect.ignore)
        }
        root.send({ type: 'account.stop', accountId })
        observer.forget(accountId)
        // A socket that is still closing would write its last credentials after they were erased.
        yield* whatsapp.closed(accountId)
        yield* store.removeAccount(accountId)
        yield* conversations.forget(accountId)
        yield* vault.erase(accountId).pipe(Effect.orDie)
        // The account is gone whatever becomes of its files: the hourly upkeep removes what cannot be removed now.
        yield* media.removeOrphans.pipe(
          Effect.catch(() => Effect.logWarning('The files of a removed account are still there'))
        )
      })

      // Every stored account comes back by itself, one after the other.
      const records = yield* store.listAccounts.pipe(Effect.orDie)
      yield* Effect.forkScoped(
        Effect.forEach(
          records,
          record =>
            Effect.andThen(
              Effect.sync(() => root.send({ type: 'account.start', input: inputOf(record) })),
              record.wanted ? Effect.sleep(options.startPaceMs) : Effect.void
            ),
          { discard: true }
        )
      )

      return Accounts.of({
        create,
        list: Effect.flatMap(store.listAccounts, found => Effect.forEach(found, view)),
        state: accountId => Effect.flatMap(known(accountId), view),
        moves: Stream.fromPubSub(moves),
        send,
        restart,
        remove
      })
    })
  )
