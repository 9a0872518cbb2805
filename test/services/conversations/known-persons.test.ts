// What is remembered of whose an address is: only what is committed, and within a transaction what that has written.
import { join } from 'node:path'
import { Deferred, Effect, Fiber, Layer, ManagedRuntime } from 'effect'
import { SqlClient } from 'effect/sql'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../../harness/server-process.ts'
import { TABLES } from '../../../src/app/tables.ts'
import { newAccount } from '../../../src/domain/account.ts'
import type { Fact } from '../../../src/domain/fact.ts'
import { AccountStore } from '../../../src/services/conversations/account-store.ts'
import { Conversations } from '../../../src/services/conversations/apply.ts'
import { Identity } from '../../../src/services/conversations/identity.ts'
import * as NodeSqlite from '../../../src/services/database/sqlite/node-sqlite.ts'
import { Tables } from '../../../src/services/database/tables.ts'
import { CommitsLater, Transaction } from '../../../src/services/database/transaction.ts'
import { WriterBeside } from '../../../src/services/database/writer-beside.ts'
import { EventLog } from '../../../src/services/events/event-log.ts'
import { AccountMemory } from '../../../src/services/process/account-memory.ts'
import { Wakes } from '../../../src/services/process/wakes.ts'
import { onDatabase, runtimeOn } from '../database.ts'
import { ACCOUNT, ANN, ANN_LID, apply, message, T0, threads } from './facts.ts'

type Runtime = ReturnType<typeof runtimeOn>
type Services = ManagedRuntime.ManagedRuntime.Services<Runtime>

const created = AccountStore.use(store =>
  store.create(newAccount({ accountId: ACCOUNT, name: 'Shop', createdAt: 1 }))
)
const personOf = (jid: string) => Identity.use(identity => identity.find(ACCOUNT, jid))
const addresses = Effect.flatMap(
  SqlClient.SqlClient,
  sql => sql<{ jid: string; person: string }>`SELECT jid, person FROM addresses ORDER BY jid`
)

/** On a file, which is read beside the transactions. */
const onFile = async <A, E>(program: (file: string) => Effect.Effect<A, E, Services>): Promise<A> => {
  const folder = temporaryFolder()
  const file = join(folder.path, 'backscroll.db')
  const runtime = runtimeOn(file)
  try {
    return await runtime.runPromise(Effect.andThen(created, program(file)))
  } finally {
    await runtime.dispose()
    folder.remove()
  }
}

const onePerson: Fact = { kind: 'samePerson', phoneJid: ANN, lidJid: ANN_LID, at: T0 }
const underLid = { chat: { jid: ANN_LID }, sender: { jid: ANN_LID } }
const others = (count: number): ReadonlyArray<Fact> =>
  Array.from({ length: count }, (_, n) => {
    const jid = `49${n}5@s.whatsapp.net`
    return message(`M${n}`, { chat: { jid }, sender: { jid } })
  })

test.each([0, 3, 20, 150])(
  'one person stays one although somebody asks whose the LID is while two become one, with %i more facts',
  count =>
    onFile(() =>
      Effect.gen(function* () {
        yield* apply(message('A'))
        yield* apply(message('B', underLid))
        const asking = yield* Effect.forkChild(
          Effect.forever(Effect.andThen(personOf(ANN_LID), Effect.yieldNow))
        )
        yield* apply(onePerson, ...others(count))
        yield* Fiber.interrupt(asking)
        yield* apply(message('C', { ...underLid, timestamp: T0 + 1000 }))
        expect(yield* personOf(ANN_LID)).toBe(ANN)
        const theirs = (yield* threads).filter(({ clientJid }) => [ANN, ANN_LID].includes(clientJid))
        expect(theirs.map(({ clientJid }) => clientJid)).toEqual([ANN])
      })
    )
)

test('a transaction that shares the commit of another one knows what that has written', () =>
  onFile(() =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const identity = yield* Identity
      yield* apply(message('A'))
      yield* apply(message('B', underLid))
      const linking = sql.withTransaction(identity.link(ACCOUNT, { phoneJid: ANN, lidJid: ANN_LID, at: T0 }))
      const first = yield* Effect.forkChild(Effect.provideService(linking, CommitsLater, () => true))
      yield* Effect.yieldNow
      const found = yield* sql.withTransaction(
        Effect.andThen(identity.resolve(ACCOUNT, { jid: ANN_LID }), personOf(ANN_LID))
      )
      yield* Fiber.join(first)
      expect([found, yield* personOf(ANN_LID)]).toEqual([ANN, ANN])
    })
  ))

