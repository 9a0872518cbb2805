// What is committed is on the disk before anybody is told who waits for that; the event loop goes on meanwhile.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { Effect, Fiber } from 'effect'
import { SqlClient } from 'effect/sql'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../harness/server-process.ts'
import { Durability, untilDurable, WaitsForDisk } from '../../../src/services/database/durability.ts'
import { failure } from '../../../src/services/database/sqlite/connection.ts'
import { makeLogFlush } from '../../../src/services/database/sqlite/log-flush.ts'
import { onNumbersFile } from './numbers-file.ts'
import { watchFile } from '../../../src/services/database/sqlite/file-watch.ts'

/** A log whose flushes end when they are told to. */
const controlled = () => {
  const flushes: Array<{ readonly end: () => void; readonly fail: (cause: Error) => void }> = []
  const log = makeLogFlush(
    () => new Promise((end, fail) => void flushes.push({ end, fail })),
    cause => failure(cause, 'flush')
  )
  return { log, flushes }
}

/** Lets everything run that waits for nothing. */
const settle = () => new Promise(resolve => setImmediate(() => setImmediate(resolve)))

test('whoever waits is told when a flush has ended that began after the commit, in order, and never before', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom('commit', 'wait', 'end'), { maxLength: 60 }), async steps => {
      const { flushes, log } = controlled()
      let commits = 0
      let ended = 0
      /** For each flush, the commits that were made before it began. */
      const covered: Array<number> = []
      const noteBegun = () => {
        while (covered.length < flushes.length) covered.push(commits)
      }
      const waiting: Array<{ readonly commits: number; told: boolean }> = []
      const order: Array<number> = []
      for (const step of steps) {
        if (step === 'commit') {
          commits += 1
          log.committed()
        } else if (step === 'wait') {
          const waiter = { commits, told: false }
          const number = waiting.push(waiter) - 1
          log.whenDurable(() => {
            waiter.told = true
            order.push(number)
          })
        } else if (ended < flushes.length) flushes[ended++]!.end()
        await settle()
        noteBegun()
        const durable = ended === 0 ? 0 : covered[ended - 1]!
        expect(log.isDurable()).toBe(durable === commits)
        expect(waiting.map(({ told }) => told)).toEqual(waiting.map(waiter => waiter.commits <= durable))
      }
      expect(order).toEqual([...order].toSorted((a, b) => a - b))
      expect(flushes.length - ended).toBeLessThanOrEqual(1)
    })
  )
})

test('who asks again while others are told is told after them', async () => {
  const { flushes, log } = controlled()
  const told: Array<string> = []
  log.committed()
  log.whenDurable(() => {
    told.push('first')
    expect(log.isDurable()).toBe(false)
    log.whenDurable(() => told.push('asked by the first'))
  })
  log.whenDurable(() => told.push('second'))
  await settle()
  flushes[0]!.end()
  await settle()
  expect(told).toEqual(['first', 'second', 'asked by the first'])
  expect(log.isDurable()).toBe(true)
})

test('a disk that fails is told to everybody who waits, from then on, and nothing is durable any more', async () => {
  const { flushes, log } = controlled()
  const told: Array<unknown> = []
  log.committed()
  log.whenDurable(error => told.push(error?.reason.cause))
  const cause = new Error('EIO')
  await settle()
  flushes[0]!.fail(cause)
  await settle()
  log.committed()
  log.whenDurable(error => told.push(error?.reason.cause))
  expect(told).toEqual([cause, cause])
  expect(log.isDurable()).toBe(false)
})

test('a transaction waits for the disk, unless whoever runs it holds back what follows', () =>
  onNumbersFile('n INTEGER', file =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const durability = yield* Durability
      const insert = (n: number) => sql.withTransaction(sql`INSERT INTO numbers (n) VALUES (${n})`)
      for (let n = 0; n < 50; n += 1) {
        yield* insert(n)
        expect(durability.isDurable()).toBe(true)
        yield* Effect.provideService(insert(n), WaitsForDisk, false)
        expect(durability.isDurable()).toBe(false)
        expect(yield* sql`SELECT n FROM numbers WHERE n = ${n}`).toHaveLength(2)
        if (n % 2 === 0) yield* untilDurable(durability)
      }
      const fibers = yield* Effect.forEach([1, 2, 3], n => Effect.forkChild(insert(100 + n)))
      yield* Effect.forEach(fibers, Fiber.join)
      expect(durability.isDurable()).toBe(true)
      expect(statSync(`${file}-wal`).size).toBeGreaterThan(0)
    })
  ))

test('what is to happen after a commit does not wait for the disk, and the caller does', () =>
  onNumbersFile('n INTEGER', () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const durability = yield* Durability
      const steps: Array<readonly [string, boolean]> = []
      const note = (step: string) =>
        Effect.sync(() => void steps.push([step, durability.isDurable()] as const))
      yield* sql
        .withTransaction(
          Effect.andThen(sql`INSERT INTO numbers (n) VALUES (1)`, sql.afterCommit(note('after the commit')))
        )
        .pipe(Effect.andThen(note('the caller')))
      expect(steps).toEqual([
        ['after the commit', false],
        ['the caller', true]
      ])
    })
  ))

test('nothing is written any more once the disk has not taken what was committed', () => {
  const folder = temporaryFolder()
  try {
    const watch = watchFile(join(folder.path, 'numbers.db'))
    watch.assertInPlace()
    watch.noteFailedFlush(new Error('EIO: i/o error'))
    expect(watch.problem()).toMatchObject({
      kind: 'disk',
      reason: 'the disk did not take what was written (EIO: i/o error)'
    })
    expect(() => watch.assertInPlace()).toThrow('Nothing is written any more')
  } finally {
    folder.remove()
  }
})
