// Progress is told when more has come in, not while only its speed falls.
import { expect, test } from 'vitest'
import { makeProgressTold } from '../../../../src/http/resources/events/progress-told.ts'
import type { ImportProgress } from '../../../../src/services/accounts.ts'

const progress = (messages: number, messagesPerSecond: number): ImportProgress => ({
  sync: {
    chunksDone: 1,
    chunksPending: 0,
    chunksFailed: 0,
    messages,
    percent: 40,
    messagesPerSecond,
    secondsLeft: messagesPerSecond === 0 ? 0 : 60
  },
  coverage: { complete: 1, partial: 0, unknown: 0 }
})

test('progress is told when more has come, not while it only gets slower, and once more at the end', () => {
  const told = makeProgressTold()
  const isNews = [
    told.isNews('acc-1', progress(100, 50), true),
    told.isNews('acc-1', progress(100, 25), true),
    told.isNews('acc-1', progress(100, 12), true),
    told.isNews('acc-1', progress(150, 20), true),
    told.isNews('acc-2', progress(100, 25), true),
    told.isNews('acc-1', progress(150, 0), false)
  ]
  expect(isNews).toEqual([true, false, false, true, true, true])
  expect(told.accounts()).toEqual(['acc-2'])
})
