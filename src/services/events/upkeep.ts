// Removes old events.
import { Clock, Effect, type Layer } from 'effect'
import { hourly } from '../process/hourly.ts'
import { EventLog } from './event-log.ts'

const removeOld = (keepMs: number) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    yield* log.prune((yield* Clock.currentTimeMillis) - keepMs)
  }).pipe(Effect.catch(error => Effect.logWarning('Old events could not be removed', error)))

/** `keepMs`: for how long events are kept, milliseconds. */
export const layer = (keepMs: number): Layer.Layer<never, never, EventLog> => hourly(removeOld(keepMs))
