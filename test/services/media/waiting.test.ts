// Who waits for a file, and for which download.
import { Deferred, Effect, Fiber } from 'effect'
import { TestClock } from 'effect/testing'
import { expect, test } from 'vitest'
import type { MediaSource } from '../../../src/services/media/download.ts'
import { MediaOff, MediaWaits } from '../../../src/services/media/outcomes.ts'
import { makeServerPause } from '../../../src/services/media/server-pause.ts'
import { makeSharedDownloads } from '../../../src/services/media/shared-downloads.ts'
import { makeWaiters } from '../../../src/services/media/waiters.ts'

const REF = { threadId: 't', messageId: 'm' }
const HELD = { file: 'ab', size: 2 }
const WAITS = new MediaWaits({ for: 'transfer' })
const patience = (ms: number) => ({ ms, orElse: Effect.fail(WAITS) })

test('everybody who waits gets the result, and nobody is left', async () => {
  const waiters = makeWaiters()
  const [one, other] = await Effect.runPromise(
    Effect.all(
      [
        Effect.flip(waiters.wait(REF, Effect.void, patience(60_000))),
        Effect.flip(waiters.wait(REF, waiters.fail(REF, new MediaOff({})), patience(60_000)))
      ],
      { concurrency: 2 }
    )
  )
  expect([one._tag, other._tag, waiters.isAwaited(REF)]).toEqual(['MediaOff', 'MediaOff', false])
})

test('a result that comes while the attempt begins is not missed', async () => {
  const waiters = makeWaiters()
  const found = await Effect.runPromise(waiters.wait(REF, waiters.succeed(REF, HELD), patience(60_000)))
  expect(found).toEqual(HELD)
})

test('patience ends', async () => {
  const waiters = makeWaiters()
  const error = await Effect.runPromise(
    Effect.gen(function* () {
      const waiting = yield* Effect.forkChild(Effect.flip(waiters.wait(REF, Effect.void, patience(25_000))))
      yield* TestClock.adjust('25 seconds')
      return yield* Fiber.join(waiting)
    }).pipe(Effect.provide(TestClock.layer()))
  )
  expect([error, waiters.isAwaited(REF)]).toEqual([WAITS, false])
})

test('the same file is downloaded once, also when the first who asked has left', async () => {
  const source = { mediaKey: 'key', fileEncSha256: 'hash' } as MediaSource
  let downloads = 0
  const found = await Effect.runPromise(
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const download = makeSharedDownloads(
        () => Effect.sync(() => (downloads += 1)).pipe(Effect.andThen(Deferred.await(gate)), Effect.as(HELD)),
        yield* Effect.scope
      )
      const first = yield* Effect.forkChild(download(source))
      const second = yield* Effect.forkChild(download({ ...source, directPath: '/elsewhere' }))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(first)
      yield* Deferred.succeed(gate, undefined)
      return yield* Fiber.join(second)
    }).pipe(Effect.scoped)
  )
  expect([found, downloads]).toEqual([HELD, 1])
})

test('the pause after failures doubles up to five minutes, and ends with a success', () => {
  const pause = makeServerPause()
  const after = (failures: number) => {
    pause.succeeded()
    for (let n = 0; n < failures; n += 1) pause.failed(0)
    return pause.until()
  }
  expect([0, 1, 2, 3, 20].map(after)).toEqual([0, 10_000, 20_000, 40_000, 300_000])
})
