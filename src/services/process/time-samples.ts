// What WhatsApp said the time is, the last few times. One stanza that says something else does not count.

/** How many are kept. */
const KEPT = 5
/** Two that differ by less say the same, milliseconds. */
const SAME_MS = 10_000
/** A time that differs more than this from the machine's has to be said twice, milliseconds. */
const FAR_MS = 366 * 24 * 60 * 60_000

export interface TimeSamples {
  /** WhatsApp's time minus what has elapsed in this process, milliseconds. */
  readonly add: (sample: number) => void
  /** The best of them; `undefined` when there is none that can be believed. `wall` is the machine's time minus what has elapsed. */
  readonly best: (wall: number) => number | undefined
  readonly isKnown: () => boolean
  readonly clear: () => void
}

export const makeTimeSamples = (): TimeSamples => {
  let samples: ReadonlyArray<number> = []
  const best = (): number | undefined =>
    // Of two that contradict each other the newer one; of more, the one in the middle.
    samples.length <= 2
      ? samples.at(-1)
      : samples.toSorted((a, b) => a - b)[Math.floor((samples.length - 1) / 2)]
  return {
    add: sample => {
      samples = [...samples, sample].slice(-KEPT)
    },
    best: wall => {
      const found = best()
      if (found === undefined || Math.abs(found - wall) <= FAR_MS) return found
      const saying = samples.filter(sample => Math.abs(sample - found) <= SAME_MS)
      return saying.length >= 2 ? found : undefined
    },
    isKnown: () => samples.length > 0,
    clear: () => {
      samples = []
    }
  }
}
