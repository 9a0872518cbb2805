// The HTTP contract of the inspector's switch and tickets. The page and its stream are outside the contract.
import { Schema } from 'effect'
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from 'effect/http-api'
import { administers } from '../../auth/access.ts'
import { Authorization } from '../../auth/authorization.ts'
import { operation } from '../../operation.ts'
import { InspectorIsOff } from '../../problems.ts'
import { Time, Whole } from '../../../domain/whole.ts'

/** The detail of every refusal while the inspector is off. */
export const HOW_TO_SWITCH_ON =
  'Switch it on with PUT /v1/inspector {"on": true}, or start the server with INSPECT=true'

export const InspectorState = Schema.Struct({
  on: Schema.Boolean,
  /** Number of connected viewers. */
  viewers: Whole
}).annotate({ identifier: 'Inspector' })

/** Opens `/inspect/stream?ticket=…` once: browsers cannot send the API key with a WebSocket. Milliseconds since 1970. */
export const InspectorTicket = Schema.Struct({
  ticket: Schema.String,
  expiresAt: Time
}).annotate({ identifier: 'InspectorTicket' })

export class InspectorGroup extends HttpApiGroup.make('inspector')
  .add(
    HttpApiEndpoint.get('inspector', '/inspector', { success: InspectorState }).annotateMerge(
      operation({
        access: administers,
        summary: 'Get the inspector status',
        description: 'Whether the inspector is on, and how many viewers are connected.'
      })
    ),
    HttpApiEndpoint.put('turnInspector', '/inspector', {
      payload: Schema.Struct({ on: Schema.Boolean }).annotate({ identifier: 'InspectorSwitch' }),
      success: InspectorState
    }).annotateMerge(
      operation({
        access: administers,
        summary: 'Switch the inspector on or off',
        description: 'Until the server restarts. Switching it off disconnects all viewers.'
      })
    ),
    HttpApiEndpoint.post('inspectorTicket', '/inspector/tickets', {
      success: InspectorTicket.pipe(HttpApiSchema.status(201)),
      error: InspectorIsOff
    }).annotateMerge(
      operation({
        access: administers,
        summary: 'Create an inspector ticket',
        description: 'Valid for one connection to the WebSocket /inspect/stream?ticket=…&accountId=….'
      })
    )
  )
  .middleware(Authorization)
  .prefix('/v1') {}
