// Transactions that wait for their turn share a commit: each is written or not, as a whole, and goes on only once it is.
import { DatabaseSync } from 'node:sqlite'
import { Deferred, Effect, Exit, Fiber, Latch } from 'effect'
import { SqlClient } from 'effect/sql'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { thorough } from '../../thorough.ts'
import { SqlBulk } from '../../../src/services/database/bulk.ts'
import { OpenTransaction } from '../../../src/services/database/open-transaction.ts'
import { CommitsLater, SharesCommit } from '../../../src/services/database/transaction.ts'
import { failure } from '../../../src/services/database/sqlite/connection.ts'
import { makeGroupCommit } from '../../../src/services/database/sqlite/group-commit.ts'
import { NO_LOG } from '../../../src/services/database/sqlite/log-flush.ts'
import { makeWriteTurns, turnsMemory } from '../../../src/services/database/sqlite/write-turns.ts'
import { onNumbersFile } from './numbers-file.ts'

const AT_ONCE = { concurrency: 'unbounded' } as const

/** Runs on a new file with a table of numbers; `seen` reads them through a connection of its own. */
const onFile = <A, E>(
  program: (
    seen: () => ReadonlyArray<number>
  ) => Effect.Effect<A, E, SqlClient.SqlClient | SqlBulk | OpenTransaction>
): Promise<A> =>
  onNumbersFile('n INTEGER PRIMARY KEY, author TEXT', file =>
    Effect.gen(function* () {
      using other = new DatabaseSync(file, { readOnly: true })
      const all = other.prepare('SELECT n FROM numbers ORDER BY n')
      return yield* program(() => all.all().map(({ n }) => Number(n)))
    })
  )

const insert = (n: number, author = 'nobody') =>
  Effect.flatMap(SqlClient.SqlClient, sql => sql`INSERT INTO numbers (n, author) VALUES (${n}, ${author})`)

/** A second number, or a failure. */
const second = (n: number): Effect.Effect<unknown, unknown, SqlClient.SqlClient> =>
  n % 4 === 0 ? Effect.fail('no') : insert(1000 + n)

const inTransaction = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.flatMap(SqlClient.SqlClient, sql => sql.withTransaction(work))

/** What begins while this work is done has to queue. */
const holding = <A, E, R>(
  started: Deferred.Deferred<void>,
  until: Deferred.Deferred<void>,
  work: Effect.Effect<A, E, R>
) =>
  inTransaction(
    Effect.andThen(work, Effect.andThen(Deferred.succeed(started, undefined), Deferred.await(until)))
  )

const written = (n: number): Effect.Effect<unknown, unknown, SqlClient.SqlClient> =>
  n % 3 === 0 ? insert(n) : inTransaction(insert(n))

test('whoever goes on can rely on the disk: another connection sees what it has written', () =>
  onFile(seen =>
    Effect.forEach(
      Array.from({ length: 200 }, (_, n) => n),
      n => Effect.map(written(n), () => expect(seen()).toContain(n)),
      AT_ONCE
    )
  ))

test('those that queue share commits, up to a bound', async () => {
  const statements: Array<string> = []
  const groups = makeGroupCommit(
    {
      control: statement => Effect.sync(() => void statements.push(statement)),
      isOpen: () => statements.at(-1) !== 'COMMIT',
      begin: 'BEGIN',
      ended: () => failure(new Error('It has ended'), 'commit'),
      log: NO_LOG,
      turns: makeWriteTurns(turnsMemory(), 'main')
    },
    { mostMembers: 32, longestMs: Infinity, companyMs: 0 }
  )
  const member = Effect.scoped(
    Effect.flatMap(groups.turn, turn =>
      turn.begin.pipe(Effect.andThen(Effect.yieldNow), Effect.andThen(turn.commit))
    )
  )
  await Effect.runPromise(
    Effect.all(
      Array.from({ length: 100 }, () => member),
      AT_ONCE
    )
  )
  expect(statements.filter(text => text === 'BEGIN')).toHaveLength(4)
  expect(statements.filter(text => text === 'COMMIT')).toHaveLength(4)
})

