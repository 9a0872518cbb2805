// The short version of `npm run chaos`.
import { expect, test } from 'vitest'
import { isClean, killNine } from './kill-nine.ts'

test('killed at random moments and around its commits, the server loses nothing and repeats nothing', async () => {
  const words: Array<string> = []
  const result = await killNine({ rounds: 3, seed: 3, messages: 200, log: text => words.push(text) })
  expect({ clean: isClean(result), result, words }).toMatchObject({ clean: true })
  expect(result.kills).toBeGreaterThanOrEqual(3)
  expect(result.messages).toBeGreaterThan(200)
  expect(result.sends).toBeGreaterThan(10)
  expect(result.receipts).toBeGreaterThan(10)
}, 200_000)
