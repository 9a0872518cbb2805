// What all sockets report has a share of each turn of the event loop. WhatsApp ends all connections of a server at once, and each end takes
// more than a millisecond.
import type { WASocket } from '@whiskeysockets/baileys'
import type { LoopShare } from '../../process/loop-share.ts'
import { holdReading } from './raw-socket.ts'

/** Events of the WebSocket that cost something, with names as `ws` gives them. */
const EVENTS: ReadonlySet<string | symbol> = new Set(['message', 'close', 'error'])

/** A socket is not read while one of its messages waits. To be called before anybody else takes over `emit`. */
export const shareLoop = (socket: WASocket, share: LoopShare): void => {
  const { ws } = socket
  const emit = ws.emit.bind(ws)
  ws.emit = (event, ...values: ReadonlyArray<unknown>) => {
    if (!EVENTS.has(event)) return emit(event, ...values)
    let readOn: (() => void) | undefined
    const waits = share.run(() => {
      readOn?.()
      emit(event, ...values)
    })
    // An error can come before there is anything to read.
    if (waits && event === 'message') readOn = holdReading(socket)
    return true
  }
}