test('one that fails takes nothing of the others with it', () =>
  onFile(seen =>
    Effect.gen(function* () {
      const exits = yield* Effect.forEach(
        Array.from({ length: 100 }, (_, n) => n),
        n => Effect.exit(inTransaction(Effect.andThen(insert(n), second(n)))),
        AT_ONCE
      )
      const kept = exits.flatMap((exit, n) => (Exit.isSuccess(exit) ? [n] : []))
      expect(kept).toHaveLength(75)
      expect(seen()).toEqual([...kept, ...kept.map(n => 1000 + n)])
    })
  ))

test('once SQLite has ended a transaction, nothing of it is written, also by a part that goes on after the error', () =>
  onFile(seen =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const bulk = yield* SqlBulk
      const going = inTransaction(
        Effect.gen(function* () {
          yield* insert(1)
          // As a full disk may do.
          yield* sql.unsafe('ROLLBACK /* by SQLite */')
          yield* Effect.ignore(insert(2))
          yield* Effect.ignore(bulk.runMany('INSERT INTO numbers (n) VALUES (?)', [[3]]))
        })
      )
      expect(yield* Effect.flip(going)).toMatchObject({ _tag: 'SqlError' })
      expect(seen()).toEqual([])
      yield* written(4)
      expect(seen()).toEqual([4])
    })
  ))

test('nobody outside a transaction reads what is not committed', () =>
  onFile(() =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const [started, until] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const writing = yield* Effect.forkChild(holding(started, until, insert(1)), { startImmediately: true })
      yield* Deferred.await(started)
      expect(yield* sql`SELECT n FROM numbers`).toEqual([])
      yield* Deferred.succeed(until, undefined)
      yield* Fiber.join(writing)
      expect(yield* sql`SELECT n FROM numbers`).toEqual([{ n: 1 }])
    })
  ))

test('one that is interrupted in the queue leaves nobody waiting', () =>
  onFile(seen =>
    Effect.gen(function* () {
      const [started, until] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const first = yield* Effect.forkChild(holding(started, until, insert(1)), { startImmediately: true })
      yield* Deferred.await(started)
      const second = yield* Effect.forkChild(inTransaction(insert(2)), { startImmediately: true })
      const third = yield* Effect.forkChild(inTransaction(insert(3)), { startImmediately: true })
      yield* Deferred.succeed(until, undefined)
      yield* Fiber.interrupt(third)
      yield* Fiber.join(first)
      yield* Fiber.join(second)
      expect(seen()).toEqual([1, 2])
    })
  ))

test('a long one has a commit of its own', () =>
  onFile(seen =>
    Effect.gen(function* () {
      const [started, until] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const [short, slow] = [
        yield* Effect.forkChild(inTransaction(insert(1)), { startImmediately: true }),
        yield* Effect.forkChild(
          Effect.provideService(holding(started, until, insert(2)), SharesCommit, false),
          {
            startImmediately: true
          }
        )
      ]
      yield* Fiber.join(short)
      yield* Deferred.await(started)
      expect(seen()).toEqual([1])
      yield* Deferred.succeed(until, undefined)
      yield* Fiber.join(slow)
      expect(seen()).toEqual([1, 2])
    })
  ))

