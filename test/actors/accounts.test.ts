// The `Accounts` service on a real database, with work that never completes: no sockets, no HTTP.
import { Linking } from '../../src/services/events/linking.ts'
import { Deferred, Effect, Fiber, Layer, Stream } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import * as Root from '../../src/actors/root.ts'
import { Accounts } from '../../src/services/accounts.ts'
import { AccountStore } from '../../src/services/conversations/account-store.ts'
import { Backfill } from '../../src/services/history/backfill/backfill.ts'
import { History } from '../../src/services/history/chunks/worker.ts'
import { PeerMessages } from '../../src/services/history/peer-messages/peer-messages.ts'
import { Placeholders } from '../../src/services/history/placeholders/placeholders.ts'
import { Media } from '../../src/services/media/media.ts'
import { Outbox } from '../../src/services/outbox/outbox.ts'
import { AccountMemory } from '../../src/services/process/account-memory.ts'
import { Inspection } from '../../src/services/telemetry/inspection.ts'
import { AccountProxies } from '../../src/services/whatsapp/proxy/account-proxies.ts'
import { ClientVersion } from '../../src/services/whatsapp/version/client-version.ts'
import type { LinkedSession } from '../../src/services/whatsapp/transfer/session.ts'
import { SessionTransfer } from '../../src/services/whatsapp/transfer/transfer.ts'
import { WhatsApp } from '../../src/services/whatsapp/whatsapp.ts'
import { servicesOn } from '../services/database.ts'

/** What becomes of a connection that is to be closed. */
let closing: Effect.Effect<void> = Effect.void

const idle = {
  runOnce: () => Effect.succeed('idle' as const),
  wake: () => Effect.void,
  loop: () => Effect.never
}

const NO_PROGRESS = {
  chunksDone: 0,
  chunksPending: 0,
  chunksFailed: 0,
  messages: 0,
  percent: null,
  messagesPerSecond: 0,
  secondsLeft: 0
}

/** A phone that does not answer before this time. */
const SILENT_UNTIL = 5

const idleServices = Layer.mergeAll(
  Layer.mock(Backfill, { silentUntil: () => SILENT_UNTIL, noteAbsence: () => Effect.void }),
  Layer.mock(History, {
    chunks: idle,
    progress: () => Effect.succeed(NO_PROGRESS),
    busy: Effect.succeed([])
  }),
  Layer.mock(Media, { policy: 'none', downloads: idle, requests: idle, removeOrphans: Effect.void }),
  Layer.mock(Outbox, { sending: idle }),
  Layer.mock(PeerMessages, { asking: idle }),
  Layer.mock(Placeholders, { asking: idle }),
  Layer.mock(AccountProxies, { shown: () => Effect.succeed(null) }),
  Layer.mock(ClientVersion, { usedBy: () => Effect.succeed(null) }),
  Layer.mock(WhatsApp, {
    connect: () => Stream.never,
    closed: () => Effect.suspend(() => closing),
    lastContact: () => Effect.succeed({ lastHeardAt: null, lastSentAt: null }),
    openingDelayMs: Effect.succeed(0)
  })
)

const DELAYS = {
  takenBackWithinMs: 60_000,
  startPaceMs: 0,
  pairingTimeoutMs: 60_000,
  connectTimeoutMs: 60_000,
  reconnectMinMs: 60_000,
  reconnectMaxMs: 60_000
}

/** As it is read from the files of another server. */
const SESSION: LinkedSession = {
  jid: '1@s.whatsapp.net',
  lid: null,
  credentials: new Uint8Array([1]),
  keys: {},
  mark: { identity: 'i', digest: 'd', nextPreKeyId: 1 },
  taken: {},
  leftOut: {}
}

const withAccounts = <A, E>(
  program: (
    accounts: Accounts['Service']
  ) => Effect.Effect<A, E, Layer.Success<ReturnType<typeof servicesOn>>>
): Promise<A> =>
  Effect.runPromise(
    Effect.flatMap(Accounts, program).pipe(
      Effect.provide(
        Root.layer(DELAYS).pipe(
          Layer.provide(Linking.layer),
          Layer.provide([idleServices, SessionTransfer.layer, Inspection.layer({ on: false })]),
          Layer.provideMerge(servicesOn())
        )
      )
    )
  )

test('an account lives by its commands, and one that its state cannot serve is refused with the state', () =>
  withAccounts(accounts =>
    Effect.gen(function* () {
      const { record, state } = yield* accounts.create('One')
      expect(state).toBe('stopped')
      const refused = yield* Effect.flip(accounts.send(record.accountId, { type: 'command.connect' }))
      expect(refused).toMatchObject({ _tag: 'CommandRefused', command: 'connect', state: 'stopped' })

      const pairing = yield* accounts.send(record.accountId, {
        type: 'command.pair',
        pairing: { method: 'qr' }
      })
      expect(pairing).toMatchObject({ state: 'pairing', isLinked: false, offer: null })
      expect(yield* accounts.send(record.accountId, { type: 'command.disconnect' })).toMatchObject({
        state: 'stopped'
      })
    })
  ))

