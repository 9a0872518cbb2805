// The inspector's switch and its tickets over HTTP.
import { Clock, Effect } from 'effect'
import { HttpApiBuilder } from 'effect/http-api'
import { Inspection } from '../../../services/telemetry/inspection.ts'
import { Api } from '../../api.ts'
import { InspectorIsOff } from '../../problems.ts'
import { HOW_TO_SWITCH_ON } from './contract.ts'
import { InspectorTickets } from './tickets.ts'

const state = Effect.flatMap(Inspection, inspection =>
  Effect.all({ on: inspection.isOn, viewers: inspection.viewers })
)

const turn = (on: boolean) =>
  Effect.andThen(
    Inspection.use(inspection => inspection.turn(on)),
    state
  )

const issueTicket = Effect.fnUntraced(function* () {
  const inspection = yield* Inspection
  const tickets = yield* InspectorTickets
  if (!(yield* inspection.isOn)) return yield* new InspectorIsOff({ detail: HOW_TO_SWITCH_ON })
  return tickets.issue(yield* Clock.currentTimeMillis)
})

export const inspectorLayer = HttpApiBuilder.group(Api, 'inspector', handlers =>
  handlers.handleAll({
    inspector: () => state,
    turnInspector: ({ payload }) => turn(payload.on),
    inspectorTicket: () => issueTicket()
  })
)
