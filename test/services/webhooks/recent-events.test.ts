// Events that are kept in memory for all endpoints: of a conversation that becomes another one, the log has the right ids, and memory has not.
import { Effect, Layer, Queue, Stream } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import { threadIdOf } from '../../../src/domain/ids.ts'
import { Identity } from '../../../src/services/conversations/identity.ts'
import { EventLog } from '../../../src/services/events/event-log.ts'
import type { RecentEvents } from '../../../src/services/events/recent.ts'
import { EventTail } from '../../../src/services/events/tail.ts'
import { runOnce } from '../../../src/services/webhooks/pass.ts'
import { followEvents } from '../../../src/services/webhooks/recent-events.ts'
import { ACCOUNT, ANN, ANN_LID, apply, T0 } from '../conversations/facts.ts'
import { created, from, onWebhooks, pass } from './passes.ts'
import { Receiver } from './receiver.ts'

const linked = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const identity = yield* Identity
  yield* sql.withTransaction(identity.link(ACCOUNT, { phoneJid: ANN, lidJid: ANN_LID, at: T0 }))
})

test('what was in memory when a conversation became another one is delivered with its content', async () => {
  await using receiver = await Receiver.open()
  await onWebhooks(
    Effect.gen(function* () {
      const log = yield* EventLog
      yield* apply(from(ANN, 'made'))
      const webhookId = yield* created(receiver.url)
      const grown = yield* Queue.unbounded<void>()
      let recent: RecentEvents | undefined
      yield* Effect.forkChild(
        followEvents(
          begun => Effect.sync(() => (recent = begun)),
          Effect.asVoid(Queue.offer(grown, undefined))
        )
      )
      const untilNewest = Effect.gen(function* () {
        const newest = yield* log.newest
        while (recent === undefined || recent.newest < newest) yield* Queue.take(grown)
      })
      while (recent === undefined) yield* Effect.yieldNow
      yield* apply(from(ANN_LID, 'by LID'))
      yield* untilNewest
      yield* linked
      yield* untilNewest
      yield* runOnce(webhookId, { health: { failures: 0 }, allowPrivateAddresses: true, recent })
      yield* pass(webhookId)
      expect(receiver.texts).toEqual(['by LID'])
    }).pipe(Effect.provide(Layer.fresh(EventTail.layer)))
  )
})

test('whoever follows gets them under the ids that they have by then', () =>
  onWebhooks(
    Effect.gen(function* () {
      const tail = yield* EventTail
      const log = yield* EventLog
      yield* apply(from(ANN, 'made'))
      const after = yield* log.newest
      const followed = yield* Queue.unbounded<number>()
      yield* Effect.forkChild(
        Stream.runForEach(tail.follow({ after }), ({ events }) =>
          Queue.offer(followed, events.at(-1)?.eventId ?? 0)
        )
      )
      const untilNewest = Effect.gen(function* () {
        const newest = yield* log.newest
        while ((yield* Queue.take(followed)) < newest);
      })
      // From here on they are kept in memory.
      yield* apply(from(ANN, 'again'))
      yield* untilNewest
      yield* apply(from(ANN_LID, 'by LID'))
      yield* untilNewest
      yield* linked
      yield* untilNewest
      const newest = yield* log.newest
      const late = yield* tail.follow({ after }).pipe(
        Stream.takeUntil(({ events }) => events.at(-1)?.eventId === newest),
        Stream.runCollect
      )
      const threads = late.flatMap(({ events }) => events.map(({ threadId }) => threadId))
      expect(threads).toContain(threadIdOf(ACCOUNT, ANN))
      expect(threads).not.toContain(threadIdOf(ACCOUNT, ANN_LID))
    }).pipe(Effect.provide(Layer.fresh(EventTail.layer)))
  ))
