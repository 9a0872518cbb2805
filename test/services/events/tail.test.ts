// The tail of the event log: every follower is told everything once and in order, and idle ones cost no reads.
import { Deferred, Effect, Exit, Fiber, Layer, Queue, Stream } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import type { FeedEvent } from '../../../src/domain/feed.ts'
import { Durability, type OnDurable } from '../../../src/services/database/durability.ts'
import { EventLog } from '../../../src/services/events/event-log.ts'
import { EventTail } from '../../../src/services/events/tail.ts'
import { onDatabase } from '../database.ts'

const append = (accountId: string, ...threads: ReadonlyArray<string>) =>
  EventLog.use(log =>
    log.append(
      accountId,
      threads.map(threadId => ({ kind: 'thread.changed', threadId, messageId: null }))
    )
  )

const take = (count: number, from: { after: number; accountId?: string }) =>
  EventTail.use(tail =>
    tail.follow(from).pipe(
      Stream.flatMap(({ events }) => Stream.fromIterable(events)),
      Stream.take(count),
      Stream.runCollect,
      Effect.map(events => events.map(({ threadId }: FeedEvent) => threadId))
    )
  )

/** A log that counts how often it is read. */
const countingLog = (reads: { count: number }) =>
  Layer.effect(
    EventLog,
    EventLog.use(log =>
      Effect.succeed(
        EventLog.of({
          ...log,
          list: query =>
            Effect.suspend(() => {
              reads.count += 1
              return log.list(query)
            })
        })
      )
    )
  )

test('a follower is told what happens from its place on, in order, what lay before included', () =>
  onDatabase(
    Effect.gen(function* () {
      yield* append('acc-1', 'a', 'b', 'c')
      const following = yield* Effect.forkChild(take(4, { after: 1 }))
      yield* append('acc-1', 'd', 'e')
      expect(yield* Fiber.join(following)).toEqual(['b', 'c', 'd', 'e'])
    })
  ))

test('a follower that waits is woken by what is committed', () =>
  onDatabase(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const received = yield* Queue.unbounded<string>()
      yield* Effect.forkChild(
        EventTail.use(tail =>
          tail.follow({ after: 0 }).pipe(
            Stream.runForEach(({ events }) =>
              Effect.forEach(events, ({ threadId }) => Queue.offer(received, threadId ?? ''), {
                discard: true
              })
            )
          )
        )
      )
      for (const threadId of ['a', 'b', 'c']) {
        yield* sql.withTransaction(append('acc-1', threadId))
        // Taken before the next is written: each of them finds the follower asleep.
        expect(yield* Queue.take(received)).toBe(threadId ?? '')
      }
    })
  ))

test('a follower of one account is told of that account only', () =>
  onDatabase(
    Effect.gen(function* () {
      yield* append('acc-1', 'a')
      yield* append('acc-2', 'b')
      const following = yield* Effect.forkChild(take(3, { after: 0, accountId: 'acc-2' }))
      yield* append('acc-1', 'c')
      yield* append('acc-2', 'd', 'e')
      expect(yield* Fiber.join(following)).toEqual(['b', 'd', 'e'])
    })
  ))

test('events of a transaction that does not commit are told to nobody', () =>
  onDatabase(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const following = yield* Effect.forkChild(take(1, { after: 0 }))
      yield* Effect.ignore(
        sql.withTransaction(Effect.andThen(append('acc-1', 'a'), Effect.fail('power cut')))
      )
      yield* append('acc-1', 'b')
      expect(yield* Fiber.join(following)).toEqual(['b'])
    })
  ))

test('who is further behind than what is kept in memory misses nothing', () =>
  onDatabase(
    Effect.gen(function* () {
      const first = yield* Effect.forkChild(take(12_000, { after: 0 }))
      const threads = Array.from({ length: 12_000 }, (_, n) => String(n))
      for (let at = 0; at < threads.length; at += 1000)
        yield* append('acc-1', ...threads.slice(at, at + 1000))
      expect(yield* Fiber.join(first)).toEqual(threads)
      expect(yield* take(12_000, { after: 0 })).toEqual(threads)
    })
  ))

