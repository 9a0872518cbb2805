// Time goes forward, whatever the machine says.
import { Effect, Fiber } from 'effect'
import { TestClock } from 'effect/testing'
import { SqlClient } from 'effect/sql'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { watch } from '../../../src/services/incidents/clock-watch.ts'
import { makeSteadyTime } from '../../../src/services/process/steady-clock.ts'
import { onDatabase } from '../database.ts'

test('a clock that is set back by a day holds nothing up and is followed again once it has caught up', () => {
  let [wall, elapsed] = [1_000_000_000, 0]
  const time = makeSteadyTime(
    () => wall,
    () => elapsed
  )
  const pass = (ms: number) => {
    wall += ms
    elapsed += ms
  }
  pass(5000)
  const before = time.now()
  wall -= 86_400_000
  pass(60_000)
  expect(time.now()).toBe(before + 60_000)
  expect(time.behind()).toBe(86_400_000)
  wall += 2 * 86_400_000
  expect(time.now()).toBe(wall)
  expect(time.behind()).toBe(0)
})

test('time never goes back, and never runs ahead of what has passed, however the wall clock jumps', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          jump: fc.integer({ min: -100_000, max: 100_000 }),
          pass: fc.integer({ min: 0, max: 5000 })
        })
      ),
      steps => {
        let [wall, elapsed] = [1_000_000_000, 0]
        const time = makeSteadyTime(
          () => wall,
          () => elapsed
        )
        let last = time.now()
        let highest = wall
        for (const { jump, pass } of steps) {
          wall += jump + pass
          elapsed += pass
          highest = Math.max(highest + pass, wall)
          const now = time.now()
          expect(now).toBeGreaterThanOrEqual(last)
          expect(now).toBeLessThanOrEqual(highest)
          last = now
        }
      }
    )
  )
})

test('a clock that was set back is told once, as an incident', async () => {
  const rows = await onDatabase(
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(
        Effect.scoped(Effect.andThen(watch({ behind: () => 3_600_000 }), Effect.never))
      )
      yield* TestClock.adjust('1 minute')
      yield* Fiber.interrupt(fiber)
      const sql = yield* SqlClient.SqlClient
      return yield* sql<{
        kind: string
        count: number
        happened: string
      }>`SELECT kind, count, happened FROM incidents`
    }).pipe(Effect.provide(TestClock.layer()))
  )
  expect(rows).toEqual([
    { kind: 'clock.setBack', count: 1, happened: expect.stringContaining('set back by 3600 seconds') }
  ])
})
