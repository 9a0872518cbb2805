// The pause between the openings of any two connections.
import { Effect } from 'effect'
import { TestClock } from 'effect/testing'
import { expect, test } from 'vitest'
import { makeTurns } from '../../../src/services/whatsapp/turns.ts'

const PAUSE_MS = 100

test('after an outage that all accounts notice at once, each waits for its own turn', async () => {
  await Effect.runPromise(
    Effect.gen(function* () {
      const turns = makeTurns(PAUSE_MS)
      let opened = 0
      yield* Effect.forEach(
        Array.from({ length: 500 }),
        () =>
          Effect.forkDetach(
            Effect.andThen(
              turns.wait,
              Effect.sync(() => (opened += 1))
            )
          ),
        { discard: true }
      )
      yield* Effect.yieldNow
      expect(yield* turns.waitingMs).toBe(500 * PAUSE_MS)
      for (let second = 0; second < 50; second += 1) {
        expect(opened).toBe(1 + second * 10)
        yield* TestClock.adjust('1 second')
      }
      expect(opened).toBe(500)
    }).pipe(Effect.provide(TestClock.layer()))
  )
})

test('who comes alone does not wait', async () => {
  await Effect.runPromise(
    Effect.gen(function* () {
      const turns = makeTurns(PAUSE_MS)
      yield* turns.wait
      yield* TestClock.adjust(PAUSE_MS)
      expect(yield* turns.waitingMs).toBe(0)
      yield* turns.wait
    }).pipe(Effect.provide(TestClock.layer()))
  )
})
