// One record for each thing a person should know of; a repeat raises its count. Its words never
// hold message text or numbers; which conversation it is about is a field of its own, which is not logged.
import { createHash } from 'node:crypto'
import { Clock, Context, Effect, Layer, PubSub, Schema, Semaphore, Stream } from 'effect'
import { SqlClient } from 'effect/sql'
import { Incident, type IncidentKind } from '../../domain/incident.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'

export interface News extends Pick<
  Incident,
  'accountId' | 'severity' | 'subject' | 'happened' | 'did' | 'advice'
> {
  readonly kind: IncidentKind
  readonly threadId?: string
  readonly messageId?: string
}

/** A report as it is made; how often it was made before, the list tells. */
export interface Reported extends News {
  readonly incidentId: string
  /** Milliseconds since 1970. */
  readonly at: number
}

export class Incidents extends Context.Service<
  Incidents,
  {
    /**
     * Logs and stores the incident. Telling of trouble must not make trouble: what a failing database does not take is
     * kept in memory and stored when it works again.
     */
    readonly report: (news: News) => Effect.Effect<void>
    /** Every report from now on, as it is made; who cannot keep up misses the oldest. */
    readonly reported: Stream.Stream<Reported>
    /** The newest first; also what could not be stored yet. */
    readonly list: (query: {
      readonly accountId?: string | undefined
      /** Whether a person has seen them; both kinds when it is not given. */
      readonly acknowledged?: boolean | undefined
      readonly limit: number
    }) => Effect.Effect<ReadonlyArray<Incident>, DatabaseError>
    /** A person has seen it; answers the incident, or `undefined` when there is none of this id. */
    readonly acknowledge: (incidentId: string) => Effect.Effect<Incident | undefined, DatabaseError>
  }
>()('backscroll/services/incidents/Incidents') {
  static readonly layer: Layer.Layer<Incidents, never, SqlClient.SqlClient> = Layer.effect(
    Incidents,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const unstored = new Map<string, Incident>()
      const pen = yield* Semaphore.make(1)
      const reports = yield* PubSub.sliding<Reported>(MOST_UNREAD)

      const store = (incident: Incident) =>
        sql`INSERT INTO incidents (incident_id, account_id, kind, severity, subject, happened, did, advice,
            first_seen_at, last_seen_at, count, thread_id, message_id)
          VALUES (${incident.incidentId}, ${incident.accountId}, ${incident.kind}, ${incident.severity}, ${incident.subject},
            ${incident.happened}, ${incident.did}, ${incident.advice}, ${incident.firstSeenAt}, ${incident.lastSeenAt},
            ${incident.count}, ${incident.threadId}, ${incident.messageId})
          ON CONFLICT (incident_id) DO UPDATE SET count = incidents.count + excluded.count,
            last_seen_at = excluded.last_seen_at, happened = excluded.happened, did = excluded.did,
            severity = excluded.severity, advice = excluded.advice, thread_id = excluded.thread_id,
            message_id = excluded.message_id, acknowledged_at = NULL`

      const storeUnstored = pen.withPermit(
        Effect.gen(function* () {
          for (const [incidentId, incident] of unstored) {
            yield* store(incident)
            unstored.delete(incidentId)
          }
        })
      )

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
        yield* PubSub.publish(reports, { ...news, incidentId, at })
        const waiting = unstored.get(incidentId)
        if (unstored.size < MOST_UNSTORED || waiting !== undefined) {
          unstored.set(incidentId, {
            threadId: null,
            messageId: null,
            ...news,
            incidentId,
            firstSeenAt: waiting?.firstSeenAt ?? at,
            lastSeenAt: at,
            count: (waiting?.count ?? 0) + 1,
            acknowledgedAt: null
          })
        }
        const storing = storeUnstored.pipe(
          Effect.catch(error => Effect.logDebug('Incidents wait in memory: they cannot be stored now', error))
        )
        // Not within somebody's transaction, which may yet fail: what happened, happened.
        yield* sql.afterCommit(storing)
      })

      const list: Incidents['Service']['list'] = Effect.fn('Incidents.list')(function* ({
        accountId,
        acknowledged,
        limit
      }) {
        const rows = yield* sql`SELECT * FROM incidents WHERE ${sql.and([
          accountId === undefined ? sql`TRUE` : sql`account_id = ${accountId}`,
          acknowledged === undefined
            ? sql`TRUE`
            : sql`(acknowledged_at IS NOT NULL) = ${acknowledged ? 1 : 0}`
        ])} ORDER BY last_seen_at DESC, incident_id LIMIT ${limit}`
        const stored = yield* Effect.forEach(rows, decodeIncident)
        const waiting = [...unstored.values()].filter(
          incident => acknowledged !== true && (accountId === undefined || incident.accountId === accountId)
        )
        return [
          ...waiting.toReversed(),
          ...stored.filter(({ incidentId }) => !unstored.has(incidentId))
        ].slice(0, limit)
      }, asDatabaseError('reading incidents'))

      const acknowledge = Effect.fn('Incidents.acknowledge')(function* (incidentId: string) {
        const [row] = yield* sql`UPDATE incidents SET acknowledged_at = ${yield* Clock.currentTimeMillis}
            WHERE incident_id = ${incidentId} RETURNING *`
        return row === undefined ? undefined : yield* decodeIncident(row)
      }, asDatabaseError('acknowledging an incident'))

      yield* Effect.forkScoped(
        Effect.sleep(STORE_AGAIN_MS).pipe(
          Effect.andThen(Effect.ignore(Effect.suspend(() => storeUnstored))),
          Effect.forever
        )
      )
      return Incidents.of({ report, reported: Stream.fromPubSub(reports), list, acknowledge })
    })
  )
}

/** More kinds of trouble at once than a person would read. */
const MOST_UNSTORED = 1000
const STORE_AGAIN_MS = 5000
/** Reports that a slow subscriber may be behind. */
const MOST_UNREAD = 200

const Row = Schema.Struct({
  incidentId: Schema.String,
  accountId: Schema.NullOr(Schema.String),
  kind: Schema.String,
  severity: Incident.fields.severity,
  subject: Schema.String,
  happened: Schema.String,
  did: Schema.String,
  advice: Schema.String,
  firstSeenAt: Schema.Finite,
  lastSeenAt: Schema.Finite,
  count: Schema.Finite,
  acknowledgedAt: Schema.NullOr(Schema.Finite),
  threadId: Schema.NullOr(Schema.String),
  messageId: Schema.NullOr(Schema.String)
})

/** An incident from its row. */
export const decodeIncident = (row: unknown) =>
  Effect.map(Schema.decodeUnknownEffect(Row)(row), (found): Incident => ({
    incidentId: found.incidentId,
    accountId: found.accountId,
    kind: found.kind,
    severity: found.severity,
    subject: found.subject,
    happened: found.happened,
    did: found.did,
    advice: found.advice,
    firstSeenAt: found.firstSeenAt,
    lastSeenAt: found.lastSeenAt,
    count: found.count,
    acknowledgedAt: found.acknowledgedAt,
    threadId: found.threadId,
    messageId: found.messageId
  }))
