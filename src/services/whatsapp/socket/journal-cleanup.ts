// Removes journal entries that WhatsApp will not deliver again.
import { Clock, Effect } from 'effect'
import type { Journal } from '../../journal/journal.ts'

/**
 * A receipt that left this long ago on a connection that is still open has reached WhatsApp, and the offline queue of its
 * beginning has been delivered: what was ingested before will not be delivered again.
 */
const REPEATED_WITHIN_MS = 10 * 60 * 1000

/** Never ends; works while `isOpen`. */
export const removeOldEntries = (
  journal: Journal['Service'],
  accountId: string,
  isOpen: () => boolean
): Effect.Effect<never> =>
  Effect.gen(function* () {
    yield* Effect.sleep(REPEATED_WITHIN_MS)
    if (isOpen()) yield* journal.forget(accountId, (yield* Clock.currentTimeMillis) - REPEATED_WITHIN_MS)
  }).pipe(
    Effect.catch(error => Effect.logWarning('Old journal entries could not be removed', error)),
    Effect.forever
  )
