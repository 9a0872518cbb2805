// The bridge between states and fibers.
import { Deferred, Effect, Stream } from 'effect'
import { expect, test } from 'vitest'
import { createActor, toPromise } from 'xstate'
import { makeEffectBridge } from '../../src/actors/effect-bridge.ts'

test('the work of an account has ended only when its interrupted fiber has', () =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const bridge = yield* makeEffectBridge<never>()
        const begun = yield* Deferred.make<void>()
        const mayCommit = yield* Deferred.make<void>()
        const steps: Array<string> = []
        const commit = Effect.andThen(
          Deferred.await(mayCommit),
          Effect.sync(() => void steps.push('committed'))
        )
        const logic = bridge.fromEffect((_: { readonly accountId: string }) =>
          Effect.uninterruptible(Effect.andThen(Deferred.succeed(begun, undefined), commit))
        )
        const actor = createActor(logic, { input: { accountId: 'one' } }).start()
        yield* Deferred.await(begun)

        actor.stop()
        yield* bridge.ended('two')
        steps.push('stopped')
        yield* Deferred.succeed(mayCommit, undefined)
        yield* bridge.ended('one')
        steps.push('ended')

        expect(steps).toEqual(['stopped', 'committed', 'ended'])
      })
    )
  ))

test('what many states are told in the same moment is handed over one in a turn of the event loop', () =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const bridge = yield* makeEffectBridge<never>()
        const all = yield* Deferred.make<void>()
        let turn = 0
        let isOver = false
        const countTurns = (): void => {
          turn += 1
          if (!isOver) setImmediate(countTurns)
        }
        const turns: Array<number> = []
        const logic = bridge.fromStream(
          (_: { readonly accountId: string }) => Stream.fromEffect(Deferred.await(all)),
          () => () => void turns.push(turn)
        )
        const actors = ['one', 'two', 'three'].map(accountId =>
          createActor(logic, { input: { accountId } }).start()
        )
        countTurns()
        yield* Deferred.succeed(all, undefined)
        yield* Effect.forEach(actors, actor => Effect.promise(() => toPromise(actor)))
        isOver = true

        expect(new Set(turns).size).toBe(3)
      })
    )
  ))
