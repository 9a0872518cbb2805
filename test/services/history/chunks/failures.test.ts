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

test('one whose request was cut off by the end of the connection is asked for once more', () =>
  onDatabase(
    Effect.gen(function* () {
      const queue = yield* ChunkQueue
      const notification = { syncType: 2, chunkOrder: 1, progress: 50, notification: new Uint8Array(3) }
      yield* queue.enqueue(ACCOUNT, [{ notificationId: 'N', announcedAt: 1, ...notification }])
      const asked: Array<Deferred.Deferred<void>> = [
        yield* Deferred.make<void>(),
        yield* Deferred.make<void>()
      ]
      let requests = 0
      const whatsapp = Layer.mock(WhatsApp, {
        askForChunk: () =>
          Effect.suspend(() => {
            const isAsked = asked[requests]
            requests += 1
            return Effect.andThen(isAsked ? Deferred.succeed(isAsked, undefined) : Effect.void, Effect.never)
          })
      })
      const handled = Effect.gen(function* () {
        const chunk = yield* queue.due(ACCOUNT, Number.MAX_SAFE_INTEGER)
        if (chunk !== undefined) yield* handleUnreadable(ACCOUNT, chunk, BROKEN)
      }).pipe(Effect.provide(whatsapp))
      // The first time it is only fetched again.
      yield* handled
      for (const isAsked of asked) {
        const asking = yield* Effect.forkChild(handled)
        yield* Deferred.await(isAsked)
        yield* Fiber.interrupt(asking)
      }
      expect(requests).toBe(2)
    }).pipe(Effect.provide(Transaction.layer))
  ))
