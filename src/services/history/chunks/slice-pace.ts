// How many facts of a history one transaction stores: so many that others who write wait for it only shortly. The fixed costs of a
// transaction and of its commit are paid for each, so that a history comes in faster while nobody else writes.

/** Chooses the size of each slice by how long those before it took. */
export interface SlicePace {
  /** Of the next slice, in facts. */
  readonly size: () => number
  /** A slice of `facts` has taken `milliseconds`. */
  readonly took: (facts: number, milliseconds: number) => void
}

/** In facts. */
const SIZE = { first: 100, least: 20, most: 2000 }

/** Milliseconds that a slice takes while something live comes in, and while nothing does. */
export const SLICE_MS = { live: 8, calm: 32 }

/** After something live, more is expected for so many milliseconds. */
const LIVE_FOR_MS = 500

/** `longest` tells how many milliseconds a slice may take now. */
export const makeSlicePace = (longest: () => number): SlicePace => {
  let last = { facts: SIZE.first / 2, perFact: 0 }
  return {
    // Not all facts cost the same: a slice is at most twice as large as one that is known to be short enough.
    size: () =>
      Math.max(SIZE.least, Math.min(SIZE.most, last.facts * 2, Math.round(longest() / last.perFact))),
    took: (facts, milliseconds) => {
      last = { facts, perFact: Math.max(milliseconds, 1) / facts }
    }
  }
}

/** Short slices while something live comes in: `arrivals` counts it. Milliseconds, by a clock that gives them. */
export const shortWhileLive = (arrivals: () => number, now: () => number): (() => number) => {
  let seen = arrivals()
  let liveAt = now()
  return () => {
    const arrived = arrivals()
    if (arrived !== seen) liveAt = now()
    seen = arrived
    return now() - liveAt < LIVE_FOR_MS ? SLICE_MS.live : SLICE_MS.calm
  }
}
