// The WebSocket under a Baileys socket, which Baileys keeps to itself.
import type { WASocket } from '@whiskeysockets/baileys'

export interface Wire {
  pause(): void
  resume(): void
  /** Closes the connection at once, without a farewell. */
  terminate(): void
}

const isWire = (value: unknown): value is Wire =>
  typeof value === 'object' && value !== null && 'pause' in value && 'resume' in value && 'terminate' in value

/** `undefined` while there is none. */
export const wireOf = (socket: WASocket): Wire | undefined => {
  const wire: unknown = Reflect.get(socket.ws, 'socket')
  return isWire(wire) ? wire : undefined
}
