// What is kept for how long, over HTTP.
import { Effect } from 'effect'
import { HttpApiBuilder } from 'effect/http-api'
import { type Keeping, RETENTION_RULES } from '../../../domain/retention.ts'
import { Retention } from '../../../services/retention/retention.ts'
import { Api } from '../../api.ts'
import { orDatabaseUnavailable } from '../../problems.ts'
import type { RetentionDryRun } from './contract.ts'

const HOUR_MS = 60 * 60 * 1000

const milliseconds = (text: string): number | undefined =>
  text === '' ? undefined : Number(text.slice(0, -1)) * (text.endsWith('d') ? 24 : 1) * HOUR_MS

const keepingOf = (given: RetentionDryRun): Partial<Keeping> =>
  Object.fromEntries(
    RETENTION_RULES.flatMap(rule => {
      const keep = given[rule]
      return keep === undefined ? [] : [[rule, milliseconds(keep)]]
    })
  )

export const retentionLayer = HttpApiBuilder.group(
  Api,
  'retention',
  Effect.fn(function* (handlers) {
    const retention = yield* Retention
    return handlers.handleAll({
      get: () => orDatabaseUnavailable(Effect.map(retention.states, rules => ({ rules }))),
      dryRun: ({ payload = {} }) =>
        orDatabaseUnavailable(Effect.map(retention.dryRun(keepingOf(payload)), rules => ({ rules })))
    })
  })
)
