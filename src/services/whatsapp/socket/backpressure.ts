// While more stanzas wait than there is room for, the socket is not read: the rest stays with WhatsApp instead of in memory.
import type { WASocket } from '@whiskeysockets/baileys'
import { holdReading } from './raw-socket.ts'

/** WhatsApp's answers come over the same socket: a pause must end although what waits for them does not. */
const LONGEST_PAUSE_MS = 1000
const CHECK_MS = 20

/** Pauses reading from a `fullness` of 1 on, until it is below half; returns how to stop. */
export const limitReading = (socket: WASocket, fullness: () => number): (() => void) => {
  let timer: NodeJS.Timeout | undefined
  const pauseIfNeeded = (): void => {
    if (timer !== undefined || fullness() < 1) return
    const readOn = holdReading(socket)
    const until = performance.now() + LONGEST_PAUSE_MS
    const check = (): void => {
      if (fullness() >= 0.5 && performance.now() <= until) {
        timer = setTimeout(check, CHECK_MS)
        return
      }
      timer = undefined
      readOn()
    }
    timer = setTimeout(check, CHECK_MS)
  }
  for (const kind of ['CB:message', 'CB:receipt', 'CB:notification', 'CB:call'])
    socket.ws.on(kind, pauseIfNeeded)
  return () => clearTimeout(timer)
}
