// How many requests a key may make: whatever it does, no more than its limit in a minute.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeRateLimit } from '../../../src/http/auth/rate-limit.ts'

const MINUTE = 60_000

test('a minute begins with its first request; what is left and when the next begins are told', () => {
  const { take } = makeRateLimit()
  expect(take('a', 2, 1000)).toEqual({ isAllowed: true, requestsPerMinute: 2, left: 1, seconds: 60 })
  expect(take('a', 2, 30_500)).toEqual({ isAllowed: true, requestsPerMinute: 2, left: 0, seconds: 31 })
  expect(take('a', 2, 60_999)).toEqual({ isAllowed: false, requestsPerMinute: 2, left: 0, seconds: 1 })
  expect(take('b', 2, 60_999)).toMatchObject({ isAllowed: true, left: 1 })
  expect(take('a', 2, 61_000)).toEqual({ isAllowed: true, requestsPerMinute: 2, left: 1, seconds: 60 })
  // A limit that is lowered meanwhile.
  expect(take('a', 1, 61_001)).toMatchObject({ isAllowed: false, left: 0 })
})

test('whoever waits as long as they are told may go on, and of any requests no minute has more than allowed', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 200 }),
      (limit, pauses) => {
        const { take } = makeRateLimit()
        let now = 0
        const allowed: Array<number> = []
        for (const pause of pauses) {
          now += pause
          const { isAllowed, seconds } = take('a', limit, now)
          if (!isAllowed) {
            now += seconds * 1000
            expect(take('a', limit, now).isAllowed).toBe(true)
          }
          allowed.push(now)
        }
        while (allowed.length > 0) {
          const [start = 0] = allowed
          const inMinute = allowed.filter(time => time < start + MINUTE).length
          expect(inMinute).toBeLessThanOrEqual(limit)
          allowed.splice(0, inMinute)
        }
      }
    )
  )
})

test('minutes that are over are forgotten, however many keys there were', () => {
  const { size, take } = makeRateLimit()
  for (let n = 0; n < 10_000; n += 1) take(`key-${n}`, 1, n * MINUTE)
  expect(size()).toBeLessThanOrEqual(2000)
})
