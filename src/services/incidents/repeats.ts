// Repeats of an incident within a second are one report: whoever causes them must not decide how much is written and told.

const REPEATS_MS = 1000
/** More incidents than this at once are not told from new ones. */
const MOST_REMEMBERED = 1000

export interface IncidentRepeats {
  /** Whether the incident was reported within the last second; if not, it counts as reported now. */
  readonly has: (incidentId: string, at: number) => boolean
  /** Its next report is news: somebody has seen what was reported. */
  readonly forget: (incidentId: string) => void
  readonly forgetAll: () => void
}

export const makeIncidentRepeats = (): IncidentRepeats => {
  const reportedAt = new Map<string, number>()
  return {
    has: (incidentId, at) => {
      if (at - (reportedAt.get(incidentId) ?? -Infinity) < REPEATS_MS) return true
      if (reportedAt.size >= MOST_REMEMBERED) reportedAt.clear()
      reportedAt.set(incidentId, at)
      return false
    },
    forget: incidentId => void reportedAt.delete(incidentId),
    forgetAll: () => reportedAt.clear()
  }
}
