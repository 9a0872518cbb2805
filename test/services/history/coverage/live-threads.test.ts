// What is remembered of live threads is bounded, and belongs to accounts.
import { expect, test } from 'vitest'
import { makeLiveThreads } from '../../../../src/services/history/coverage/live-threads.ts'

test('a thread that was noted is remembered, of its account only', () => {
  const live = makeLiveThreads()
  live.setNoted('A', 'A__1')
  live.setNoted('B', 'B__1')
  live.forgetThreads('A')
  expect(live.isNoted('A', 'A__1')).toBe(false)
  expect(live.isNoted('B', 'B__1')).toBe(true)
})

test('however many threads there are, a limited number is remembered over all accounts', () => {
  const live = makeLiveThreads(3)
  for (let thread = 0; thread < 3; thread++) {
    live.setNoted('A', `A__${thread}`)
    live.setNoted('A', `A__${thread}`)
  }
  expect(live.isNoted('A', 'A__0')).toBe(true)
  live.setNoted('B', 'B__0')
  expect(live.has('A')).toBe(false)
  expect(live.isNoted('B', 'B__0')).toBe(true)
})

test('that live messages have begun in a thread is told once', () => {
  const live = makeLiveThreads()
  live.setStarted('A')
  expect(live.takeStarted('A')).toBe(true)
  expect(live.takeStarted('A')).toBe(false)
})
