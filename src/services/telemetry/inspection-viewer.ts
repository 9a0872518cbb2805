// One viewer of the actors: a bounded queue of frames. A viewer that reads too slowly loses the oldest frames and gets a new
// snapshot instead.
import { Effect, Latch } from 'effect'

/** One message to a viewer: a Stately inspection event as JSON. */
export interface InspectionFrame {
  /** The account of the actor; `undefined` for an actor above all accounts. */
  readonly accountId: string | undefined
  readonly text: string
}

/** Whether a viewer of `wanted` (all accounts when `undefined`) receives frames of this account, or of none. */
export const concerns = (wanted: string | undefined, accountId: string | undefined): boolean =>
  wanted === undefined || accountId === undefined || accountId === wanted

/** Frames that may wait for a viewer. */
export const MOST_WAITING = 2000

/** Ends a snapshot: the client removes actors that were not in it. */
const SNAPSHOT_ENDS = JSON.stringify({ type: '@backscroll.present' })

const droppedFrame = (count: number): string => JSON.stringify({ type: '@backscroll.dropped', count })

export class Viewer {
  private readonly accountId: string | undefined
  private readonly snapshot: () => ReadonlyArray<string>
  private readonly ready = Latch.makeUnsafe(true)
  private readonly over = Latch.makeUnsafe(false)
  private waiting: Array<string> = []
  private dropped = 0
  private needsSnapshot = true

  /** `snapshot` gives all actors as they are now, as frames. */
  constructor(accountId: string | undefined, snapshot: () => ReadonlyArray<string>) {
    this.accountId = accountId
    this.snapshot = snapshot
  }

  /** Completes after `end`. */
  readonly ended = this.over.await

  end(): void {
    this.over.openUnsafe()
  }

  push(frame: InspectionFrame): void {
    // The first snapshot, which is still to come, will include it.
    if (this.needsSnapshot && this.dropped === 0) return
    if (!concerns(this.accountId, frame.accountId)) return
    this.waiting.push(frame.text)
    if (this.waiting.length > MOST_WAITING) {
      this.dropped += this.waiting.splice(0, MOST_WAITING / 2).length
      this.needsSnapshot = true
    }
    this.ready.openUnsafe()
  }

  /** All that waits, as soon as there is something. */
  readonly next: Effect.Effect<ReadonlyArray<string>> = Effect.suspend(() =>
    Effect.map(this.ready.await, () => this.take())
  )

  private take(): ReadonlyArray<string> {
    this.ready.closeUnsafe()
    const { dropped, needsSnapshot, waiting } = this
    this.waiting = []
    this.dropped = 0
    this.needsSnapshot = false
    const frames = dropped > 0 ? [droppedFrame(dropped), ...waiting] : waiting
    // The snapshot goes last: it is newer than anything that waited.
    return needsSnapshot ? [...frames, ...this.snapshot(), SNAPSHOT_ENDS] : frames
  }
}
