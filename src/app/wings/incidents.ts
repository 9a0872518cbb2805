// What a person should know, the clock of this machine among it.
import { Layer } from 'effect'
import * as ClockWatch from '../../services/incidents/clock-watch.ts'
import { Incidents } from '../../services/incidents/incidents.ts'

export const layer = Incidents.layer

/** Reports a clock that is set back, for as long as the server runs. */
export const clockWatch = Layer.effectDiscard(ClockWatch.watch())
