// The WebSocket under a Baileys socket, which Baileys does not expose.
import type { WASocket } from '@whiskeysockets/baileys'

export interface RawSocket {
  pause(): void
  resume(): void
  /** Closes the connection at once, without a closing handshake. */
  terminate(): void
}

const isRawSocket = (value: unknown): value is RawSocket =>
  typeof value === 'object' && value !== null && 'pause' in value && 'resume' in value && 'terminate' in value

/** `undefined` while there is none. */
export const rawSocketOf = (socket: WASocket): RawSocket | undefined => {
  const raw: unknown = Reflect.get(socket.ws, 'socket')
  return isRawSocket(raw) ? raw : undefined
}
