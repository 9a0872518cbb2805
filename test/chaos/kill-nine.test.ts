// The short version of `npm run chaos -- --store firestore`: everything that the server does with SQLite alone, and more.
import { expect, test } from 'vitest'
import { isClean, killNine } from './kill-nine.ts'

test('killed at random moments and around its commits, the server loses nothing and repeats nothing', async () => {
  const words: Array<string> = []
  const result = await killNine({
    rounds: 1,
    store: 'firestore',
    seed: 3,
    messages: 30,
    chats: 6,
    pauseMs: 300,
    briefTroubles: true,
    log: text => words.push(text)
  })
  expect({ clean: isClean(result), result, words }).toMatchObject({ clean: true })
  expect(result.kills + result.stops).toBeGreaterThanOrEqual(1)
  expect(result.messages).toBeGreaterThan(30)
  expect(result.sends).toBeGreaterThan(5)
  expect(result.receipts).toBeGreaterThan(5)
  expect(result.firestore?.sends).toBeGreaterThan(1)
  expect(result.webhook.events).toBeGreaterThan(20)
}, 200_000)
