// While more messages wait than Baileys can decrypt, the socket is not read: the rest stays with WhatsApp instead of in memory.
import type { WASocket } from '@whiskeysockets/baileys'
import { type RawSocket, rawSocketOf } from './raw-socket.ts'

/** At this many waiting messages the socket is paused, below half of it resumed. */
const MAX_WAITING = 500
/** Some messages are never decrypted (Baileys ignores them): a pause must end without them. */
const LONGEST_PAUSE_MS = 1000
const CHECK_MS = 20

/** Pauses reading while `backlog` is high; returns how to stop. */
export const limitReading = (socket: WASocket, backlog: () => number): (() => void) => {
  let timer: NodeJS.Timeout | undefined
  const resume = (raw: RawSocket): void => {
    clearTimeout(timer)
    timer = undefined
    raw.resume()
  }
  const pauseIfNeeded = (): void => {
    if (timer !== undefined || backlog() < MAX_WAITING) return
    const raw = rawSocketOf(socket)
    if (raw === undefined) return
    raw.pause()
    const until = performance.now() + LONGEST_PAUSE_MS
    const check = (): void => {
      if (backlog() < MAX_WAITING / 2 || performance.now() > until) resume(raw)
      else timer = setTimeout(check, CHECK_MS)
    }
    timer = setTimeout(check, CHECK_MS)
  }
  socket.ws.on('CB:message', pauseIfNeeded)
  return () => clearTimeout(timer)
}
