// Work on the next chunks of accounts, and its end.
import { Deferred, Effect, Exit, Fiber } from 'effect'
import { expect, test } from 'vitest'
import { makeWorkAhead, type WorkOnChunk } from '../../../../src/services/history/chunks/work-ahead.ts'

const ONE = 'one'
const OTHER = 'other'

/** Work that goes on until it is interrupted. */
const endless = Effect.gen(function* () {
  const ended = yield* Deferred.make<void>()
  const goesOn = Effect.onInterrupt(Effect.never, () => Deferred.succeed(ended, undefined))
  return { ended, fiber: yield* Effect.forkDetach(goesOn, { startImmediately: true }) }
})

test('dropping ends the work of that account only, and waits for its end', () =>
  Effect.gen(function* () {
    const { begun, ending } = makeWorkAhead<WorkOnChunk>()
    const mine = yield* endless
    const others = yield* endless
    begun(ONE, { chunkId: 1, fiber: mine.fiber })
    begun(OTHER, { chunkId: 1, fiber: others.fiber })
    yield* ending.drop(ONE)
    expect([yield* Deferred.isDone(mine.ended), ending.has(ONE)]).toEqual([true, false])
    expect([yield* Deferred.isDone(others.ended), ending.has(OTHER)]).toEqual([false, true])
    yield* ending.drop(OTHER)
  }).pipe(Effect.runPromise))

test('an account that is removed leaves no work behind', () =>
  Effect.gen(function* () {
    const { begun, ending } = makeWorkAhead<WorkOnChunk>()
    const { fiber } = yield* endless
    begun(ONE, { chunkId: 1, fiber })
    ending.delete(ONE)
    expect(ending.has(ONE)).toBe(false)
    expect(Exit.hasInterrupts(yield* Fiber.await(fiber))).toBe(true)
  }).pipe(Effect.runPromise))

test('what is taken is the work on that chunk, and goes on', () =>
  Effect.gen(function* () {
    const { begun, ending, take, workOn } = makeWorkAhead<WorkOnChunk>()
    const { ended, fiber } = yield* endless
    const work = { chunkId: 2, fiber }
    begun(ONE, work)
    expect([workOn(ONE, 3), take(ONE, 3), workOn(ONE, 2)]).toEqual([undefined, undefined, work])
    expect([take(ONE, 2), ending.has(ONE), take(ONE, 2)]).toEqual([work, false, undefined])
    yield* ending.drop(ONE)
    expect(yield* Deferred.isDone(ended)).toBe(false)
    yield* Fiber.interrupt(fiber)
  }).pipe(Effect.runPromise))
