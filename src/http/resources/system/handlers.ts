// Probes and metrics over HTTP.
import { Effect } from 'effect'
import { HttpApiBuilder } from 'effect/http-api'
import { PrometheusMetrics } from 'effect/observability'
import { AccountStore } from '../../../services/conversations/account-store.ts'
import { DatabaseHealth, type DatabaseProblem } from '../../../services/database/health.ts'
import { Webhooks } from '../../../services/webhooks/webhooks.ts'
import { Gauges } from '../../../services/telemetry/metrics.ts'
import { Api } from '../../api.ts'
import { orDatabaseUnavailable, StoreUnavailable } from '../../problems.ts'

const PROBLEMS: Readonly<Record<DatabaseProblem['kind'], string>> = {
  damaged: 'The database is damaged, or its file was changed by something else',
  replaced: 'The database is damaged, or its file was removed or replaced',
  disk: 'The disk does not take what is written'
}

const ready = Effect.fnUntraced(function* (
  accounts: AccountStore['Service'],
  health: DatabaseHealth['Service']
) {
  // The accounts do not matter here: any query that always reaches the database would do.
  yield* orDatabaseUnavailable(accounts.list)
  const problem = health.problem()
  if (problem === undefined) return { status: 'ready' as const }
  // Everybody may ask: neither the file nor what SQLite says of it is told here.
  return yield* new StoreUnavailable({
    detail: `${PROBLEMS[problem.kind]}; GET /v1/incidents says what to do`
  })
})

export const systemLayer = HttpApiBuilder.group(
  Api,
  'system',
  Effect.fn(function* (handlers) {
    const accounts = yield* AccountStore
    const health = yield* DatabaseHealth
    return handlers.handleAll({
      health: () => Effect.succeed({ status: 'ok' as const }),
      ready: () => ready(accounts, health)
    })
  })
)

export const metricsLayer = HttpApiBuilder.group(
  Api,
  'metrics',
  Effect.fn(function* (handlers) {
    const gauges = yield* Gauges
    const webhooks = yield* Webhooks
    const measure = orDatabaseUnavailable(Effect.andThen(gauges.refresh, webhooks.measureLag))
    return handlers.handleAll({
      metrics: () => Effect.andThen(measure, PrometheusMetrics.format())
    })
  })
)
