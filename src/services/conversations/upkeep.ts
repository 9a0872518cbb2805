// Removes what nobody needs any more: events that every subscriber had a week to read, and changes whose message has not
// come for two months.
import { Clock, Effect } from 'effect'
import { hourly } from '../process/hourly.ts'
import { Store } from './store.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const EVENTS_KEPT_MS = 7 * DAY_MS
const CHANGES_WAIT_MS = 60 * DAY_MS

export const tidy = Effect.gen(function* () {
  const now = yield* Clock.currentTimeMillis
  const store = yield* Store
  yield* store.prune({ events: now - EVENTS_KEPT_MS, waiting: now - CHANGES_WAIT_MS })
}).pipe(Effect.catch(error => Effect.logWarning('Old events could not be removed', error)))

export const layer = hourly(tidy)
