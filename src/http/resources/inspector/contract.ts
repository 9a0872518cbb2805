// The HTTP contract of the inspector. The page and its stream lie beside it: /inspect and /inspect/stream.
import { Schema } from 'effect'
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from 'effect/http-api'
import { Authorization } from '../../auth/authorization.ts'
import { InspectorIsOff } from '../../problems.ts'

export const InspectorState = Schema.Struct({
  on: Schema.Boolean,
  /** How many watch at present. */
  viewers: Schema.Finite
}).annotate({ identifier: 'Inspector' })

/** Opens `/inspect/stream?ticket=…` once: browsers cannot send the API key with a WebSocket. Milliseconds since 1970. */
export const InspectorTicket = Schema.Struct({
  ticket: Schema.String,
  expiresAt: Schema.Finite
}).annotate({ identifier: 'InspectorTicket' })

export class InspectorGroup extends HttpApiGroup.make('inspector')
  .add(
    HttpApiEndpoint.get('inspector', '/inspector', { success: InspectorState }).annotateMerge(
      OpenApi.annotations({ summary: 'Whether the actors may be watched, and how many do' })
    ),
    HttpApiEndpoint.put('turnInspector', '/inspector', {
      payload: Schema.Struct({ on: Schema.Boolean }),
      success: InspectorState
    }).annotateMerge(
      OpenApi.annotations({
        summary: 'Switch the inspector on or off, until the server restarts; off sends all viewers away'
      })
    ),
    HttpApiEndpoint.post('inspectorTicket', '/inspector/tickets', {
      success: InspectorTicket.pipe(HttpApiSchema.status(201)),
      error: InspectorIsOff
    }).annotateMerge(
      OpenApi.annotations({
        summary: 'A ticket for one connection to the WebSocket /inspect/stream?ticket=…&accountId=…'
      })
    )
  )
  .middleware(Authorization)
  .prefix('/v1') {}
