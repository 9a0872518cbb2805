// The short version of `npm run chaos`.
import { expect, test } from 'vitest'
import { killNine } from './kill-nine.ts'

test('killed at random moments under traffic in every direction, the server loses nothing and repeats nothing', async () => {
  const result = await killNine({ rounds: 3, seed: 3, messages: 300, log: () => undefined })
  expect(result).toMatchObject({ missing: 0, duplicates: 0, different: 0, waiting: 0 })
  expect(result.received_once).toBe(result.sent)
  expect(result.messages).toBeGreaterThan(300)
}, 150_000)
