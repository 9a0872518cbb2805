// Live before history: whoever stores history waits until what has arrived is stored.
import { Effect, Fiber } from 'effect'
import { TestClock } from 'effect/testing'
import { expect, test } from 'vitest'
import { makeAccountMemory } from '../../../src/services/process/account-memory.ts'
import { arrivalsIn, makeLiveTraffic } from '../../../src/services/journal/traffic.ts'

/** Whether `quiet` has completed once Node has read its sockets. */
const isQuiet = (fiber: Fiber.Fiber<void>) =>
  Effect.callback<boolean>(resume => {
    const look = (turns: number): void => {
      if (turns > 0) setImmediate(() => look(turns - 1))
      else resume(Effect.sync(() => fiber.pollUnsafe() !== undefined))
    }
    look(5)
  })

const onTestClock = (program: Effect.Effect<void>): Promise<void> =>
  Effect.runPromise(Effect.provide(program, TestClock.layer()))

test('it is quiet once everything that arrived is stored', async () => {
  await onTestClock(
    Effect.gen(function* () {
      const traffic = makeLiveTraffic(makeAccountMemory())
      const first = traffic.enter()
      const second = traffic.enter()
      const waiting = yield* Effect.forkDetach(traffic.quiet('chunk'))
      first()
      first()
      expect(yield* isQuiet(waiting)).toBe(false)
      second()
      yield* Fiber.join(waiting)
    })
  )
})

test('what arrives at the sockets meanwhile goes first, too', async () => {
  await onTestClock(
    Effect.gen(function* () {
      const traffic = makeLiveTraffic(makeAccountMemory())
      const waiting = yield* Effect.forkDetach(traffic.quiet('chunk'))
      setImmediate(traffic.enter)
      expect(yield* isQuiet(waiting)).toBe(false)
    })
  )
})

test('traffic that never pauses delays history by a second', async () => {
  await onTestClock(
    Effect.gen(function* () {
      const traffic = makeLiveTraffic(makeAccountMemory())
      traffic.enter()
      const waiting = yield* Effect.forkDetach(traffic.quiet('chunk'))
      expect(yield* isQuiet(waiting)).toBe(false)
      yield* TestClock.adjust('1 second')
      yield* Fiber.join(waiting)
    })
  )
})

test('another thread is told how much has arrived', () => {
  const { enter, shared } = makeLiveTraffic(makeAccountMemory())
  const before = arrivalsIn(shared)
  enter()()
  enter()
  expect(arrivalsIn(shared) - before).toBe(2)
})
