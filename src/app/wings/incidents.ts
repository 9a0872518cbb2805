// What a person should know, the clock of this machine and the state of the database among it.
import { Layer } from 'effect'
import * as DatabaseWatch from '../../services/incidents/database-watch.ts'
import * as ClockWatch from '../../services/incidents/clock-watch.ts'
import { Incidents } from '../../services/incidents/incidents.ts'

export const layer = Incidents.layer

/** Reports a clock that is wrong and a database that is damaged, for as long as the server runs. */
export const watches = Layer.merge(
  Layer.effectDiscard(ClockWatch.watch),
  Layer.effectDiscard(DatabaseWatch.watch)
)
