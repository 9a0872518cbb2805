// Incidents over HTTP.
import { Effect } from 'effect'
import { HttpApiBuilder } from 'effect/http-api'
import { mayReadAll } from '../../../domain/grant.ts'
import { Incidents } from '../../../services/incidents/incidents.ts'
import { Api } from '../../api.ts'
import { Caller } from '../../auth/caller.ts'
import { isYes } from '../../fields.ts'
import { NotFound, orDatabaseUnavailable } from '../../problems.ts'
import type { IncidentListQuery } from './contract.ts'

const PAGE = 100

const list = Effect.fnUntraced(function* ({ accountId, acknowledged, limit = PAGE }: IncidentListQuery) {
  const incidents = yield* Incidents
  const found = yield* orDatabaseUnavailable(
    incidents.list({ accountId, acknowledged: isYes(acknowledged), limit })
  )
  return { incidents: found }
})

const acknowledge = Effect.fnUntraced(function* (incidentId: string) {
  const incidents = yield* Incidents
  const { grant } = yield* Caller
  const accounts = mayReadAll(grant) ? 'all' : grant.accounts
  const incident = yield* orDatabaseUnavailable(incidents.acknowledge(incidentId, accounts))
  return incident ?? (yield* new NotFound({ detail: `There is no incident ${incidentId}` }))
})

export const incidentsLayer = HttpApiBuilder.group(Api, 'incidents', handlers =>
  handlers.handleAll({
    list: ({ query }) => list(query),
    acknowledge: ({ params }) => acknowledge(params.incidentId)
  })
)
