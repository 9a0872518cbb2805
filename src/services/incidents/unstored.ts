// Incidents that are not in the database yet: all of them for a moment, and for longer while the database fails.
import { Effect, Semaphore } from 'effect'
import type { Incident } from '../../domain/incident.ts'

/** More kinds of trouble at once than a person would read. */
const MOST_UNSTORED = 1000

export const makeUnstoredIncidents = () => {
  const incidents = new Map<string, Incident>()
  const flushing = Semaphore.makeUnsafe(1)

  /** Adds an incident, or raises the count of the one that waits under its id. Above the limit new ones are dropped. */
  const add = (incident: Incident): void => {
    const waiting = incidents.get(incident.incidentId)
    if (waiting === undefined && incidents.size >= MOST_UNSTORED) return
    incidents.set(
      incident.incidentId,
      waiting === undefined
        ? incident
        : { ...incident, firstSeenAt: waiting.firstSeenAt, count: waiting.count + incident.count }
    )
  }

  /** Stores all of them, one flush at a time, so that none is counted twice. Those after a failure stay. */
  const flush = <E>(store: (incident: Incident) => Effect.Effect<unknown, E>): Effect.Effect<void, E> =>
    flushing.withPermit(
      Effect.gen(function* () {
        for (const [incidentId, incident] of incidents) {
          yield* store(incident)
          incidents.delete(incidentId)
        }
      })
    )

  return {
    add,
    flush,
    has: (incidentId: string) => incidents.has(incidentId),
    /** Latest first. */
    list: () => [...incidents.values()].toReversed()
  }
}

export type UnstoredIncidents = ReturnType<typeof makeUnstoredIncidents>
