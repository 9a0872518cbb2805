// Files that are lost: one incident an hour for each account and kind of loss, however many files.
import { Effect } from 'effect'
import { TestClock } from 'effect/testing'
import { expect, test } from 'vitest'
import type { Message } from '../../../src/domain/message.ts'
import { makeAccountMemory } from '../../../src/services/process/account-memory.ts'
import { makeGiveUp, type ReportedLosses } from '../../../src/services/media/losses.ts'
import { MediaGone } from '../../../src/services/media/outcomes.ts'
import { makeWaiters } from '../../../src/services/media/waiters.ts'

test('a loss is reported once an hour, and an account that is removed leaves nothing behind', async () => {
  const reports: Array<string> = []
  const memory = makeAccountMemory()
  const reported = memory.register('media.reportedLosses', new Map() satisfies ReportedLosses)
  const giveUp = makeGiveUp({
    records: {
      recordState: () => Effect.succeed(true),
      entryOf: () => Effect.die('not asked'),
      fileOf: () => Effect.die('not asked'),
      known: () => Effect.die('not asked')
    },
    waiters: makeWaiters(),
    incidents: {
      report: ({ accountId, subject }) => Effect.sync(() => void reports.push(`${accountId} ${subject}`)),
      reportOnce: undefined as never,
      resolve: undefined as never,
      list: undefined as never,
      acknowledge: undefined as never,
      removeOld: undefined as never,
      countOld: undefined as never
    },
    reported
  })
  const lose = (accountId: string, state: 'gone' | 'failed') =>
    giveUp({ accountId, threadId: 't', messageId: 'm' } as Message, state, '', new MediaGone({}))
  await Effect.runPromise(
    Effect.gen(function* () {
      yield* lose('one', 'gone')
      yield* lose('one', 'gone')
      yield* lose('one', 'failed')
      yield* lose('other', 'gone')
      yield* TestClock.adjust('61 minutes')
      yield* lose('one', 'gone')
    }).pipe(Effect.provide(TestClock.layer()))
  )
  expect(reports).toEqual(['one gone', 'one failed', 'other gone', 'one gone'])
  expect(await Effect.runPromise(memory.held('one'))).toEqual(['media.reportedLosses'])
  await Effect.runPromise(memory.forget('one'))
  expect(await Effect.runPromise(memory.held('one'))).toEqual([])
})
