// Probes and metrics over HTTP.
import { Effect } from 'effect'
import { HttpApiBuilder } from 'effect/http-api'
import { PrometheusMetrics } from 'effect/observability'
import { AccountStore } from '../../../services/conversations/account-store.ts'
import { Gauges } from '../../../services/telemetry/metrics.ts'
import { Api } from '../../api.ts'
import { orDatabaseUnavailable } from '../../problems.ts'

export const systemLayer = HttpApiBuilder.group(
  Api,
  'system',
  Effect.fn(function* (handlers) {
    const accounts = yield* AccountStore
    return handlers.handleAll({
      health: () => Effect.succeed({ status: 'ok' as const }),
      // The accounts do not matter here: any query that always reaches the database would do.
      ready: () => Effect.as(orDatabaseUnavailable(accounts.list), { status: 'ready' as const })
    })
  })
)

export const metricsLayer = HttpApiBuilder.group(
  Api,
  'metrics',
  Effect.fn(function* (handlers) {
    const gauges = yield* Gauges
    return handlers.handleAll({
      metrics: () => Effect.andThen(orDatabaseUnavailable(gauges.refresh), PrometheusMetrics.format())
    })
  })
)
