// The bridge between states and fibers.
import { Deferred, Effect } from 'effect'
import { expect, test } from 'vitest'
import { createActor } from 'xstate'
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
