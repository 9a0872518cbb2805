// The WebSocket under a Baileys socket, which Baileys does not expose.
import type { WASocket } from '@whiskeysockets/baileys'

type Written = (error?: Error) => void

export interface RawSocket {
  send(data: Uint8Array, written?: Written): void
  /** Begins the closing handshake. */
  close(code?: number, reason?: string): void
  pause(): void
  resume(): void
  /** Closes the connection at once, without a closing handshake. */
  terminate(): void
}

const isRawSocket = (value: unknown): value is RawSocket =>
  typeof value === 'object' &&
  value !== null &&
  ['send', 'close', 'pause', 'resume', 'terminate'].every(name => name in value)

/** `undefined` while there is none. */
export const rawSocketOf = ({ ws }: Pick<WASocket, 'ws'>): RawSocket | undefined => {
  const raw: unknown = Reflect.get(ws, 'socket')
  return isRawSocket(raw) ? raw : undefined
}

/** How many want that a socket is not read. */
const holds = new WeakMap<RawSocket, number>()

/** The socket is not read until everybody who holds it has called what is returned. */
export const holdReading = (socket: Pick<WASocket, 'ws'>): (() => void) => {
  const raw = rawSocketOf(socket)
  if (raw === undefined) return () => undefined
  const change = (by: 1 | -1): number => {
    const count = (holds.get(raw) ?? 0) + by
    holds.set(raw, count)
    return count
  }
  if (change(1) === 1) raw.pause()
  let isHeld = true
  return () => {
    if (isHeld && change(-1) === 0) raw.resume()
    isHeld = false
  }
}
