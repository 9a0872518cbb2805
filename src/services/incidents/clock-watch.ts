// Reports a machine clock that was set back.
import { Effect, Schedule } from 'effect'
import { type SteadyTime, steady } from '../process/steady-clock.ts'
import { Incidents } from './incidents.ts'

/** Smaller corrections, as time servers make them, are no trouble. */
const WORTH_REPORTING_MS = 60_000
const LOOK_EVERY = '5 seconds'

/** Reports a clock that was set back, once each time. */
export const watch = (time: Pick<SteadyTime, 'behind'> = steady) =>
  Effect.gen(function* () {
    const incidents = yield* Incidents
    let isReported = false
    const look = Effect.suspend(() => {
      const behind = time.behind()
      if (behind < WORTH_REPORTING_MS) {
        isReported = false
        return Effect.void
      }
      if (isReported) return Effect.void
      isReported = true
      return incidents.report({
        accountId: null,
        kind: 'clock.setBack',
        severity: 'warning',
        subject: 'clock',
        happened: `The clock of this machine was set back by ${Math.round(behind / 1000)} seconds`,
        did: 'Time goes on from where it was until the clock has caught up; nothing waits longer and nothing is lost',
        advice: 'Look at the time service of the machine'
      })
    })
    yield* Effect.forkScoped(Effect.repeat(look, Schedule.spaced(LOOK_EVERY)))
  })
