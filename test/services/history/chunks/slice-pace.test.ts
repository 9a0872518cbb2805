// How many facts of a history one transaction stores.
import { expect, test } from 'vitest'
import {
  makeSlicePace,
  shortWhileLive,
  SLICE_MS
} from '../../../../src/services/history/chunks/slice-pace.ts'

test('a slice takes as many facts as fit into its time, and at most twice those of the one before', () => {
  const pace = makeSlicePace(() => 10)
  const first = pace.size()
  pace.took(first, 1)
  expect(pace.size()).toBe(first * 2)
  pace.took(200, 20)
  expect(pace.size()).toBe(100)
  pace.took(100, 8)
  expect(pace.size()).toBe(125)
})

test('a slice is never so small that its fixed costs are most of it, nor without bounds', () => {
  const pace = makeSlicePace(() => 10)
  pace.took(100, 60_000)
  const least = pace.size()
  expect(least).toBeGreaterThan(1)
  for (let turn = 0; turn < 20; turn += 1) pace.took(pace.size(), 0)
  expect(pace.size()).toBeLessThan(10_000)
  expect(pace.size()).toBeGreaterThan(least)
})

test('what is allowed now counts for the next slice', () => {
  let longest = 10
  const pace = makeSlicePace(() => longest)
  pace.took(400, 10)
  expect(pace.size()).toBe(400)
  longest = 5
  expect(pace.size()).toBe(200)
})

test('slices are short while something live comes in, and long once nothing has come for a while', () => {
  let now = 1000
  let arrivals = 3
  const longest = shortWhileLive(
    () => arrivals,
    () => now
  )
  expect(longest()).toBe(SLICE_MS.live)
  now += 1000
  expect(longest()).toBe(SLICE_MS.calm)
  arrivals += 1
  expect(longest()).toBe(SLICE_MS.live)
  now += 100
  expect(longest()).toBe(SLICE_MS.live)
  now += 1000
  expect(longest()).toBe(SLICE_MS.calm)
})
