// Incidents that are not in the database yet: all of them for a moment, and for longer while the database fails.
import { Effect, Semaphore } from 'effect'
import type { Incident } from '../../domain/incident.ts'

/** More kinds of trouble at once than a person would read. */
const MOST_UNSTORED = 1000

/** Two reports of one incident as one: the texts of the later, the counts of both. */
export const merged = (earlier: Incident, later: Incident): Incident => ({
  ...later,
  firstSeenAt: earlier.firstSeenAt,
  count: earlier.count + later.count
})

export const makeUnstoredIncidents = () => {
  const incidents = new Map<string, Incident>()
  const flushing = Semaphore.makeUnsafe(1)
  /** How many are being stored. */
  let beingStored = 0

  /** Adds an incident, or raises the count of the one that waits under its id. Above the limit new ones are dropped. */
  const add = (incident: Incident): void => {
    const waiting = incidents.get(incident.incidentId)
    if (waiting === undefined && incidents.size >= MOST_UNSTORED) return
    incidents.set(incident.incidentId, waiting === undefined ? incident : merged(waiting, incident))
  }

  const takeBack = (taken: Incident): void => {
    const later = incidents.get(taken.incidentId)
    incidents.set(taken.incidentId, later === undefined ? taken : merged(taken, later))
  }

  /** Stores all of them, one flush at a time, so that none is counted twice. When that fails they stay. */
  const flush = <E>(
    storeAll: (incidents: ReadonlyArray<Incident>) => Effect.Effect<unknown, E>
  ): Effect.Effect<void, E> =>
    flushing.withPermit(
      Effect.suspend(() => {
        const taken = [...incidents.values()]
        if (taken.length === 0) return Effect.void
        incidents.clear()
        beingStored = taken.length
        // Whoever reports may go away: what is committed by then must not be taken back.
        return Effect.uninterruptible(
          Effect.asVoid(storeAll(taken)).pipe(
            Effect.onError(() => Effect.sync(() => taken.forEach(takeBack))),
            Effect.ensuring(Effect.sync(() => (beingStored = 0)))
          )
        )
      })
    )

  return {
    add,
    flush,
    has: (incidentId: string) => incidents.has(incidentId),
    /** Whether all are stored: none waits, and none is on its way. */
    isEmpty: () => incidents.size === 0 && beingStored === 0,
    /** Latest first. */
    list: () => [...incidents.values()].toReversed()
  }
}

export type UnstoredIncidents = ReturnType<typeof makeUnstoredIncidents>
