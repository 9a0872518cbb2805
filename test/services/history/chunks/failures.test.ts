// A chunk that is broken is asked for again until the phone was asked.
import { Deferred, Effect, Fiber, Layer } from 'effect'
import { expect, test } from 'vitest'
import { Transaction } from '../../../../src/services/database/transaction.ts'
import { handleUnreadable } from '../../../../src/services/history/chunks/failures.ts'
import { ChunkQueue } from '../../../../src/services/history/chunks/queue.ts'
import { ChunkCorrupt } from '../../../../src/services/whatsapp/chunk/errors.ts'
import { WhatsApp } from '../../../../src/services/whatsapp/whatsapp.ts'
import { ACCOUNT } from '../../conversations/facts.ts'
import { onDatabase } from '../../database.ts'

const BROKEN = new ChunkCorrupt({ reason: 'broken' })

const asChunk = { syncType: 2, chunkOrder: 1, progress: 50, notification: new Uint8Array(3) }

/** Has the queue's chunk fail once; `asked`: the chunks that the phone was asked for since the server started. */
const failsOnce = (asked: Set<number>) =>
  Effect.gen(function* () {
    const queue = yield* ChunkQueue
    const chunk = yield* queue.due(ACCOUNT, Number.MAX_SAFE_INTEGER)
    if (chunk !== undefined) yield* handleUnreadable(ACCOUNT, chunk, BROKEN, asked)
  })

test('one whose request was cut off by the end of the connection is asked for once more', () =>
  onDatabase(
    Effect.gen(function* () {
      const queue = yield* ChunkQueue
      yield* queue.enqueue(ACCOUNT, [{ notificationId: 'N', announcedAt: 1, ...asChunk }])
      const begun: Array<Deferred.Deferred<void>> = [
        yield* Deferred.make<void>(),
        yield* Deferred.make<void>()
      ]
      let requests = 0
      const whatsapp = Layer.mock(WhatsApp, {
        askForChunk: () =>
          Effect.suspend(() => {
            const isBegun = begun[requests]
            requests += 1
            return Effect.andThen(isBegun ? Deferred.succeed(isBegun, undefined) : Effect.void, Effect.never)
          })
      })
      const fails = failsOnce(new Set()).pipe(Effect.provide(whatsapp))
      // The first time it is only fetched again.
      yield* fails
      for (const isBegun of begun) {
        const asking = yield* Effect.forkChild(fails)
        yield* Deferred.await(isBegun)
        yield* Fiber.interrupt(asking)
      }
      expect(requests).toBe(2)
    }).pipe(Effect.provide(Transaction.layer))
  ))

test('one that a killed server may have asked for is asked for once more, and then waits for the answer', () =>
  onDatabase(
    Effect.gen(function* () {
      const queue = yield* ChunkQueue
      yield* queue.enqueue(ACCOUNT, [{ notificationId: 'N', announcedAt: 1, ...asChunk }])
      let requests = 0
      const whatsapp = Layer.mock(WhatsApp, { askForChunk: () => Effect.sync(() => void (requests += 1)) })
      const fails = (asked: Set<number>) => failsOnce(asked).pipe(Effect.provide(whatsapp))
      yield* fails(new Set())
      const asked = new Set<number>()
      yield* fails(asked)
      yield* fails(asked)
      expect(requests).toBe(1)
      // After the kill nothing is remembered.
      yield* fails(new Set())
      expect(requests).toBe(2)
    }).pipe(Effect.provide(Transaction.layer))
  ))
