// Wakes: nothing that was written down is waited out, and nobody is left behind.
import { Effect, Fiber } from 'effect'
import { expect, test } from 'vitest'
import { topic, Wakes } from '../../../src/services/process/wakes.ts'

const WORK = topic('work')
const OTHER = topic('other work')

const onWakes = <A, E>(program: Effect.Effect<A, E, Wakes>) =>
  Effect.runPromise(Effect.provide(program, Wakes.layer))

/** Whether the waiter is awake now. */
const isAwake = (waiter: { readonly await: Effect.Effect<void> }) =>
  Effect.map(Effect.timeoutOption(waiter.await, 0), option => option._tag === 'Some')

test('a waiter begins awake: what was written down before is found at its first look', () =>
  onWakes(
    Effect.gen(function* () {
      const waiter = yield* (yield* Wakes).waiter(WORK, 'acc-1')
      expect(yield* isAwake(waiter)).toBe(true)
      yield* waiter.reset
      expect(yield* isAwake(waiter)).toBe(false)
    }).pipe(Effect.scoped)
  ))

test('a wake between the look and the waiting is not lost', () =>
  onWakes(
    Effect.gen(function* () {
      const wakes = yield* Wakes
      const waiter = yield* wakes.waiter(WORK, 'acc-1')
      yield* waiter.reset
      yield* wakes.wake(WORK, 'acc-1')
      yield* waiter.await
    }).pipe(Effect.scoped)
  ))

test('every waiter of the topic and account is woken, and no other', () =>
  onWakes(
    Effect.gen(function* () {
      const wakes = yield* Wakes
      const [first, second, ofOther, ofTopic] = yield* Effect.all([
        wakes.waiter(WORK, 'acc-1'),
        wakes.waiter(WORK, 'acc-1'),
        wakes.waiter(WORK, 'acc-2'),
        wakes.waiter(OTHER, 'acc-1')
      ])
      yield* Effect.forEach([first, second, ofOther, ofTopic], waiter => waiter.reset, { discard: true })
      yield* wakes.wake(WORK, 'acc-1')
      expect(yield* Effect.forEach([first, second, ofOther, ofTopic], isAwake)).toEqual([
        true,
        true,
        false,
        false
      ])
    }).pipe(Effect.scoped)
  ))

test('a wake that was made before anybody waited wakes whoever waits when it runs', () =>
  onWakes(
    Effect.gen(function* () {
      const wakes = yield* Wakes
      const made = wakes.wake(WORK, 'acc-1')
      const waiter = yield* wakes.waiter(WORK, 'acc-1')
      yield* waiter.reset
      const waiting = yield* Effect.forkChild(waiter.await)
      yield* made
      yield* Fiber.join(waiting)
    }).pipe(Effect.scoped)
  ))
