// Reading ahead: one chunk is stored while the next is read, and no more of them are in memory than there is room for.
import { Deferred, Effect, Exit } from 'effect'
import { expect, test } from 'vitest'
import { makeReadAhead } from '../../../../src/services/history/chunks/read-ahead.ts'

const ROOM = 2
const withReadAhead = <A, E>(
  program: (ahead: ReturnType<typeof makeReadAhead<string, string>>) => Effect.Effect<A, E>
): Promise<A> =>
  Effect.gen(function* () {
    return yield* program(makeReadAhead<string, string>(ROOM, yield* Effect.scope))
  }).pipe(Effect.scoped, Effect.runPromise)

/** A reading that tells how often it was begun. */
const counted = (what: string) => {
  const reading = { begun: 0 }
  return {
    reading,
    read: Effect.sync(() => {
      reading.begun += 1
      return what
    })
  }
}

test('what was read ahead is not read again', async () => {
  await withReadAhead(ahead =>
    Effect.gen(function* () {
      const { read, reading } = counted('second')
      yield* ahead.begin('A', 2, read)
      expect(yield* ahead.use('A', 2, read, given => given)).toBe('second')
      expect(reading.begun).toBe(1)
    })
  )
})

test('what has been read ahead can be looked at before it is its turn', async () => {
  await withReadAhead(ahead =>
    Effect.gen(function* () {
      const reading = yield* Deferred.make<string, string>()
      yield* ahead.begin('A', 2, Deferred.await(reading))
      expect(yield* ahead.peek('A', 2)).toBeUndefined()
      yield* Deferred.succeed(reading, 'second')
      yield* Effect.yieldNow
      expect(yield* ahead.peek('A', 2)).toBe('second')
      expect(yield* ahead.peek('A', 3)).toBeUndefined()
      expect(yield* ahead.use('A', 2, Effect.fail('read once more'), given => given)).toBe('second')
      yield* ahead.begin('A', 3, Effect.fail('gone'))
      expect(yield* ahead.peek('A', 3)).toBeUndefined()
    })
  )
})

test('another chunk than the one that was read ahead is read when it is asked for', async () => {
  await withReadAhead(ahead =>
    Effect.gen(function* () {
      yield* ahead.begin('A', 2, Effect.succeed('second'))
      expect(yield* ahead.use('A', 3, Effect.succeed('third'), given => given)).toBe('third')
    })
  )
})

test('a reading that fails fails where its chunk is used', async () => {
  await withReadAhead(ahead =>
    Effect.gen(function* () {
      yield* ahead.begin('A', 2, Effect.fail('gone'))
      const exit = yield* Effect.exit(ahead.use('A', 2, Effect.succeed('never'), given => given))
      expect(exit).toEqual(Exit.fail('gone'))
    })
  )
})

test('without room nothing is read ahead, and the chunk is read in its turn', async () => {
  await withReadAhead(ahead =>
    Effect.gen(function* () {
      const { read, reading } = counted('of C')
      yield* ahead.begin('A', 1, Effect.succeed('of A'))
      yield* ahead.begin('B', 1, Effect.succeed('of B'))
      yield* ahead.begin('C', 1, read)
      expect(reading.begun).toBe(0)
      yield* ahead.drop('A')
      expect(yield* ahead.use('C', 1, read, given => given)).toBe('of C')
    })
  )
})

test('an account that stops while its next chunk is read makes room', async () => {
  await withReadAhead(ahead =>
    Effect.gen(function* () {
      const interrupted = yield* Deferred.make<void>()
      const endless = Effect.onInterrupt(Effect.never, () =>
        Effect.asVoid(Deferred.succeed(interrupted, undefined))
      )
      yield* ahead.begin('A', 1, endless)
      yield* ahead.begin('B', 1, Effect.succeed('of B'))
      yield* ahead.drop('A')
      yield* Deferred.await(interrupted)
      expect(yield* ahead.use('C', 1, Effect.succeed('of C'), given => given)).toBe('of C')
    })
  )
})

test('each use gives its room back', async () => {
  await withReadAhead(ahead =>
    Effect.gen(function* () {
      for (let chunk = 1; chunk <= ROOM * 3; chunk++) {
        yield* ahead.begin('A', chunk, Effect.succeed('read'))
        expect(yield* ahead.use('A', chunk, Effect.succeed('read'), given => given)).toBe('read')
        expect(yield* ahead.use('B', chunk, Effect.succeed('read'), given => given)).toBe('read')
      }
    })
  )
})
