// The HTTP contract of the server itself: probes and metrics.
import { Schema } from 'effect'
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from 'effect/http-api'
import { everyone, reads } from '../../auth/access.ts'
import { Authorization } from '../../auth/authorization.ts'
import { operation } from '../../operation.ts'
import { StoreUnavailable } from '../../problems.ts'

export class SystemGroup extends HttpApiGroup.make('system', { topLevel: true }).add(
  HttpApiEndpoint.get('health', '/health', {
    success: Schema.Struct({ status: Schema.Literal('ok') }).annotate({ identifier: 'Health' })
  }).annotateMerge(operation({ access: everyone, summary: 'Liveness probe' })),
  HttpApiEndpoint.get('ready', '/ready', {
    success: Schema.Struct({ status: Schema.Literal('ready') }).annotate({ identifier: 'Readiness' }),
    error: StoreUnavailable
  }).annotateMerge(
    operation({
      access: everyone,
      summary: 'Readiness probe',
      description: 'Succeeds when the database can be read and nothing is known to be wrong with it.'
    })
  )
) {}

export class MetricsGroup extends HttpApiGroup.make('metrics', { topLevel: true })
  .add(
    HttpApiEndpoint.get('metrics', '/metrics', {
      success: Schema.String.pipe(HttpApiSchema.asText({ contentType: 'text/plain; version=0.0.4' })),
      error: StoreUnavailable
    }).annotateMerge(
      operation({
        access: reads('all'),
        summary: 'Prometheus metrics',
        description: 'Prometheus sends a key as bearer token: one that may read all accounts.'
      })
    )
  )
  .middleware(Authorization) {}
