// When a connection tests itself, on a clock of the test.
import { Clock, Effect, Fiber } from 'effect'
import { TestClock } from 'effect/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  newContact,
  nextTestAt,
  noteHeard,
  noteSent,
  watchLiveness
} from '../../../../src/services/whatsapp/socket/liveness.ts'

const AFTER_MS = 60_000
const TIMEOUT_MS = 30_000
const LONGEST_MS = 15 * 60_000

/** A connection to a WhatsApp that answers tests until it is told not to. */
const connection = (contact = newContact()) =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const state = {
      contact,
      answers: true,
      keepAlives: true,
      skippedMs: 0,
      tests: 0,
      running: 0,
      most: 0,
      endedAt: Infinity
    }
    const now = () => clock.currentTimeMillisUnsafe() + state.skippedMs
    const answering = Effect.gen(function* () {
      state.tests += 1
      state.running += 1
      state.most = Math.max(state.most, state.running)
      yield* Effect.sleep(200)
      if (state.answers) noteHeard(contact, now())
      state.running -= 1
      return state.keepAlives
    })
    const fiber = yield* Effect.forkDetach(
      watchLiveness({ contact, afterMs: AFTER_MS, timeoutMs: TIMEOUT_MS, now, test: answering }).pipe(
        Effect.tap(() => Effect.sync(() => (state.endedAt = now())))
      )
    )
    yield* Effect.yieldNow
    /** How long it took until the watch ended, milliseconds; `undefined` while it has not. */
    const endsWithin = Effect.fnUntraced(function* (ms: number) {
      const startedAt = now()
      while (now() - startedAt < ms && state.endedAt === Infinity) yield* TestClock.adjust(5000)
      return state.endedAt === Infinity ? undefined : state.endedAt - startedAt
    })
    return { state, now, fiber, endsWithin }
  })

const run = <A>(program: Effect.Effect<A>): Promise<A> =>
  Effect.runPromise(program.pipe(Effect.provide(TestClock.layer())))

test('a message that stays unanswered makes the test due within the set time, whatever the pause is', () => {
  fc.assert(
    fc.property(
      fc.nat(10 ** 9),
      fc.nat(10 ** 7),
      fc.nat(2000),
      fc.integer({ min: 1, max: 20 * 60_000 }),
      (provenAt, later, pauses, afterMs) => {
        const quiet = nextTestAt({ unansweredSince: null }, { provenAt, pauses, afterMs })
        expect(quiet).toBeGreaterThanOrEqual(provenAt + afterMs)
        expect(quiet).toBeLessThanOrEqual(provenAt + Math.max(afterMs, LONGEST_MS))
        const sentAt = provenAt + later
        const waiting = nextTestAt({ unansweredSince: sentAt }, { provenAt, pauses, afterMs })
        expect(waiting).toBe(Math.min(quiet, sentAt + afterMs))
      }
    )
  )
})

test('a quiet account is tested ever more seldom, one test at a time, and never given up', async () => {
  await run(
    Effect.gen(function* () {
      const { endsWithin, fiber, state } = yield* connection()
      const after: Array<number> = []
      for (const minutes of [1.1, 2.1, 4.1, 8.1, 15.1, 15.1]) {
        expect(yield* endsWithin(minutes * 60_000)).toBeUndefined()
        after.push(state.tests)
      }
      expect(after).toEqual([1, 2, 3, 4, 5, 6])
      expect(yield* endsWithin(24 * 60 * 60_000)).toBeUndefined()
      expect(state.tests).toBeLessThanOrEqual(6 + 24 * 4)
      expect(state.most).toBe(1)
      yield* Fiber.interrupt(fiber)
    })
  )
})

test('a connection that goes deaf is found within two minutes of the first message that nothing answers', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 8 }),
      fc.integer({ min: 0, max: 3600 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 }),
      async (heardAfterS, quietS, sentAfterS) => {
        await run(
          Effect.gen(function* () {
            const { endsWithin, fiber, now, state } = yield* connection()
            for (const seconds of heardAfterS) {
              yield* TestClock.adjust(seconds * 1000)
              noteHeard(state.contact, now())
            }
            yield* TestClock.adjust(quietS * 1000)
            expect(fiber.pollUnsafe()).toBeUndefined()
            state.answers = false
            const deafAt = now()
            for (const seconds of sentAfterS) {
              noteSent(state.contact, now())
              yield* TestClock.adjust(seconds * 1000)
            }
            yield* endsWithin(120_000)
            expect(state.endedAt - deafAt).toBeLessThanOrEqual(120_000)
            expect(yield* Fiber.join(fiber)).toBe('deaf')
          })
        )
      }
    ),
    { numRuns: 25 }
  )
})

test('without such a message it is found within two minutes of what was heard last', async () => {
  await run(
    Effect.gen(function* () {
      const { endsWithin, fiber, now, state } = yield* connection()
      yield* TestClock.adjust('1 hour')
      noteHeard(state.contact, now())
      state.answers = false
      expect(yield* endsWithin(120_000)).toBeLessThanOrEqual(120_000)
      expect(yield* Fiber.join(fiber)).toBe('deaf')
    })
  )
})

test('a connection on which not even keep-alives are answered is lost, and not deaf', async () => {
  await run(
    Effect.gen(function* () {
      const { endsWithin, fiber, state } = yield* connection()
      state.answers = false
      state.keepAlives = false
      expect(yield* endsWithin(120_000)).toBeDefined()
      expect(yield* Fiber.join(fiber)).toBe('silent')
    })
  )
})

test('where no test ever passes, connections are tested ever later, until they work again', async () => {
  await run(
    Effect.gen(function* () {
      const contact = newContact()
      const lasted: Array<number | undefined> = []
      for (let n = 0; n < 6; n += 1) {
        const { endsWithin, state } = yield* connection(contact)
        state.answers = false
        lasted.push(yield* endsWithin(LONGEST_MS * 2))
      }
      expect(lasted.map(ms => Math.round(((ms ?? 0) - TIMEOUT_MS) / AFTER_MS))).toEqual([1, 2, 4, 8, 15, 15])
      const { endsWithin, state } = yield* connection(contact)
      yield* TestClock.adjust(LONGEST_MS + AFTER_MS)
      expect(state.tests).toBe(1)
      expect(contact.failedTests).toBe(0)
      noteHeard(contact, yield* Clock.currentTimeMillis)
      state.answers = false
      expect(yield* endsWithin(120_000)).toBeDefined()
    })
  )
})

test('a process that stood still during a test takes no connection for deaf', async () => {
  await run(
    Effect.gen(function* () {
      const { endsWithin, fiber, state } = yield* connection()
      state.answers = false
      yield* TestClock.adjust(AFTER_MS + 1000)
      expect(state.tests).toBe(1)
      state.skippedMs += 8 * 60 * 60_000
      state.answers = true
      yield* TestClock.adjust(TIMEOUT_MS)
      expect(yield* endsWithin(LONGEST_MS)).toBeUndefined()
      expect(state.tests).toBeGreaterThan(1)
      yield* Fiber.interrupt(fiber)
    })
  )
})
