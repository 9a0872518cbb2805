// Removes much in transactions so short that nobody waits for long: a slice each, and then others have their turn.
import { Effect } from 'effect'
import { LiveTraffic } from '../journal/traffic.ts'
import { makePace, type Pace } from '../process/pace.ts'

/** How many the next slice has: what one thread has shown goes for the next. */
export const newPace = (): Pace => makePace({ first: 50, least: 5, most: 500 })

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
    const { gone, isAll } = yield* pace.step(limit =>
      Effect.map(remove(limit), gone => ({ gone, isAll: gone < limit }))
    )
    removed += gone
    progress(gone)
    if (isAll) return removed
  }
})
