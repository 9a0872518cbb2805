// No frame leaves before everything that was committed is on the disk: what WhatsApp is told of has been written, and a Signal session
// that a message was encrypted with is never used from the same point again. Transactions of a connection need not wait, then.
import type { WASocket } from '@whiskeysockets/baileys'
import type { Durability } from '../../database/durability.ts'
import type { LoopShare } from '../../process/loop-share.ts'
import { rawSocketOf } from './raw-socket.ts'

interface FrameHold {
  readonly durability: Durability['Service']
  readonly share: LoopShare
  /** Writes what frames were made with; `undefined` when everything is written. */
  readonly writeDeferred: () => Promise<void> | undefined
  /** Has to cut the connection: what waits is never sent. */
  readonly onFailure: (cause: unknown) => void
}

/** To be called before the first frame. */
export const holdFrames = (
  socket: WASocket,
  { durability, onFailure, share, writeDeferred }: FrameHold
): void => {
  const raw = rawSocketOf(socket)
  if (raw === undefined) return
  const send = raw.send.bind(raw)
  const close = raw.close.bind(raw)
  const waiting: Array<() => void> = []
  let isWriting = false

  const onceDurable = (release: () => void): void =>
    durability.whenDurable(failure => (failure === undefined ? release() : onFailure(failure)))

  /** In their order: frames are numbered where they are encrypted. */
  const releaseWritten = (): void => {
    if (isWriting || waiting.length === 0) return
    const writing = writeDeferred()
    if (writing === undefined) {
      for (const release of waiting.splice(0)) onceDurable(release)
      return
    }
    isWriting = true
    writing.then(() => {
      isWriting = false
      releaseWritten()
    }, onFailure)
  }

  const hold = (release: () => void): void => {
    waiting.push(release)
    releaseWritten()
  }
  raw.send = (data, written) => hold(() => send(data, written))
  // WhatsApp can end all connections at once, and keys may have to be written before each is answered.
  raw.close = (code, reason) => void share.run(() => hold(() => close(code, reason)))
}
