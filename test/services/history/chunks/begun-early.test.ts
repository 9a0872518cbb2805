// Work on the next chunk begins while the one before it is completed.
import { Deferred, Effect, Fiber } from 'effect'
import { expect, test } from 'vitest'
import { makeBegunEarly } from '../../../../src/services/history/chunks/begun-early.ts'

const ONE = 'one'

const early = <A>(
  program: (begun: ReturnType<typeof makeBegunEarly<string, string>>) => Effect.Effect<A, string>
) =>
  Effect.gen(function* () {
    return yield* program(makeBegunEarly<string, string>(yield* Effect.scope))
  }).pipe(Effect.scoped, Effect.runPromise)

const NEVER = Effect.die('done once more')

test('what was begun is not done once more, and what was not is done', async () => {
  const given = await early(begun =>
    Effect.gen(function* () {
      yield* begun.begin(ONE, 2, Effect.succeed('early'))
      const second = yield* begun.use(ONE, 2, NEVER)
      return [second, yield* begun.use(ONE, 3, Effect.succeed('in its turn')), begun.has(ONE)]
    })
  )
  expect(given).toEqual(['early', 'in its turn', false])
})

test('the work begins before anything else is done', async () => {
  const given = await early(begun =>
    Effect.gen(function* () {
      const done: Array<string> = []
      const noted = Effect.sync(() => void done.push('early'))
      yield* begun.begin(ONE, 2, Effect.as(noted, 'early'))
      return done
    })
  )
  expect(given).toEqual(['early'])
})

test('a failure is told to whoever asks for it, and the work can be done again', async () => {
  const given = await early(begun =>
    Effect.gen(function* () {
      yield* begun.begin(ONE, 2, Effect.fail('full'))
      const failed = yield* Effect.flip(begun.use(ONE, 2, NEVER))
      return [failed, yield* begun.use(ONE, 2, Effect.succeed('again'))]
    })
  )
  expect(given).toEqual(['full', 'again'])
})

const endless = (started: Deferred.Deferred<void>, ended: Deferred.Deferred<void>) =>
  Effect.ensuring(
    Effect.andThen(Deferred.succeed(started, undefined), Effect.never),
    Deferred.succeed(ended, undefined)
  )

test.each([
  ['another chunk is asked for', begun => begun.use(ONE, 3, Effect.succeed('three'))],
  ['the account is left', begun => begun.drop(ONE)],
  [
    'whoever waits for it is interrupted',
    begun =>
      Effect.flatMap(Effect.forkChild(begun.use(ONE, 2, NEVER), { startImmediately: true }), Fiber.interrupt)
  ]
] satisfies ReadonlyArray<
  [string, (begun: ReturnType<typeof makeBegunEarly<string, string>>) => Effect.Effect<unknown, string>]
>)('what was begun ends when %s', async (_, end) => {
  const given = await early(begun =>
    Effect.gen(function* () {
      const ended = yield* Deferred.make<void>()
      const started = yield* Deferred.make<void>()
      yield* begun.begin(ONE, 2, endless(started, ended))
      yield* Deferred.await(started)
      yield* end(begun)
      return [yield* Deferred.isDone(ended), begun.has(ONE)]
    })
  )
  expect(given).toEqual([true, false])
})

test('one piece of work at a time is begun for an account', async () => {
  const given = await early(begun =>
    Effect.gen(function* () {
      yield* begun.begin(ONE, 2, Effect.succeed('first'))
      yield* begun.begin(ONE, 3, NEVER)
      return yield* begun.use(ONE, 2, NEVER)
    })
  )
  expect(given).toBe('first')
})
