// The short version of `npm run chaos -- --store firestore`: everything that the server does with SQLite alone, and more.
import { expect, test } from 'vitest'
import { isClean, killNine } from './kill-nine.ts'

test('killed at random moments and around its commits, the server loses nothing and repeats nothing', async () => {
  const words: Array<string> = []
  const result = await killNine({
    rounds: 2,
    store: 'firestore',
    seed: 3,
    messages: 80,
    pauseMs: 40,
    log: text => words.push(text)
  })
  expect({ clean: isClean(result), result, words }).toMatchObject({ clean: true })
  expect(result.kills).toBeGreaterThanOrEqual(2)
  expect(result.messages).toBeGreaterThan(80)
  expect(result.sends).toBeGreaterThan(10)
  expect(result.receipts).toBeGreaterThan(10)
  expect(result.firestore?.sends).toBeGreaterThan(3)
}, 200_000)
