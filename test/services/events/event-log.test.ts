// The log of events: numbers that only grow, and a beginning that is known once old events are gone.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import { EventLog } from '../../../src/services/events/event-log.ts'
import { onDatabase } from '../database.ts'

const DAY_MS = 86_400_000

const threadChanged = (threadId: string) => ({ kind: 'thread.changed', threadId }) as const

test('old events go, and the log says up to where; numbers go on, also when every event is gone', () =>
  onDatabase(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const log = yield* EventLog
      expect([yield* log.floor, yield* log.newest]).toEqual([0, 0])
      yield* log.append('acc-1', ['a', 'b', 'c'].map(threadChanged))
      yield* sql`UPDATE events SET at = ${Date.now() - 8 * DAY_MS} WHERE event_id <= 2`
      const lately = Date.now() - 7 * DAY_MS
      expect((yield* log.countOld(lately)).removed).toBe(2)
      expect(yield* log.removeOld(lately, 1)).toBe(1)
      expect([yield* log.floor, yield* log.newest]).toEqual([1, 3])
      expect(yield* log.removeOld(lately, 100)).toBe(1)
      expect((yield* log.list({ after: 0, limit: 9 })).map(({ eventId }) => eventId)).toEqual([3])
      expect([yield* log.floor, yield* log.newest]).toEqual([2, 3])
      expect(yield* log.removeOld(Date.now() + DAY_MS, 100)).toBe(1)
      expect([yield* log.floor, yield* log.newest]).toEqual([3, 3])
      yield* log.append('acc-1', [threadChanged('d')])
      expect(yield* log.newest).toBe(4)
    })
  ))

test('a clock that was set back leaves no hole: what is removed is a beginning', () =>
  onDatabase(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const log = yield* EventLog
      yield* log.append('acc-1', ['a', 'b', 'c'].map(threadChanged))
      yield* sql`UPDATE events SET at = ${Date.now() - 8 * DAY_MS} WHERE event_id = 2`
      yield* log.removeOld(Date.now() - 7 * DAY_MS, 100)
      expect((yield* log.list({ after: 0, limit: 9 })).map(({ eventId }) => eventId)).toEqual([3])
      expect(yield* log.floor).toBe(2)
    })
  ))

test('an event says what it is about: an account, a thread, a message, or something else by its id', () =>
  onDatabase(
    Effect.gen(function* () {
      const log = yield* EventLog
      yield* log.append(null, [{ kind: 'account.removed', facts: { accountId: 'acc-1', name: 'Shop' } }])
      yield* log.append('acc-2', [
        { kind: 'message.changed', threadId: 't', messageId: 'm', changed: ['body'] },
        { kind: 'outbox.changed', threadId: 't', subjectId: 'E1', facts: { status: 'sent' } }
      ])
      const NOWHERE = { threadId: null, messageId: null, subjectId: null, changed: [], facts: null }
      expect(yield* log.list({ after: 0, limit: 9 })).toMatchObject([
        {
          ...NOWHERE,
          eventId: 1,
          kind: 'account.removed',
          accountId: null,
          facts: { accountId: 'acc-1', name: 'Shop' }
        },
        { ...NOWHERE, eventId: 2, accountId: 'acc-2', threadId: 't', messageId: 'm', changed: ['body'] },
        {
          ...NOWHERE,
          eventId: 3,
          accountId: 'acc-2',
          threadId: 't',
          subjectId: 'E1',
          facts: { status: 'sent' }
        }
      ])
    })
  ))
