// How much a step of long work takes on, so that each lasts some milliseconds and others have their turn in between: it follows from how
// long the last one took.
import { Effect } from 'effect'

/** How long a step should last: a frame, which nobody notices. */
const STEP_MS = 17

export interface PaceBounds {
  /** The size of the first step. */
  readonly first: number
  readonly least: number
  readonly most: number
}

export interface Pace {
  /** Does a step, which is told its size. */
  readonly step: <A, E, R>(work: (size: number) => Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

const nextSize = (size: number, took: number, { least, most }: PaceBounds): number =>
  Math.max(least, Math.min(most, Math.round((size * STEP_MS) / Math.max(took, 1))))

/** `now` is in milliseconds, from any moment on. */
export const makePace = (bounds: PaceBounds, now = () => performance.now()): Pace => {
  let size = bounds.first
  return {
    step: work =>
      Effect.suspend(() => {
        const [asked, begunAt] = [size, now()]
        return Effect.tap(work(asked), () =>
          Effect.sync(() => {
            size = nextSize(asked, now() - begunAt, bounds)
          })
        )
      })
  }
}
