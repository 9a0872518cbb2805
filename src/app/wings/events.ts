// What happens, for those who follow it: the end of the log, what is told without being kept, and what accounts have on offer.
import { Effect, Layer } from 'effect'
import { Generation } from '../../services/database/generation.ts'
import { EventLog } from '../../services/events/event-log.ts'
import { Linking } from '../../services/events/linking.ts'
import { LiveEvents } from '../../services/events/live-events.ts'
import { EventTail } from '../../services/events/tail.ts'

export const layer = Layer.mergeAll(EventTail.layer, Linking.layer, LiveEvents.layer)

/** Of an older copy of the database, the log says that it lacks what came since. To be built before anything is written to it. */
export const lost = Layer.effectDiscard(
  Effect.gen(function* () {
    const { found } = yield* Generation
    const log = yield* EventLog
    if (found.kind === 'older') yield* log.noteLost(found.since)
  })
)