/** Groups on no database, for as long as nobody comes; what they would have run, and members. */
const inCompany = (companyMs: number) => {
  const statements: Array<string> = []
  const groups = makeGroupCommit(
    {
      control: statement => Effect.sync(() => void statements.push(statement)),
      isOpen: () => statements.lastIndexOf('BEGIN') > statements.lastIndexOf('COMMIT'),
      begin: 'BEGIN',
      ended: () => failure(new Error('It has ended'), 'commit'),
      log: NO_LOG,
      turns: makeWriteTurns(turnsMemory(), 'main')
    },
    { mostMembers: 32, longestMs: Infinity, companyMs }
  )
  const ending = (end: 'commit' | 'rollback', before = Effect.void) =>
    Effect.scoped(
      Effect.flatMap(groups.turn, turn => Effect.andThen(Effect.andThen(turn.begin, before), turn[end]))
    )
  const later = <A, E, R>(work: Effect.Effect<A, E, R>) =>
    Effect.provideService(work, CommitsLater, () => true)
  return {
    statements,
    hurry: groups.hurry,
    now: ending('commit'),
    nowAfter: (before: Effect.Effect<void>) => ending('commit', before),
    failing: ending('rollback'),
    later: later(ending('commit')),
    laterAfter: (before: Effect.Effect<void>) => later(ending('commit', before))
  }
}
const FOR_GOOD = 1_000_000_000

test.each([
  ['the next, with which nobody waits', 'now', ['SAVEPOINT member', 'RELEASE member', 'COMMIT']],
  [
    'the next, although that fails',
    'failing',
    ['SAVEPOINT member', 'ROLLBACK TO member', 'RELEASE member', 'COMMIT']
  ]
] as const)('one that may wait is committed with %s', async (_, next, expected) => {
  const company = inCompany(FOR_GOOD)
  await Effect.runPromise(
    Effect.gen(function* () {
      const waiting = yield* Effect.forkChild(company.later, { startImmediately: true })
      expect(company.statements).toEqual(['BEGIN'])
      yield* company[next]
      yield* Fiber.join(waiting)
    })
  )
  expect(company.statements).toEqual(['BEGIN', ...expected])
})

test('one that may wait is committed before one that has a commit of its own, when it is hurried, or soon by itself', async () => {
  const company = inCompany(FOR_GOOD)
  await Effect.runPromise(
    Effect.gen(function* () {
      const first = yield* Effect.forkChild(company.later, { startImmediately: true })
      yield* Effect.provideService(company.now, SharesCommit, false)
      yield* Fiber.join(first)
      const second = yield* Effect.forkChild(company.later, { startImmediately: true })
      company.hurry()
      yield* Fiber.join(second)
      yield* inCompany(1).later
    })
  )
  expect(company.statements).toEqual(['BEGIN', 'COMMIT', 'BEGIN', 'COMMIT', 'BEGIN', 'COMMIT'])
})

test('nobody who may not wait waits for company: neither with one behind that may, nor when hurried while another is in the middle', async () => {
  const company = inCompany(FOR_GOOD)
  await Effect.runPromise(
    Effect.gen(function* () {
      const begun = { startImmediately: true }
      const [one, other] = [yield* Latch.make(), yield* Latch.make()]
      const urgent = yield* Effect.forkChild(company.nowAfter(one.await), begun)
      const behind = yield* Effect.forkChild(company.later, begun)
      yield* one.open
      yield* Fiber.join(urgent)
      yield* Fiber.join(behind)

      const hurried = yield* Effect.forkChild(company.later, begun)
      const inTheMiddle = yield* Effect.forkChild(company.laterAfter(other.await), begun)
      company.hurry()
      yield* other.open
      yield* Fiber.join(hurried)
      yield* Fiber.join(inTheMiddle)
    })
  )
  const shared = ['BEGIN', 'SAVEPOINT member', 'RELEASE member', 'COMMIT']
  expect(company.statements).toEqual([...shared, ...shared])
})

