// What the callbacks of a connection may do, and until when.
import { Context, Deferred, Effect, Exit, Fiber, Layer, Scope } from 'effect'
import { expect, test } from 'vitest'
import { StrayRejections } from '../../../../src/services/process/stray-rejections.ts'
import { ConnectionOver, makeConnectionRuntime } from '../../../../src/services/whatsapp/socket/runtime.ts'

const opened = Effect.gen(function* () {
  const stray = Context.get(yield* Layer.build(StrayRejections.layer), StrayRejections)
  const scope = yield* Scope.make()
  const runtime = yield* Scope.provide(makeConnectionRuntime('acc-1', Context.empty(), stray), scope)
  return { runtime, close: Scope.close(scope, Exit.void) }
})

const run = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(effect))

test('nothing begins once the connection is over', () =>
  run(
    Effect.gen(function* () {
      const { close, runtime } = yield* opened
      let writes = 0
      const write = Effect.sync(() => (writes += 1))
      yield* Effect.promise(() => runtime.run(write))
      yield* close
      runtime.fork(write)
      yield* Effect.promise(() => expect(runtime.run(write)).rejects.toBeInstanceOf(ConnectionOver))
      expect(writes).toBe(1)
    })
  ))

test('the end of the connection waits for what has begun', () =>
  run(
    Effect.gen(function* () {
      const { close, runtime } = yield* opened
      const permission = yield* Deferred.make<void>()
      let written = false
      const writing = runtime.run(
        Effect.andThen(
          Deferred.await(permission),
          Effect.sync(() => (written = true))
        )
      )
      const closing = yield* Effect.forkChild(close)
      yield* Effect.yieldNow
      expect(closing.pollUnsafe()).toBeUndefined()
      yield* Deferred.succeed(permission, undefined)
      yield* Fiber.join(closing)
      expect(written).toBe(true)
      yield* Effect.promise(() => writing)
    })
  ))
