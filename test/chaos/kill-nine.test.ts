// The short version of `npm run chaos`.
import { expect, test } from 'vitest'
import { isClean, killNine } from './kill-nine.ts'

test.each([
  { store: 'sqlite', rounds: 2 },
  { store: 'firestore', rounds: 2 }
] as const)(
  'killed at random moments and around its commits, the server loses nothing and repeats nothing ($store)',
  async ({ rounds, store }) => {
    const words: Array<string> = []
    const result = await killNine({ rounds, store, seed: 3, messages: 150, log: text => words.push(text) })
    expect({ clean: isClean(result), result, words }).toMatchObject({ clean: true })
    expect(result.kills).toBeGreaterThanOrEqual(rounds)
    expect(result.messages).toBeGreaterThan(150)
    expect(result.sends).toBeGreaterThan(10)
    expect(result.receipts).toBeGreaterThan(10)
    if (store === 'firestore') expect(result.firestore?.sends).toBeGreaterThan(3)
  },
  200_000
)
