// One record for each thing a person should know of; a repeat raises its count. Never holds message text or numbers.
import { createHash } from 'node:crypto'
import { Clock, Context, Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import type { Incident } from '../../domain/incident.ts'

type News = Pick<Incident, 'accountId' | 'kind' | 'severity' | 'subject' | 'happened' | 'did' | 'advice'>

export class Incidents extends Context.Service<
  Incidents,
  {
    /** Stores and logs the incident. Telling of trouble must not make trouble: a failing database is logged only. */
    readonly report: (news: News) => Effect.Effect<void>
  }
>()('backscroll/services/observe/Incidents') {
  static readonly layer: Layer.Layer<Incidents, never, SqlClient.SqlClient> = Layer.effect(
    Incidents,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const report = Effect.fn('Incidents.report')(function* (news: News) {
        const at = yield* Clock.currentTimeMillis
        const identity = `${news.accountId ?? ''} ${news.kind} ${news.subject}`
        const incidentId = createHash('sha256').update(identity).digest('base64url').slice(0, 20)
        yield* Effect.logWarning(news.happened).pipe(
          Effect.annotateLogs({
            incident: news.kind,
            accountId: news.accountId ?? '',
            did: news.did,
            advice: news.advice
          })
        )
        yield* sql`INSERT INTO incidents (incident_id, account_id, kind, severity, subject, happened, did, advice,
            first_seen_at, last_seen_at, count)
          VALUES (${incidentId}, ${news.accountId}, ${news.kind}, ${news.severity}, ${news.subject}, ${news.happened},
            ${news.did}, ${news.advice}, ${at}, ${at}, 1)
          ON CONFLICT (incident_id) DO UPDATE SET count = incidents.count + 1, last_seen_at = excluded.last_seen_at,
            happened = excluded.happened, did = excluded.did, severity = excluded.severity, advice = excluded.advice`.pipe(
          Effect.catch(error => Effect.logError('An incident could not be stored', error))
        )
      })
      return Incidents.of({ report })
    })
  )
}
