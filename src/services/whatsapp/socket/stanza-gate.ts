// What Baileys hears of, and when: a stanza that has to be durable reaches it only once it is written down, and while
// more messages wait than it can decrypt, the socket is not read: the rest stays with WhatsApp instead of in memory.
import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'
import { type Wire, wireOf } from './raw-socket.ts'

export type StanzaKind = 'CB:message' | 'CB:receipt' | 'CB:notification' | 'CB:call'

export interface IntakeOptions {
  /** Writes the stanza down, or answers nothing when it has not to be. Rejects when it cannot be written. */
  readonly record: (stanza: StanzaKind, node: BinaryNode) => Promise<void> | undefined
  /** Messages that were handed to Baileys and are not decrypted yet. */
  readonly backlog: () => number
}

/** Above this the socket is not read any more, below half of it again. */
const MOST_WAITING = 500
/** Some messages are never decrypted (Baileys ignores them): a pause must end by itself. */
const LONGEST_PAUSE_MS = 1000
const LOOK_AGAIN_MS = 20

/** Puts `record` before Baileys' own listeners; returns how to stop. */
export const guardIntake = (socket: WASocket, options: IntakeOptions): (() => void) => {
  for (const stanza of ['CB:message', 'CB:receipt', 'CB:notification', 'CB:call'] as const) {
    const handlers = socket.ws.listeners(stanza)
    socket.ws.removeAllListeners(stanza)
    socket.ws.on(stanza, (node: BinaryNode) => {
      const handle = () => {
        for (const handler of handlers) Reflect.apply(handler, socket.ws, [node])
      }
      const recorded = options.record(stanza, node)
      if (recorded === undefined) handle()
      // What cannot be written is not handled either, and so never acknowledged: WhatsApp delivers it again.
      else recorded.then(handle, () => undefined)
    })
  }
  return readAtItsPace(socket, options.backlog)
}

const readAtItsPace = (socket: WASocket, backlog: () => number): (() => void) => {
  let timer: NodeJS.Timeout | undefined
  const resume = (wire: Wire): void => {
    clearTimeout(timer)
    timer = undefined
    wire.resume()
  }
  const check = (): void => {
    if (timer !== undefined || backlog() < MOST_WAITING) return
    const wire = wireOf(socket)
    if (wire === undefined) return
    wire.pause()
    const until = performance.now() + LONGEST_PAUSE_MS
    const look = (): void => {
      if (backlog() < MOST_WAITING / 2 || performance.now() > until) resume(wire)
      else timer = setTimeout(look, LOOK_AGAIN_MS)
    }
    timer = setTimeout(look, LOOK_AGAIN_MS)
  }
  socket.ws.on('CB:message', check)
  return () => clearTimeout(timer)
}
