// The HTTP contract of incidents.
import { Schema } from 'effect'
import { HttpApiEndpoint, HttpApiGroup } from 'effect/http-api'
import { Incident } from '../../../domain/incident.ts'
import { operates, reads } from '../../auth/access.ts'
import { Authorization } from '../../auth/authorization.ts'
import { AccountId, Id, limit, YesOrNo } from '../../fields.ts'
import { operation } from '../../operation.ts'
import { NotFound, StoreUnavailable } from '../../problems.ts'

const listQuery = {
  limit: limit(500),
  accountId: Schema.optionalKey(AccountId),
  acknowledged: Schema.optionalKey(YesOrNo)
}
export type IncidentListQuery = Schema.Struct.Type<typeof listQuery>

export class IncidentsGroup extends HttpApiGroup.make('incidents')
  .add(
    HttpApiEndpoint.get('list', '/incidents', {
      query: listQuery,
      success: Schema.Struct({ incidents: Schema.Array(Incident) }).annotate({ identifier: 'IncidentList' }),
      error: StoreUnavailable
    }).annotateMerge(
      operation({
        access: reads('query'),
        operationId: 'feed.incidents',
        summary: 'List incidents',
        description:
          'Newest first. Each says what happened, what the server did, and what to do. `acknowledged=false` returns only those that nobody has acknowledged.'
      })
    ),
    HttpApiEndpoint.post('acknowledge', '/incidents/:incidentId/acknowledge', {
      params: { incidentId: Id },
      success: Incident,
      error: [NotFound, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: operates('handler'),
        operationId: 'feed.acknowledge',
        summary: 'Acknowledge an incident',
        description: 'If it happens again, it is unacknowledged again.'
      })
    )
  )
  .middleware(Authorization)
  .prefix('/v1') {}
