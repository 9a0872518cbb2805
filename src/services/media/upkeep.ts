// Removes files that no message refers to, and downloads that were not continued for a week.
import { Clock, Effect } from 'effect'
import { hourly } from '../process/hourly.ts'
import { troubleOf } from '../incidents/storage-trouble.ts'
import { PartialFiles } from './files.ts'
import { Media } from './media.ts'

const HOUR_MS = 60 * 60 * 1000
/** A younger file may be about to be recorded in its message. */
const UNKNOWN_KEPT_MS = HOUR_MS
const UNFINISHED_KEPT_MS = 7 * 24 * HOUR_MS

export const tidy = Effect.gen(function* () {
  const now = yield* Clock.currentTimeMillis
  const media = yield* Media
  const partials = yield* PartialFiles
  yield* media.removeOrphans
  yield* media.removeUnknown(now - UNKNOWN_KEPT_MS)
  yield* partials.removeBefore(now - UNFINISHED_KEPT_MS)
}).pipe(
  // Only the reason: the error itself names files.
  Effect.catch(error =>
    Effect.logWarning(`Unused media files could not be removed: ${troubleOf(error).reason}`)
  )
)

export const layer = hourly(tidy)
