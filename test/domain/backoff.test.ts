// The wait before the next attempt.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { backoff } from '../../src/domain/backoff.ts'

const BOUNDS = { least: 1000, most: 60_000 }
const longest = (attempts: number) => backoff(attempts, BOUNDS, () => 1)

test('it grows with every attempt until it is as long as it may be, and stays there', () => {
  expect([1, 2, 3, 4, 5, 6].map(longest)).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000])
  fc.assert(
    fc.property(fc.nat(10_000), attempts => {
      expect(longest(attempts)).toBeLessThanOrEqual(BOUNDS.most)
      expect(longest(attempts + 1)).toBeGreaterThanOrEqual(longest(attempts))
    })
  )
  expect(longest(10_000)).toBe(BOUNDS.most)
})

test('many accounts that lose their connection at once come back spread over the whole of it', () => {
  const waits = Array.from({ length: 1000 }, () => backoff(5, BOUNDS))
  for (const part of [0, 4000, 8000, 12_000]) {
    const share = waits.filter(wait => wait >= part && wait < part + 4000).length
    expect(share).toBeGreaterThan(150)
    expect(share).toBeLessThan(350)
  }
})
