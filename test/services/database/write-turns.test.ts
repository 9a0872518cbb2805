// Two threads that write to one database take turns.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { Effect, Fiber } from 'effect'
import { afterAll, expect, test } from 'vitest'
import { temporaryFolder } from '../../../harness/server-process.ts'
import { makeWriteTurns, turnsMemory } from '../../../src/services/database/sqlite/write-turns.ts'

const folder = temporaryFolder()
afterAll(() => folder.remove())

const both = () => {
  const memory = turnsMemory()
  return { main: makeWriteTurns(memory, 'main'), beside: makeWriteTurns(memory, 'beside') }
}

const TURNS = 2000

/** Adds one to a number, `TURNS` times, in a way that loses some when somebody else does so at the same time. */
const THREAD = `
import { workerData } from 'node:worker_threads'
import { Effect } from 'effect'
const { makeWriteTurns } = await import(workerData.source)
const turns = makeWriteTurns(workerData.memory, 'beside')
const number = new Int32Array(workerData.number)
for (let n = 0; n < ${TURNS}; n += 1) {
  await Effect.runPromise(turns.take)
  const found = number[0]
  for (let wait = 0; wait < 200; wait += 1) Math.sqrt(wait)
  number[0] = found + 1
  turns.give()
}
`

test('only one of two threads writes at a time, and both come to their end', async () => {
  const memory = turnsMemory()
  const number = new SharedArrayBuffer(4)
  const shared = new Int32Array(number)
  const file = join(folder.path, 'thread.mjs')
  const effect = import.meta.resolve('effect')
  writeFileSync(file, THREAD.replace("'effect'", `'${effect}'`))
  const source = new URL('../../../src/services/database/sqlite/write-turns.ts', import.meta.url).href
  const worker = new Worker(pathToFileURL(file), { workerData: { memory, number, source } })
  const ended = new Promise((resolve, reject) => worker.on('exit', resolve).on('error', reject))
  const turns = makeWriteTurns(memory, 'main')
  for (let n = 0; n < TURNS; n += 1) {
    await Effect.runPromise(turns.take)
    const found = shared[0]!
    await Promise.resolve()
    shared[0] = found + 1
    turns.give()
  }
  await ended
  expect(shared[0]).toBe(2 * TURNS)
})

test('a thread that gives its turn back comes after the one that waits', () => {
  const { beside, main } = both()
  const order: Array<string> = []
  const turn = ({ give, take }: typeof main, name: string) =>
    Effect.andThen(
      take,
      Effect.sync(() => {
        order.push(name)
        give()
      })
    )
  return Effect.runPromise(
    Effect.gen(function* () {
      yield* main.take
      const waiting = yield* Effect.forkChild(turn(beside, 'the other'), { startImmediately: true })
      main.give()
      yield* turn(main, 'the same again')
      yield* Fiber.join(waiting)
      expect(order).toEqual(['the other', 'the same again'])
    })
  )
})

test('the turn of a thread that has ended is free', () => {
  const { beside, main } = both()
  return Effect.runPromise(
    Effect.gen(function* () {
      yield* beside.take
      const waiting = yield* Effect.forkChild(main.take, { startImmediately: true })
      main.otherEnded()
      yield* Fiber.join(waiting)
      // It was this thread's already.
      main.otherEnded()
      main.give()
      yield* main.take
    })
  )
})