test('whatever comes together, what was told to be written is written, and nothing else', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.constantFrom('plain', 'transaction', 'nested', 'failing', 'interrupted', 'own commit', 'later'),
        {
          minLength: 1,
          maxLength: 60
        }
      ),
      async kinds => {
        await onFile(seen =>
          Effect.gen(function* () {
            const work = (kind: string, n: number): Effect.Effect<unknown, unknown, SqlClient.SqlClient> => {
              if (kind === 'plain') return insert(n)
              if (kind === 'nested') {
                const inner = inTransaction(Effect.andThen(insert(10_000 + n), Effect.fail('inner')))
                return inTransaction(Effect.andThen(insert(n), Effect.ignore(inner)))
              }
              const failing = kind === 'failing' ? Effect.fail('outer') : Effect.yieldNow
              const writing = inTransaction(Effect.andThen(insert(n), failing))
              if (kind === 'later') return Effect.provideService(writing, CommitsLater, () => true)
              return kind === 'own commit' ? Effect.provideService(writing, SharesCommit, false) : writing
            }
            const fibers = yield* Effect.forEach(kinds, (kind, n) => Effect.forkChild(work(kind, n)))
            yield* Effect.yieldNow
            const exits = yield* Effect.forEach(
              fibers,
              (fiber, n) =>
                kinds[n] === 'interrupted'
                  ? Effect.andThen(Fiber.interrupt(fiber), Fiber.await(fiber))
                  : Fiber.await(fiber),
              AT_ONCE
            )
            const there = new Set(seen())
            for (const [n, exit] of exits.entries()) {
              // One that is interrupted may have been done before.
              if (kinds[n] !== 'interrupted' || Exit.isSuccess(exit))
                expect(there.has(n)).toBe(Exit.isSuccess(exit))
              there.delete(n)
            }
            expect([...there]).toEqual([])
          })
        )
      }
    ),
    { numRuns: thorough(25, 500) }
  ))

describe('whoever remembers what is in the database is told how each transaction has ended', () => {
  const told: Array<string> = []
  const remembers = (key: string) =>
    Effect.map(OpenTransaction, ({ onEnd }) => onEnd(key, how => told.push(`${key} ${how}`)))
  const toldOf = (program: Effect.Effect<unknown, unknown, SqlClient.SqlClient | OpenTransaction>) =>
    Effect.suspend(() => {
      told.length = 0
      return Effect.map(Effect.exit(program), () => [...told])
    })

  test('once for each key, and at once outside of any', () =>
    onFile(() =>
      Effect.gen(function* () {
        const twice = inTransaction(Effect.zip(remembers('a'), remembers('a')))
        expect(yield* twice).toEqual([true, false])
        expect(yield* toldOf(inTransaction(Effect.andThen(insert(1), remembers('a'))))).toEqual([
          'a committed'
        ])
        expect(yield* toldOf(remembers('b'))).toEqual(['b committed'])
      })
    ))

  test('that its changes, or a part of them, were undone', () =>
    onFile(() =>
      Effect.gen(function* () {
        const failing = inTransaction(Effect.andThen(remembers('a'), Effect.fail('no')))
        expect(yield* toldOf(failing)).toEqual(['a undone'])
        const part = Effect.ignore(inTransaction(Effect.fail('no')))
        const partly = inTransaction(Effect.andThen(remembers('a'), part))
        expect(yield* toldOf(partly)).toEqual(['a partlyUndone', 'a committed'])
      })
    ))

  test('each of those that share a commit; who is undone takes nobody along', () =>
    onFile(() =>
      Effect.gen(function* () {
        const waiting = inTransaction(Effect.andThen(insert(1), remembers('a')))
        const joined = Effect.gen(function* () {
          const first = yield* Effect.forkChild(Effect.provideService(waiting, CommitsLater, () => true))
          yield* Effect.yieldNow
          const second = inTransaction(Effect.andThen(insert(2), remembers('b')))
          const undone = inTransaction(Effect.andThen(remembers('c'), Effect.fail('no')))
          yield* Effect.all([second, Effect.exit(undone), Fiber.join(first)], AT_ONCE)
        })
        const all = yield* toldOf(joined)
        expect(all.toSorted()).toEqual(['a committed', 'b committed', 'c undone'])
      })
    ))
})
