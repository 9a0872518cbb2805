// Removes what has waited two months for its message: changes, reads, encrypted add-ons. Files that have waited for a day become
// messages of their own.
import { Clock, Effect } from 'effect'
import { hourly } from '../process/hourly.ts'
import { MessageStore } from './message-store.ts'
import { SealedAddOnStore } from './sealed-add-on-store.ts'
import { ThreadStore } from './thread-store.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const CHANGES_WAIT_MS = 60 * DAY_MS
const ATTACHMENTS_WAIT_MS = DAY_MS

export const tidy = Effect.gen(function* () {
  const now = yield* Clock.currentTimeMillis
  const messages = yield* MessageStore
  const sealed = yield* SealedAddOnStore
  const threads = yield* ThreadStore
  yield* messages.storeLoneAttachments(now - ATTACHMENTS_WAIT_MS)
  yield* messages.pruneWaitingChanges(now - CHANGES_WAIT_MS)
  yield* sealed.prune(now - CHANGES_WAIT_MS)
  yield* threads.pruneWaitingReads(now - CHANGES_WAIT_MS)
}).pipe(Effect.catch(error => Effect.logWarning('What has waited for too long could not be removed', error)))

export const layer = hourly(tidy)
