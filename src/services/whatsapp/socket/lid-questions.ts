// Baileys asks WhatsApp for the LID of a number in the middle of handling a message: it handles no other message until it has the answer,
// and gives the message up when WhatsApp refuses. Without a LID, it goes on with the number.
import type { SocketConfig } from '@whiskeysockets/baileys'

type AskLids = NonNullable<Parameters<SocketConfig['makeSignalRepository']>[2]>

interface Limits {
  readonly longestMs: number
  /** For so long after a question that had no answer, none is asked. */
  readonly pauseMs: number
}

const LIMITS: Limits = { longestMs: 2000, pauseMs: 30_000 }

/** Asks in the same way, but answers that nothing is known when WhatsApp refuses or takes long. Never rejects. */
export const askBriefly = (ask: AskLids, { longestMs, pauseMs }: Limits = LIMITS): AskLids => {
  let notBefore = -Infinity
  return async numbers => {
    if (performance.now() < notBefore) return []
    const late = Promise.withResolvers<undefined>()
    const timer = setTimeout(late.resolve, longestMs)
    const answer = await Promise.race([ask(numbers).catch(() => undefined), late.promise])
    clearTimeout(timer)
    if (answer === undefined) notBefore = performance.now() + pauseMs
    return answer ?? []
  }
}