test('a view holds what is in force now: no restriction that has expired', () =>
  withAccounts(accounts =>
    Effect.gen(function* () {
      const accountStore = yield* AccountStore
      const { record } = yield* accounts.create('One')
      const restriction = { kind: 'reachout', reason: 'For a time', until: 1 } as const
      yield* accountStore.update(record.accountId, { restriction, jid: '1@s.whatsapp.net' })
      expect(yield* accounts.state(record.accountId)).toMatchObject({
        restriction: null,
        isLinked: true,
        phoneSilentUntil: SILENT_UNTIL
      })
      expect(yield* accounts.totals(record.accountId)).toMatchObject({ counts: { threads: 0, messages: 0 } })
    })
  ))

test('of an account that was removed nothing is left in memory', () =>
  withAccounts(accounts =>
    Effect.gen(function* () {
      const memory = yield* AccountMemory
      const { accountId } = (yield* accounts.create('One')).record
      const other = (yield* accounts.create('Other')).record
      expect(yield* memory.held(accountId)).toContain('actors.states')

      yield* accounts.remove(accountId)

      expect(yield* memory.held(accountId)).toEqual([])
      expect(yield* memory.held(other.accountId)).toContain('actors.states')
      expect(yield* Effect.flip(accounts.state(accountId))).toMatchObject({
        _tag: 'AccountNotFound',
        accountId
      })
    })
  ))

/** Holds up whoever waits for the connection to be closed; answers when somebody waits, and ends the wait. */
const heldClosing = Effect.gen(function* () {
  const isAsked = yield* Deferred.make<void>()
  const isClosed = yield* Deferred.make<void>()
  closing = Effect.andThen(Deferred.succeed(isAsked, undefined), Deferred.await(isClosed))
  const close = Effect.andThen(
    Effect.sync(() => (closing = Effect.void)),
    Deferred.succeed(isClosed, undefined)
  )
  return { asked: Deferred.await(isAsked), close }
})

test('an account that is restarted runs, also when whoever asked has gone', () =>
  withAccounts(accounts =>
    Effect.gen(function* () {
      const store = yield* AccountStore
      const { accountId } = (yield* accounts.create('One')).record
      yield* store.update(accountId, { jid: '1@s.whatsapp.net', wanted: true })
      const { asked, close } = yield* heldClosing
      const restarting = yield* Effect.forkChild(accounts.restart(accountId))
      yield* asked
      const going = yield* Effect.forkChild(Fiber.interrupt(restarting), { startImmediately: true })
      yield* close
      yield* Fiber.join(going)
      // Of one that is not running, the command would start it, and be refused before.
      expect(yield* accounts.send(accountId, { type: 'command.disconnect' })).toMatchObject({
        state: 'stopped'
      })
    })
  ))

test('an account that is being removed is not started again by a command, nor restarted', () =>
  withAccounts(accounts =>
    Effect.gen(function* () {
      const { accountId } = (yield* accounts.create('One')).record
      const { asked, close } = yield* heldClosing
      const removing = yield* Effect.forkChild(accounts.remove(accountId))
      yield* asked
      const notFound = { _tag: 'AccountNotFound', accountId }
      const pair = { type: 'command.pair', pairing: { method: 'qr' } } as const
      expect(yield* Effect.flip(accounts.send(accountId, pair))).toMatchObject(notFound)
      expect(yield* Effect.flip(accounts.restart(accountId))).toMatchObject(notFound)
      yield* close
      yield* Fiber.join(removing)
      expect(yield* Effect.flip(accounts.state(accountId))).toMatchObject(notFound)
    })
  ))

test('a session for the number of an account that is being removed is taken over into another one', () =>
  withAccounts(accounts =>
    Effect.gen(function* () {
      const store = yield* AccountStore
      const { accountId } = (yield* accounts.create('One')).record
      yield* store.update(accountId, { jid: SESSION.jid, ended: 'loggedOut' })
      const { asked, close } = yield* heldClosing
      const removing = yield* Effect.forkChild(accounts.remove(accountId))
      yield* asked
      const importing = yield* Effect.forkChild(accounts.takeOver(SESSION, { name: 'Two', again: false }), {
        startImmediately: true
      })
      yield* close
      yield* Fiber.join(removing)
      const numbers = Effect.map(store.list, all => all.map(({ jid }) => jid))
      while (!(yield* numbers).includes(SESSION.jid)) yield* Effect.yieldNow
      expect((yield* store.list).map(record => record.accountId)).not.toContain(accountId)
      yield* Fiber.interrupt(importing)
    })
  ))

test('what is known of an account is stored in its order, also when storing fails at first', () =>
  withAccounts(accounts =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const store = yield* AccountStore
      const { accountId } = (yield* accounts.create('One')).record
      yield* store.update(accountId, { jid: '1@s.whatsapp.net', wanted: false })
      yield* accounts.restart(accountId)
      yield* sql`CREATE TABLE written (wanted INTEGER)`
      yield* sql`CREATE TRIGGER noting AFTER UPDATE OF wanted ON accounts
        BEGIN INSERT INTO written VALUES (NEW.wanted); END`
      yield* sql`CREATE TRIGGER failing BEFORE UPDATE OF wanted ON accounts WHEN NEW.wanted = 1
        BEGIN SELECT RAISE(ABORT, 'no'); END`
      yield* accounts.send(accountId, { type: 'command.connect' })
      yield* accounts.send(accountId, { type: 'command.disconnect' })
      yield* sql`DROP TRIGGER failing`
      // The first is tried again, and the second waits for it.
      const written = sql<{ wanted: number }>`SELECT wanted FROM written`
      while ((yield* written).length < 2) yield* Effect.yieldNow
      expect((yield* written).map(({ wanted }) => wanted)).toEqual([1, 0])
    })
  ))
