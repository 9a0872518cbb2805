// Work of one account runs one at a time and in order; accounts do not wait for each other.
import { Deferred, Effect } from 'effect'
import { expect, test } from 'vitest'
import { makeAccountLock } from '../../../../src/services/firestore/requests/account-lock.ts'

test('work of an account runs in the order in which it is started, also what is added meanwhile', async () => {
  const done: Array<string> = []
  await Effect.runPromise(
    Effect.gen(function* () {
      const withLock = yield* makeAccountLock
      const gate = yield* Deferred.make<void>()
      const note = (name: string) => Effect.sync(() => done.push(name))
      const work = ['a1', 'a2', 'a3', 'a4'].map(name =>
        withLock('a', name === 'a1' ? Effect.andThen(Deferred.await(gate), note(name)) : note(name))
      )
      const late = Effect.andThen(
        withLock('b', note('b')),
        Effect.andThen(Deferred.succeed(gate, undefined), withLock('a', note('a5')))
      )
      yield* Effect.all([...work, late], { concurrency: 'unbounded' })
      // Whoever comes after all of them starts again.
      yield* withLock('a', note('a6'))
    }).pipe(Effect.scoped)
  )
  expect(done).toEqual(['b', 'a1', 'a2', 'a3', 'a4', 'a5', 'a6'])
})

test('work that fails or is interrupted lets the next run', async () => {
  const result = await Effect.runPromise(
    Effect.gen(function* () {
      const withLock = yield* makeAccountLock
      const [failed, stopped, next] = yield* Effect.all(
        [
          Effect.exit(withLock('a', Effect.fail('no'))),
          Effect.timeoutOption(withLock('a', Effect.never), 10),
          withLock('a', Effect.succeed('next'))
        ],
        { concurrency: 'unbounded' }
      )
      return [failed._tag, stopped._tag, next]
    }).pipe(Effect.scoped)
  )
  expect(result).toEqual(['Failure', 'None', 'next'])
})