test('a thousand followers share one reader, and read nothing while nothing happens', () =>
  onDatabase(
    Effect.gen(function* () {
      const reads = { count: 0 }
      const tail = EventTail.layer.pipe(Layer.fresh, Layer.provide(countingLog(reads)))
      yield* Effect.gen(function* () {
        const followers = yield* Effect.forEach(Array.from({ length: 1000 }), () =>
          Effect.forkChild(take(2, { after: 0 }))
        )
        yield* append('acc-1', 'a')
        yield* append('acc-1', 'b')
        const told = yield* Effect.forEach(followers, Fiber.join)
        expect(new Set(told.map(threads => threads.join())).size).toBe(1)
        expect(told[0]).toEqual(['a', 'b'])
      }).pipe(Effect.provide(tail))
      // Each follower looked once where it began; the rest came from the one reader's few reads.
      expect(reads.count).toBeLessThan(1010)
    })
  ))

test('who is behind what is kept is told what is gone, once, and then the rest', () =>
  onDatabase(
    Effect.gen(function* () {
      yield* append('acc-1', 'a', 'b', 'c', 'd')
      yield* EventLog.use(log => log.removeOld(Date.now() + 1000, 2))
      const [first, second] = yield* EventTail.use(tail =>
        tail.follow({ after: 1 }).pipe(
          Stream.tap(() => append('acc-1', 'e')),
          Stream.take(2),
          Stream.runCollect
        )
      )
      expect(first?.missed).toEqual({ after: 1, upTo: 2 })
      expect(first?.events.map(({ threadId }) => threadId)).toEqual(['c', 'd'])
      expect([second?.missed, second?.events.map(({ threadId }) => threadId)]).toEqual([undefined, ['e']])
    })
  ))

test('what an older copy of the database lacks is told to everybody, and no number is given twice', () =>
  onDatabase(
    Effect.gen(function* () {
      const log = yield* EventLog
      yield* append('acc-1', 'a', 'b')
      yield* log.noteLost(4000)
      yield* append('acc-1', 'c')
      const follow = (after: number) =>
        EventTail.use(tail =>
          tail.follow({ after, accountId: 'acc-1' }).pipe(Stream.take(1), Stream.runCollect)
        )
      const [behind] = yield* follow(1)
      const told = behind!.events
      expect(told.map(({ kind }) => kind)).toEqual(['thread.changed', 'events.missed', 'thread.changed'])
      const { eventId, facts } = told[1]!
      expect(facts).toEqual({ after: 2, upTo: eventId, events: null, since: 4000, until: expect.any(Number) })
      expect(told[2]!.eventId).toBe(eventId + 1)
      // Who was told more than the copy has gets no other event under a number that is known.
      const [ahead] = yield* follow(500)
      expect(ahead!.events.map(event => event.eventId)).toEqual([eventId, eventId + 1])
      yield* log.noteLost(null)
      expect(yield* log.newest).toBeGreaterThan(eventId + 1)
      expect(yield* log.count(0, eventId)).toBe(3)
    })
  ))

test('a follower that is behind is told of no event that the disk does not have', () =>
  onDatabase(
    Effect.gen(function* () {
      yield* append('acc-1', 'a', 'b')
      const waiting: Array<OnDurable> = []
      const asked = yield* Deferred.make<void>()
      const slow = Durability.of({
        isDurable: () => false,
        whenDurable: onDurable => {
          waiting.push(onDurable)
          Deferred.doneUnsafe(asked, Exit.void)
        },
        hurry: () => undefined
      })
      const behind = take(2, { after: 0 }).pipe(
        Effect.provide(Layer.fresh(EventTail.layer).pipe(Layer.provide(Layer.succeed(Durability, slow))))
      )
      const following = yield* Effect.forkChild(behind)
      yield* Deferred.await(asked)
      yield* append('acc-1', 'c')
      expect(following.pollUnsafe()).toBeUndefined()
      for (const onDurable of waiting.splice(0)) onDurable(undefined)
      expect(yield* Fiber.join(following)).toEqual(['a', 'b'])
    })
  ))
