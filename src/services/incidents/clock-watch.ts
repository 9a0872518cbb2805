// Reports a machine clock that was set back.
import { Effect, Schedule } from 'effect'
import { type SteadyTime, steady } from '../process/steady-clock.ts'
import { type IncidentReport, Incidents } from './incidents.ts'

/** Smaller corrections, as time servers make them, are not reported. */
const WORTH_REPORTING_MS = 60_000
const CHECK_EVERY = '5 seconds'

const setBack = (behindMs: number): IncidentReport => ({
  accountId: null,
  kind: 'clock.setBack',
  severity: 'warning',
  subject: 'clock',
  happened: `The clock of this machine was set back by ${Math.round(behindMs / 1000)} seconds`,
  did: 'Time continues from where it was until the clock has caught up; no wait becomes longer and nothing is lost',
  advice: 'Check the time service of the machine'
})

const makeCheck = (incidents: Incidents['Service'], time: Pick<SteadyTime, 'behind'>) => {
  let isReported = false
  return Effect.suspend(() => {
    const behind = time.behind()
    const isNew = behind >= WORTH_REPORTING_MS && !isReported
    isReported = behind >= WORTH_REPORTING_MS
    return isNew ? incidents.report(setBack(behind)) : Effect.void
  })
}

/** Reports a clock that was set back, once each time, until the scope closes. */
export const watch = (time: Pick<SteadyTime, 'behind'> = steady) =>
  Effect.flatMap(Incidents, incidents =>
    Effect.forkScoped(Effect.repeat(makeCheck(incidents, time), Schedule.spaced(CHECK_EVERY)))
  )
