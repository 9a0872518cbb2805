// The pause between the openings of any two connections.
import { Clock, Duration, Effect, Fiber } from 'effect'
import { TestClock } from 'effect/testing'
import { expect, test } from 'vitest'
import { makeConnectionPacing } from '../../../../src/services/whatsapp/socket/connection-pacing.ts'

const PAUSE_MS = 100

test('after an outage that all accounts notice at once, each waits for its own turn', async () => {
  await Effect.runPromise(
    Effect.gen(function* () {
      const pacing = makeConnectionPacing(PAUSE_MS)
      let opened = 0
      yield* Effect.forEach(
        Array.from({ length: 500 }),
        () =>
          Effect.forkDetach(
            Effect.andThen(
              pacing.wait,
              Effect.sync(() => (opened += 1))
            )
          ),
        { discard: true }
      )
      yield* Effect.yieldNow
      expect(yield* pacing.delayMs).toBe(500 * PAUSE_MS)
      for (let second = 0; second < 50; second += 1) {
        expect(opened).toBe(1 + second * 10)
        yield* TestClock.adjust('1 second')
      }
      expect(opened).toBe(500)
    }).pipe(Effect.provide(TestClock.layer()))
  )
})

/** A clock on which every timer that is overdue fires in the same moment, as in a process that stood still. */
const stallingClock = () => {
  let now = 0
  const sleepers: Array<{ readonly due: number; readonly wake: () => void }> = []
  const clock: Clock.Clock = {
    currentTimeMillisUnsafe: () => now,
    currentTimeMillis: Effect.sync(() => now),
    currentTimeNanosUnsafe: () => BigInt(now) * 1_000_000n,
    currentTimeNanos: Effect.sync(() => BigInt(now) * 1_000_000n),
    monotonicTimeNanosUnsafe: () => BigInt(now) * 1_000_000n,
    monotonicTimeNanos: Effect.sync(() => BigInt(now) * 1_000_000n),
    sleep: duration =>
      Effect.callback<void>(resume => {
        sleepers.push({ due: now + Duration.toMillis(duration), wake: () => resume(Effect.void) })
      })
  }
  const jump = (ms: number): Effect.Effect<void> =>
    Effect.suspend(() => {
      now += ms
      for (const { due, wake } of sleepers.splice(0)) if (due <= now) wake()
      return Effect.yieldNow
    })
  return { clock, jump }
}

test('after a moment in which the process stood still, the late ones go one after another too', async () => {
  const { clock, jump } = stallingClock()
  await Effect.runPromise(
    Effect.gen(function* () {
      const opened: Array<number> = []
      const pacing = makeConnectionPacing(PAUSE_MS)
      for (let n = 0; n < 4; n += 1) {
        yield* Effect.forkDetach(
          Effect.andThen(
            pacing.wait,
            Effect.map(Clock.currentTimeMillis, at => opened.push(at))
          )
        )
      }
      yield* Effect.yieldNow
      for (const ms of [1000, 100, 100]) yield* jump(ms)
      expect(opened).toEqual([0, 1000, 1100, 1200])
    }).pipe(Effect.provideService(Clock.Clock, clock))
  )
})

test('who gives up waiting takes no turn', async () => {
  await Effect.runPromise(
    Effect.gen(function* () {
      const pacing = makeConnectionPacing(PAUSE_MS)
      yield* pacing.wait
      const impatient = yield* Effect.forkDetach(pacing.wait)
      yield* Effect.yieldNow
      yield* Fiber.interrupt(impatient)
      expect(yield* pacing.delayMs).toBe(PAUSE_MS)
    }).pipe(Effect.provide(TestClock.layer()))
  )
})

test('who comes alone does not wait', async () => {
  await Effect.runPromise(
    Effect.gen(function* () {
      const pacing = makeConnectionPacing(PAUSE_MS)
      yield* pacing.wait
      yield* TestClock.adjust(PAUSE_MS)
      expect(yield* pacing.delayMs).toBe(0)
      yield* pacing.wait
    }).pipe(Effect.provide(TestClock.layer()))
  )
})
