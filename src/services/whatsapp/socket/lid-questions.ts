// Baileys asks WhatsApp for the LID of a number in the middle of handling a message: it handles no other message until it has the answer,
// and gives the message up when WhatsApp refuses. Without a LID, it goes on with the number.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { SocketConfig } from '@whiskeysockets/baileys'

type AskLids = NonNullable<Parameters<SocketConfig['makeSignalRepository']>[2]>

interface Limits {
  readonly longestMs: number
  /** For so long after a question that had no answer, none is asked. */
  readonly pauseMs: number
}

const LIMITS: Limits = { longestMs: 2000, pauseMs: 30_000 }

const patient = new AsyncLocalStorage<true>()

/** Runs work that sends: it waits for answers, and fails when WhatsApp refuses them, as it would leave somebody out without them. */
export const waitingForAnswers = <A>(work: () => Promise<A>): Promise<A> => patient.run(true, work)

/** Asks in the same way, but answers that nothing is known when WhatsApp refuses or takes long, unless the caller waits for answers. */
export const askBriefly = (ask: AskLids, { longestMs, pauseMs }: Limits = LIMITS): AskLids => {
  let notBefore = -Infinity
  return async numbers => {
    if (patient.getStore() === true) return ask(numbers)
    if (performance.now() < notBefore) return []
    const late = Promise.withResolvers<undefined>()
    const timer = setTimeout(late.resolve, longestMs)
    const answer = await Promise.race([ask(numbers).catch(() => undefined), late.promise])
    clearTimeout(timer)
    if (answer === undefined) notBefore = performance.now() + pauseMs
    return answer ?? []
  }
}
