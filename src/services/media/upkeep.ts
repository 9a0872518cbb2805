// Removes what nobody needs any more: files that no message refers to, and downloads that nobody continued for a week.
import { Clock, Effect } from 'effect'
import { hourly } from '../process/hourly.ts'
import { troubleOf } from '../incidents/storage-trouble.ts'
import { PartialFiles } from './files.ts'
import { Media } from './media.ts'

const HOUR_MS = 60 * 60 * 1000
/** A younger file may belong to a message that is just being told of it. */
const KEPT_UNKNOWN_MS = HOUR_MS
const KEPT_UNFINISHED_MS = 7 * 24 * HOUR_MS

export const tidy = Effect.gen(function* () {
  const now = yield* Clock.currentTimeMillis
  const media = yield* Media
  const partials = yield* PartialFiles
  yield* media.removeOrphans
  yield* media.removeUnknown(now - KEPT_UNKNOWN_MS)
  yield* partials.removeBefore(now - KEPT_UNFINISHED_MS)
}).pipe(
  // The error itself names files.
  Effect.catch(error =>
    Effect.logWarning(`Media that nobody needs could not be removed: ${troubleOf(error).reason}`)
  )
)

export const layer = hourly(tidy)
