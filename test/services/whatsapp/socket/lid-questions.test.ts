// Baileys' questions for LIDs: brief while it handles what comes in, in full for what is sent.
import { expect, test } from 'vitest'
import { askBriefly, waitingForAnswers } from '../../../../src/services/whatsapp/socket/lid-questions.ts'

const PAIR = { pn: '491@s.whatsapp.net', lid: '77@lid' }
const LIMITS = { longestMs: 5, pauseMs: 60_000 }

test('an answer is handed on', async () => {
  expect(await askBriefly(async () => [PAIR], LIMITS)([PAIR.pn])).toEqual([PAIR])
})

test.each([
  { what: 'a refusal', ask: () => Promise.reject(new Error('rate-overlimit')) },
  { what: 'silence', ask: () => new Promise<never>(() => undefined) }
])('$what is no answer, and nothing is asked for a while', async ({ ask }) => {
  let asked = 0
  const brief = askBriefly(() => {
    asked += 1
    return ask()
  }, LIMITS)
  expect(await brief([PAIR.pn])).toEqual([])
  expect(await brief([PAIR.pn])).toEqual([])
  expect(asked).toBe(1)
})

test('what is sent is asked about in full: a refusal is told, also while nothing else is asked', async () => {
  const brief = askBriefly(() => Promise.reject(new Error('rate-overlimit')), LIMITS)
  expect(await brief([PAIR.pn])).toEqual([])
  await expect(waitingForAnswers(() => brief([PAIR.pn]))).rejects.toThrow('rate-overlimit')
})
