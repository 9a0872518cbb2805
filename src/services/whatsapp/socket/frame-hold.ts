// No frame leaves before everything that came or was changed before it is on the disk: what WhatsApp is told of has been written, and a
// Signal session that a message was encrypted with is never used from the same point again. So the callbacks of a connection need not
// wait for their writes, and many of them are one transaction.
import type { WASocket } from '@whiskeysockets/baileys'
import type { Durability } from '../../database/durability.ts'
import type { LoopShare } from '../../process/loop-share.ts'
import { rawSocketOf } from './raw-socket.ts'

/** Whether somebody is kept waiting until something is written. */
export type When = 'now' | 'later'

interface FrameHoldOptions {
  readonly durability: Pick<Durability['Service'], 'whenDurable' | 'hurry'>
  readonly share: LoopShare
  /** Writes everything that is deferred when it is called; `undefined` when nothing is. `canWait` is asked when it would be committed. */
  readonly writeDeferred: (canWait: () => boolean) => Promise<void> | undefined
  /** Has to cut the connection: what waits is never sent. */
  readonly onFailure: (cause: unknown) => void
}

export interface FrameHold {
  /**
   * To be called when something was deferred: it is written soon, whether or not a frame waits for it. What is written `later` is
   * answered by one frame, which can wait as well.
   */
  readonly noteDeferred: (when: When) => void
  /** Resolves when all frames so far have left; not at all when they never do. */
  readonly left: () => Promise<void>
}

/** A write waits for what else is on its way: until nothing more comes, there is so much of it, or so long. */
const TOGETHER = { most: 32, longestMs: 2 }
/** So many frames count as sent although they wait; Baileys waits for what is beyond. */
const MOST_AHEAD = 256

/** To be called before the first frame. */
export const holdFrames = (
  socket: WASocket,
  { durability, onFailure, share, writeDeferred }: FrameHoldOptions
): FrameHold => {
  const raw = rawSocketOf(socket)
  /** What waits for a write; behind it, frames wait for the disk. */
  const waiting: Array<() => void> = []
  let held = 0
  let isWriting = false
  let deferred = 0
  /** Whether what waits can wait longer, and what is being written. */
  let canWait = true
  let canWritingWait = false
  /** How much was deferred that can wait and has no frame yet that answers it. */
  let unanswered = 0

  const onceDurable = (release: () => void): void =>
    durability.whenDurable(failure => (failure === undefined ? release() : onFailure(failure)))

  const urge = (): void => {
    canWait = false
    if (!canWritingWait) return
    canWritingWait = false
    durability.hurry()
  }

  const write = (): void => {
    deferred = 0
    unanswered = 0
    canWritingWait = canWait
    canWait = true
    const covered = waiting.splice(0)
    const written = (): void => {
      isWriting = false
      canWritingWait = false
      // In their order: frames are numbered where they are encrypted.
      for (const release of covered) onceDurable(release)
      if (waiting.length > 0 || deferred > 0) writeSoon()
    }
    const writing = writeDeferred(() => canWritingWait)
    if (writing === undefined) written()
    else writing.then(written, onFailure)
  }
  const gather = (since: number, before: number): void => {
    const isQuiet = deferred === before
    if (isQuiet || deferred >= TOGETHER.most || performance.now() - since >= TOGETHER.longestMs) write()
    else setImmediate(gather, since, deferred)
  }
  const writeSoon = (): void => {
    if (isWriting) return
    isWriting = true
    setImmediate(gather, performance.now(), deferred)
  }

  const hold = (release: () => void): void => {
    if (unanswered === 0) urge()
    else unanswered -= 1
    held += 1
    waiting.push(() => {
      held -= 1
      release()
    })
    writeSoon()
  }
  const holdUrgently = (release: () => void): void => {
    urge()
    hold(release)
  }
  if (raw !== undefined) {
    const send = raw.send.bind(raw)
    const close = raw.close.bind(raw)
    // Baileys handles one message after the other, and each only once the frames of the one before have left: with each waiting for a
    // write of its own, nothing could be written together.
    raw.send = (data, written) => {
      if (held >= MOST_AHEAD) return hold(() => send(data, written))
      hold(() => send(data, () => undefined))
      written?.()
    }
    // WhatsApp can end all connections at once, and keys may have to be written before each is answered.
    raw.close = (code, reason) => void share.run(() => holdUrgently(() => close(code, reason)))
  }
  return {
    noteDeferred: when => {
      if (when === 'now') urge()
      else unanswered += 1
      deferred += 1
      writeSoon()
    },
    left: () => new Promise(holdUrgently)
  }
}
