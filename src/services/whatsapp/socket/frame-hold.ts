// No frame leaves before everything that was committed is on the disk: what WhatsApp is told of has been written, and a Signal session
// that a message was encrypted with is never used from the same point again. Transactions of a connection need not wait, then.
import type { WASocket } from '@whiskeysockets/baileys'
import type { Durability } from '../../database/durability.ts'
import { rawSocketOf } from './raw-socket.ts'

/** To be called before the first frame. `onDiskFailure` has to cut the connection: what waits is never sent. */
export const holdFrames = (
  socket: WASocket,
  durability: Durability['Service'],
  onDiskFailure: (cause: unknown) => void
): void => {
  const raw = rawSocketOf(socket)
  if (raw === undefined) return
  const send = raw.send.bind(raw)
  const close = raw.close.bind(raw)
  const onceDurable = (then: () => void): void =>
    durability.whenDurable(failure => (failure === undefined ? then() : onDiskFailure(failure)))
  raw.send = (data, written) => onceDurable(() => send(data, written))
  raw.close = (code, reason) => onceDurable(() => close(code, reason))
}
