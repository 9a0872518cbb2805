// Time goes forward, whatever the machine says.
import { Effect, Fiber } from 'effect'
import { TestClock } from 'effect/testing'
import { SqlClient } from 'effect/sql'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { watch } from '../../../src/services/incidents/clock-watch.ts'
import { makeSteadyTime, ServerTime } from '../../../src/services/process/steady-clock.ts'
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

/** A machine whose wall clock can be set, and which can sleep. */
const machine = (off = 0) => {
  let [actual, elapsed] = [1_790_000_000_000, 0]
  let wall = actual + off
  return {
    time: makeSteadyTime(
      () => wall,
      () => elapsed
    ),
    /** What the time really is. */
    actual: () => actual,
    pass: (ms: number) => {
      ;[wall, elapsed, actual] = [wall + ms, elapsed + ms, actual + ms]
    },
    set: (ms: number) => {
      wall += ms
    },
    sleep: (ms: number) => {
      ;[wall, actual] = [wall + ms, actual + ms]
    }
  }
}
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

test.each([-25 * HOUR_MS, 25 * HOUR_MS])(
  'with a clock that is %i ms off, the time is WhatsApp’s, and stays so when the clock is set right',
  off => {
    const { actual, pass, set, time } = machine(off)
    expect(time.offset()).toBeUndefined()
    time.told(actual())
    expect(time.now()).toBe(actual())
    expect(time.offset()).toBe(off)
    expect(time.behind()).toBe(0)
    pass(HOUR_MS)
    expect(time.now()).toBe(actual())
    set(-off)
    expect(time.now()).toBe(actual())
    pass(6000)
    time.told(actual())
    expect(time.now()).toBe(actual())
    expect(time.offset()).toBe(0)
  }
)

test('a clock that is set a day ahead is not followed until WhatsApp has said the time, or cannot be reached for two minutes', () => {
  const { actual, pass, set, time } = machine()
  time.told(actual())
  pass(60_000)
  set(DAY_MS)
  expect(time.now()).toBe(actual())
  expect(time.offset()).toBeUndefined()
  pass(30_000)
  time.told(actual())
  expect(time.now()).toBe(actual())
  expect(time.offset()).toBe(DAY_MS)

  const alone = machine()
  alone.time.told(alone.actual())
  alone.set(DAY_MS)
  expect(alone.time.now()).toBe(alone.actual())
  alone.pass(121_000)
  expect(alone.time.now()).toBe(alone.actual() + DAY_MS)
})

test('a machine that slept is right again with the first thing that WhatsApp says, and those who wait are told', () => {
  const { actual, pass, sleep, time } = machine()
  let jumps = 0
  const stop = time.onJump(() => (jumps += 1))
  time.told(actual())
  pass(60_000)
  sleep(8 * HOUR_MS)
  const slept = actual()
  // What arrived before the machine slept is read now.
  time.told(slept - 8 * HOUR_MS)
  expect(time.now()).toBe(slept - 8 * HOUR_MS)
  pass(10_000)
  time.told(actual())
  expect(time.now()).toBe(actual())
  expect(jumps).toBe(1)
  stop()
})

test('right after a jump WhatsApp is asked, and the answer to that is believed', async () => {
  const { actual, pass, sleep, time } = machine()
  const asked: Array<(told: number) => void> = []
  const stop = time.onDoubt(() => asked.push(time.asked()))
  const before = time.asked()
  time.told(actual())
  pass(60_000)
  sleep(8 * HOUR_MS)
  const late = time.now()
  await Promise.resolve()
  expect(asked).toHaveLength(1)
  // Asked before the machine slept.
  before(actual() - 8 * HOUR_MS)
  expect(time.now()).toBe(late)
  pass(100)
  asked[0]!(actual())
  expect(time.now()).toBe(actual())
  stop()
})

test('one time that is wrong does not count beside others, and one that is years away has to be said twice', () => {
  const { actual, pass, time } = machine()
  time.told(actual())
  pass(30_000)
  time.told(actual())
  pass(30_000)
  time.told(actual() + 40 * DAY_MS)
  expect(time.now()).toBe(actual())

  const other = machine()
  other.time.told(other.actual() + 3000 * DAY_MS)
  expect(other.time.now()).toBe(other.actual())
  other.set(-20_000 * DAY_MS)
  other.pass(6000)
  other.time.told(other.actual())
  other.time.told(other.actual() + 400)
  expect(Math.abs(other.time.now() - other.actual())).toBeLessThanOrEqual(400)
})

test('small differences change nothing', () => {
  const { actual, pass, time } = machine()
  for (const difference of [900, -4000, 3000]) {
    time.told(actual() + difference)
    expect(time.now()).toBe(actual())
    pass(30_000)
  }
})

test('after a start before the newest time of the database nothing is dated before it, until WhatsApp says the time', () => {
  const { actual, pass, time } = machine(-25 * HOUR_MS)
  const newest = actual() - HOUR_MS
  time.notBefore(newest)
  expect(time.now()).toBe(newest)
  pass(1000)
  expect(time.now()).toBe(newest + 1000)
  expect(time.held()).toEqual({ notBefore: newest, wall: newest - 24 * HOUR_MS })
  time.told(actual())
  expect(time.now()).toBe(actual())
  time.notBefore(newest)
  expect(time.now()).toBe(actual())
})

test('a clock that was set back is told once, as an incident', async () => {
  const time = { ...makeSteadyTime(Date.now, () => performance.now()), behind: () => HOUR_MS }
  const rows = await onDatabase(
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.scoped(Effect.andThen(watch, Effect.never)))
      yield* TestClock.adjust('1 minute')
      yield* Fiber.interrupt(fiber)
      const sql = yield* SqlClient.SqlClient
      return yield* sql<{
        kind: string
        count: number
        happened: string
      }>`SELECT kind, count, happened FROM incidents`
    }).pipe(Effect.provide(TestClock.layer()), Effect.provideService(ServerTime, time))
  )
  expect(rows).toEqual([
    { kind: 'clock.setBack', count: 1, happened: expect.stringContaining('set back by 3600 seconds') }
  ])
})