test('somebody outside is told what is committed', () =>
  onFile(() =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const identity = yield* Identity
      yield* apply(message('A'))
      yield* apply(message('B', underLid))
      const linked = yield* Deferred.make<void>()
      const goes = yield* Deferred.make<void>()
      const failing = Effect.gen(function* () {
        yield* identity.link(ACCOUNT, { phoneJid: ANN, lidJid: ANN_LID, at: T0 })
        const within = yield* identity.resolve(ACCOUNT, { jid: ANN_LID })
        yield* Deferred.succeed(linked, undefined)
        yield* Deferred.await(goes)
        return yield* Effect.fail(within)
      })
      const linking = yield* Effect.forkChild(Effect.flip(sql.withTransaction(failing)))
      yield* Deferred.await(linked)
      expect(yield* personOf(ANN_LID)).toBe(ANN_LID)
      yield* Deferred.succeed(goes, undefined)
      expect(yield* Fiber.join(linking)).toBe(ANN)
      expect(yield* personOf(ANN_LID)).toBe(ANN_LID)
    })
  ))

test('who is met outside of any transaction is whoever is stored by then', () =>
  onFile(() =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const identity = yield* Identity
      yield* apply(message('A'))
      const begun = yield* Deferred.make<void>()
      const goes = yield* Deferred.make<void>()
      const link = identity.link(ACCOUNT, { phoneJid: ANN, lidJid: ANN_LID, at: T0 })
      const held = Effect.andThen(Deferred.succeed(begun, undefined), Deferred.await(goes))
      const linking = yield* Effect.forkChild(sql.withTransaction(Effect.andThen(held, link)))
      yield* Deferred.await(begun)
      const meeting = yield* Effect.forkChild(identity.resolve(ACCOUNT, { jid: ANN_LID }), {
        startImmediately: true
      })
      yield* Deferred.succeed(goes, undefined)
      yield* Fiber.join(linking)
      expect(yield* Fiber.join(meeting)).toBe(ANN)
      expect((yield* addresses).map(({ person }) => person)).toEqual([ANN, ANN])
    })
  ))

describe('what a transaction wrote that was undone is not remembered', () => {
  const stored = Conversations.use(({ apply: store }) => store(ACCOUNT, [onePerson, message('A')]))
  const both = [
    { jid: ANN, person: ANN },
    { jid: ANN_LID, person: ANN }
  ]

  test('because of what followed in it', () =>
    onDatabase(
      Effect.gen(function* () {
        yield* created
        const transaction = yield* Transaction
        yield* Effect.ignore(transaction.run(Effect.andThen(stored, Effect.fail('the disk is full'))))
        expect(yield* personOf(ANN_LID)).toBeUndefined()
        yield* transaction.run(stored)
        expect(yield* addresses).toEqual(both)
      })
    ))

  test('because of a failure in a part of it', () =>
    onDatabase(
      Effect.gen(function* () {
        yield* created
        const sql = yield* SqlClient.SqlClient
        const transaction = yield* Transaction
        const part = sql.withTransaction(Effect.andThen(stored, Effect.fail('a poisoned item')))
        yield* transaction.run(Effect.andThen(Effect.ignore(part), stored))
        expect(yield* addresses).toEqual(both)
      })
    ))

  test('because the account was stopped', () =>
    onDatabase(
      Effect.gen(function* () {
        yield* created
        const transaction = yield* Transaction
        const reached = yield* Deferred.make<void>()
        const storing = yield* Effect.forkChild(
          transaction.run(
            Effect.andThen(stored, Effect.andThen(Deferred.succeed(reached, undefined), Effect.never))
          )
        )
        yield* Deferred.await(reached)
        yield* Fiber.interrupt(storing)
        yield* transaction.run(stored)
        expect(yield* addresses).toEqual(both)
      })
    ))

  test('and what is in memory and was stored before still is what it was', () =>
    onDatabase(
      Effect.gen(function* () {
        yield* created
        yield* apply(message('A'))
        yield* apply(message('B', underLid))
        const transaction = yield* Transaction
        yield* Effect.ignore(transaction.run(Effect.andThen(stored, Effect.fail('the disk is full'))))
        expect(yield* personOf(ANN_LID)).toBe(ANN_LID)
      })
    ))
})

test('the thread that stores history does not remember who was erased', () =>
  onFile(file =>
    Effect.gen(function* () {
      const { memory } = yield* WriterBeside
      const beside = ManagedRuntime.make(
        Identity.layer.pipe(
          Layer.provide(Tables.layer(TABLES)),
          Layer.provide(EventLog.layer),
          Layer.provide(Layer.mergeAll(Wakes.layer, AccountMemory.layer)),
          Layer.provide(NodeSqlite.layerBeside(file, memory))
        )
      )
      const resolvedBeside = Effect.promise(() =>
        beside.runPromise(Identity.use(identity => identity.resolve(ACCOUNT, { jid: ANN })))
      )
      yield* resolvedBeside
      const sql = yield* SqlClient.SqlClient
      const identity = yield* Identity
      const tables = yield* Tables
      yield* sql.withTransaction(
        Effect.andThen(
          tables.removePerson({ accountId: ACCOUNT, addresses: [ANN], threadIds: [] }),
          identity.forget(ACCOUNT)
        )
      )
      yield* resolvedBeside
      expect(yield* addresses).toEqual([{ jid: ANN, person: ANN }])
      yield* Effect.promise(() => beside.dispose())
    })
  ))
