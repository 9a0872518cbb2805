// What is counted and measured, as Prometheus scrapes it.
import { Effect } from 'effect'
import { HttpApiBuilder } from 'effect/http-api'
import { PrometheusMetrics } from 'effect/observability'
import { Gauges } from '../../../services/telemetry/metrics.ts'
import { Api } from '../../api.ts'
import { StoreUnavailable } from '../../problems.ts'

export const metricsLayer = HttpApiBuilder.group(
  Api,
  'metrics',
  Effect.fn(function* (handlers) {
    const gauges = yield* Gauges
    return handlers.handleAll({
      metrics: () =>
        Effect.andThen(
          Effect.mapError(gauges.refresh, () => new StoreUnavailable({})),
          PrometheusMetrics.format()
        )
    })
  })
)
