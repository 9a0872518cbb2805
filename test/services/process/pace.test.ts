// Steps of long work stay short: the next one has as much as the last one shows to fit.
import { Effect } from 'effect'
import { expect, test } from 'vitest'
import { makePace } from '../../../src/services/process/pace.ts'

test('a slow step makes the next one smaller, a fast one larger, within the bounds', () => {
  let now = 0
  const pace = makePace({ first: 100, least: 10, most: 1000 }, () => now)
  const sizeOfStep = (took: number): number =>
    Effect.runSync(
      pace.step(size => {
        now += took
        return Effect.succeed(size)
      })
    )
  expect([34, 17, 1, 0.1, 5000, 17].map(sizeOfStep)).toEqual([100, 50, 50, 850, 1000, 10])
})
