// The short version of `npm run attack`.
import { expect, test } from 'vitest'
import { attack, isUnharmed } from './attack.ts'

test('attacked over HTTP and from WhatsApp at once, the server stays up, tells nobody what is not theirs, and loses nothing honest', async () => {
  const words: Array<string> = []
  const result = await attack({
    seed: 5,
    requests: 120,
    stanzas: 50,
    seconds: 3600,
    accounts: 1,
    pauseMs: 250,
    log: text => words.push(text)
  })
  expect(isUnharmed(result), JSON.stringify({ result, words }, undefined, 2)).toBe(true)
  expect(result.requests).toBe(120)
  expect(result.stanzas).toBeGreaterThanOrEqual(50)
  expect(result.messages).toBeGreaterThan(25)
  // The requests reach what they are about, and are refused.
  expect(result.statuses['2xx']).toBeGreaterThan(6)
  expect(result.statuses['4xx']).toBeGreaterThan(42)
}, 200_000)
