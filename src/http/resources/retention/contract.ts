// The HTTP contract of what is kept for how long.
import { Schema } from 'effect'
import { HttpApiEndpoint, HttpApiGroup } from 'effect/http-api'
import { RetentionCount, RetentionState } from '../../../domain/retention.ts'
import { administers } from '../../auth/access.ts'
import { Authorization } from '../../auth/authorization.ts'
import { optionalBody } from '../../fields.ts'
import { operation } from '../../operation.ts'
import { BadField, StoreUnavailable } from '../../problems.ts'

/** As in the settings: `12h`, `365d`; an empty text means for good. */
const keep = Schema.String.check(
  Schema.isPattern(/^(\d{1,5}d|\d{1,7}h)?$/, { message: 'Expected 12h, 365d or an empty text' })
)

const DryRun = Schema.Struct({
  messages: Schema.optionalKey(keep),
  media: Schema.optionalKey(keep),
  events: Schema.optionalKey(keep),
  incidents: Schema.optionalKey(keep),
  audit: Schema.optionalKey(keep)
}).annotate({ identifier: 'RetentionDryRun' })
export type RetentionDryRun = typeof DryRun.Type

export class RetentionGroup extends HttpApiGroup.make('retention')
  .add(
    HttpApiEndpoint.get('get', '/', {
      success: Schema.Struct({ rules: Schema.Array(RetentionState) }).annotate({ identifier: 'Retention' }),
      error: StoreUnavailable
    }).annotateMerge(
      operation({
        access: administers,
        summary: 'What is kept for how long',
        description:
          'The rules of MESSAGES_KEEP, MEDIA_KEEP, EVENTS_KEEP, INCIDENTS_KEEP and AUDIT_KEEP, when each was last applied, and what it has removed.'
      })
    ),
    HttpApiEndpoint.post('dryRun', '/dry-run', {
      payload: optionalBody(DryRun),
      success: Schema.Struct({ rules: Schema.Array(RetentionCount) }).annotate({
        identifier: 'RetentionDryRunResult'
      }),
      error: [BadField, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: administers,
        changesNothing: true,
        summary: 'Count what would be removed',
        description:
          'Removes nothing. For each rule the time may be given as in its setting, such as {"messages": "365d"}; those that are not given are as the settings say.'
      })
    )
  )
  .middleware(Authorization)
  .prefix('/v1/retention') {}
