// The short version of `npm run attack`.
import { expect, test } from 'vitest'
import { attack, isUnharmed } from './attack.ts'

test('attacked over HTTP and from WhatsApp at once, the server stays up, tells nobody what is not theirs, and loses nothing honest', async () => {
  const words: Array<string> = []
  const result = await attack({
    seed: 5,
    requests: 200,
    stanzas: 80,
    seconds: 3600,
    accounts: 1,
    pauseMs: 250,
    log: text => words.push(text)
  })
  expect(isUnharmed(result), JSON.stringify({ result, words }, undefined, 2)).toBe(true)
  expect(result.requests).toBe(200)
  expect(result.stanzas).toBeGreaterThanOrEqual(80)
  expect(result.messages).toBeGreaterThan(40)
  // The requests reach what they are about, and are refused.
  expect(result.statuses['2xx']).toBeGreaterThan(10)
  expect(result.statuses['4xx']).toBeGreaterThan(70)
}, 200_000)
