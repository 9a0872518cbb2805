// Speed and remaining time from the chunks of the last half minute.
import { expect, test } from 'vitest'
import { makePace } from '../../../../src/services/history/chunks/pace.ts'

const counts = { chunksDone: 2, chunksPending: 2, chunksFailed: 0, messages: 1000, percent: 20 }

test('without a chunk in the last half minute the speed is 0 and the remaining time unknown', () => {
  const pace = makePace()
  pace.note('A', { at: 0, messages: 500 })
  expect(pace.progress('A', counts, 40_000)).toEqual({ ...counts, messagesPerSecond: 0, secondsLeft: null })
  expect(pace.progress('A', { ...counts, chunksPending: 0 }, 40_000)).toMatchObject({ secondsLeft: 0 })
  expect(pace.busy(40_000)).toEqual([])
})

test('the remaining time is that of what the phone still announces by its percentage', () => {
  const pace = makePace()
  pace.note('A', { at: 10_000, messages: 500 })
  pace.note('A', { at: 15_000, messages: 500 })
  expect(pace.progress('A', counts, 20_000)).toMatchObject({ messagesPerSecond: 100, secondsLeft: 40 })
  expect(pace.progress('A', { ...counts, percent: null }, 20_000)).toMatchObject({ secondsLeft: 10 })
  expect(pace.busy(20_000)).toEqual(['A'])
})
