// Removes much in transactions so short that nobody waits for long: a slice each, and then others have their turn.
import { Effect } from 'effect'
import { LiveTraffic } from '../journal/traffic.ts'

/** How many a slice has follows from how long the last one took. */
const SLICE = { first: 50, least: 5, most: 500, milliseconds: 17 }

const nextSize = (size: number, took: number): number =>
  Math.max(SLICE.least, Math.min(SLICE.most, Math.round((size * SLICE.milliseconds) / Math.max(took, 1))))

/** How many the next slice has: what one thread has shown goes for the next. */
export interface Pace {
  size: number
}

export const newPace = (): Pace => ({ size: SLICE.first })

/** Repeats the removal of up to so many until fewer are left than that; answers how many went. Each is told to `progress`. */
export const removeInSlices = Effect.fnUntraced(function* <E, R>(
  remove: (limit: number) => Effect.Effect<number, E, R>,
  progress: (removed: number) => void,
  pace: Pace = newPace()
) {
  const { quiet } = yield* LiveTraffic
  let removed = 0
  while (true) {
    yield* quiet('part')
    const begunAt = performance.now()
    const asked = pace.size
    const gone = yield* remove(asked)
    removed += gone
    progress(gone)
    if (gone < asked) return removed
    pace.size = nextSize(asked, performance.now() - begunAt)
  }
})
