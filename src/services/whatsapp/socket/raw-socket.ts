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
export const rawSocketOf = (socket: WASocket): RawSocket | undefined => {
  const raw: unknown = Reflect.get(socket.ws, 'socket')
  return isRawSocket(raw) ? raw : undefined
}
