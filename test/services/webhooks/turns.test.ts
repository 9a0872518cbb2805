// Deliveries give way to messages that come in.
import { Effect, Fiber, Layer } from 'effect'
import { expect, test } from 'vitest'
import { LiveTraffic } from '../../../src/services/journal/traffic.ts'
import { AccountMemory } from '../../../src/services/process/account-memory.ts'
import { Turns } from '../../../src/services/webhooks/turns.ts'

const LARGE = { requests: 1000, events: 1000 }

const services = Turns.layer.pipe(Layer.provideMerge(LiveTraffic.layer), Layer.provide(AccountMemory.layer))

test('a request waits while something comes in, if there was one shortly before, and no longer than that', async () => {
  const order: Array<string> = []
  const take = (name: string) =>
    Effect.flatMap(Turns, turns =>
      Effect.andThen(
        turns.take(LARGE),
        Effect.sync(() => order.push(name))
      )
    )
  await Effect.runPromise(
    Effect.gen(function* () {
      const traffic = yield* LiveTraffic
      const leave = traffic.enter()
      yield* take('first')
      const second = yield* Effect.forkChild(take('second'), { startImmediately: true })
      order.push('all is in')
      leave()
      yield* Fiber.join(second)
    }).pipe(Effect.provide(services))
  )
  expect(order).toEqual(['first', 'all is in', 'second'])
})
