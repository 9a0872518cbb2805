// One record for each thing a person should know of; a repeat raises its count. The texts never hold message bodies or
// phone numbers; thread and message are fields of their own, which are not logged.
import { createHash } from 'node:crypto'
import { Clock, Context, Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import type { Incident, IncidentKind } from '../../domain/incident.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import {
  acknowledgeIncident,
  countOldIncidents,
  deleteOldIncidents,
  hasIncident,
  type IncidentQuery,
  listIncidents,
  type ResolvedIncidents,
  resolveIncidents,
  storeIncident
} from './incident-rows.ts'
import { EventLog } from '../events/event-log.ts'
import { type IncidentRepeats, makeIncidentRepeats } from './repeats.ts'
import { makeUnstoredIncidents, merged, type UnstoredIncidents } from './unstored.ts'

/** What happened, as the code that noticed it reports it. */
export interface IncidentReport extends Pick<
  Incident,
  'accountId' | 'severity' | 'subject' | 'happened' | 'did' | 'advice'
> {
  readonly kind: IncidentKind
  readonly threadId?: string
  readonly messageId?: string
  /** How often it has happened; once when left out. */
  readonly times?: number
}

/** A report with its place. */
interface IncidentNotice extends IncidentReport {
  readonly incidentId: string
  /** Milliseconds since 1970. */
  readonly at: number
}

/** Takes reports: all that those need who only notice something. */
export class IncidentReports extends Context.Service<
  IncidentReports,
  {
    /**
     * Logs and stores the incident. Never fails: what the database refuses is kept in memory and stored as soon as it
     * works again. Repeats within a second are counted, and neither logged nor told to subscribers, unless the incident was
     * acknowledged or resolved meanwhile.
     */
    readonly report: (report: IncidentReport) => Effect.Effect<void>
    /** The same, unless something was reported about this subject and is not over. Never fails: in doubt it reports. */
    readonly reportOnce: (report: IncidentReport) => Effect.Effect<void>
  }
>()('backscroll/services/incidents/IncidentReports') {}

export class Incidents extends Context.Service<
  Incidents,
  IncidentReports['Service'] & {
    /** Notes that the cause of incidents is over: of one kind, of one account. A repeat is unresolved again. */
    readonly resolve: (over: ResolvedIncidents) => Effect.Effect<void, DatabaseError>
    /** Latest first, including those that are not stored yet. */
    readonly list: (query: IncidentQuery) => Effect.Effect<ReadonlyArray<Incident>, DatabaseError>
    /** Marks an incident as read by a person; returns it, or `undefined` when none of these accounts has one with this id. */
    readonly acknowledge: (
      incidentId: string,
      accounts?: 'all' | ReadonlyArray<string>
    ) => Effect.Effect<Incident | undefined, DatabaseError>
    /** Removes up to so many that were last seen before a time and are acknowledged or resolved; answers how many. */
    readonly removeOld: (before: number, limit: number) => Effect.Effect<number, DatabaseError>
    /** How many those are, and when the oldest was last seen. */
    readonly countOld: (
      before: number
    ) => Effect.Effect<{ readonly removed: number; readonly oldest: number | null }, DatabaseError>
  }
>()('backscroll/services/incidents/Incidents') {
  static readonly layer: Layer.Layer<Incidents | IncidentReports, never, SqlClient.SqlClient | EventLog> =
    Layer.effectContext(
      Effect.gen(function* () {
        const store: Store = { sql: yield* SqlClient.SqlClient, events: yield* EventLog }
        const { sql } = store
        const unstored = makeUnstoredIncidents()
        yield* Effect.forkScoped(storeAgain(store, unstored))
        yield* Effect.addFinalizer(() => Effect.ignore(storeUnstored(store, unstored)))
        const repeats = makeIncidentRepeats()
        const reporting = report(store, unstored, repeats)
        const reports = IncidentReports.of({
          report: reporting,
          reportOnce: reported =>
            Effect.flatMap(isKnown(sql, unstored, incidentIdOf(reported)), known =>
              known ? Effect.void : reporting(reported)
            )
        })
        const all = Incidents.of({
          ...reports,
          resolve: resolve(store, unstored, repeats),
          list: list(sql, unstored),
          acknowledge: acknowledge(store, unstored, repeats),
          removeOld: (before, limit) =>
            deleteOldIncidents(sql, before, limit).pipe(asDatabaseError('removing old incidents')),
          countOld: before => countOldIncidents(sql, before).pipe(asDatabaseError('counting old incidents'))
        })
        return Context.make(Incidents, all).pipe(Context.add(IncidentReports, reports))
      })
    )
}

const STORE_AGAIN_MS = 1000

/** The same for every report about the same subject. */
const incidentIdOf = ({ accountId, kind, subject }: IncidentReport): string =>
  createHash('sha256')
    .update(`${accountId ?? ''} ${kind} ${subject}`)
    .digest('base64url')
    .slice(0, 20)

const incidentOf = ({ incidentId, at, times = 1, ...report }: IncidentNotice): Incident => ({
  threadId: null,
  messageId: null,
  ...report,
  incidentId,
  firstSeenAt: at,
  lastSeenAt: at,
  count: times,
  acknowledgedAt: null,
  resolvedAt: null
})

const logReport = ({ accountId, advice, did, happened, kind }: IncidentReport) =>
  Effect.logWarning(happened).pipe(
    Effect.annotateLogs({ incident: kind, accountId: accountId ?? '', did, advice })
  )

/** Where incidents are kept, and told of. */
interface Store {
  readonly sql: SqlClient.SqlClient
  readonly events: EventLog['Service']
}

/** Events about incidents of any accounts, in the transaction that changes these. */
const tell = (
  { events }: Store,
  kind: 'incident.reported' | 'incident.acknowledged' | 'incident.resolved',
  incidents: ReadonlyArray<Pick<Incident, 'accountId' | 'incidentId'>>
) =>
  Effect.forEach(
    Map.groupBy(incidents, ({ accountId }) => accountId),
    ([accountId, ofAccount]) =>
      events.append(
        accountId,
        ofAccount.map(({ incidentId }) => ({ kind, subjectId: incidentId }))
      ),
    { discard: true }
  )

const storeUnstored = (store: Store, unstored: UnstoredIncidents) =>
  unstored.flush(incidents =>
    store.sql.withTransaction(
      Effect.andThen(
        Effect.forEach(incidents, incident => storeIncident(store.sql, incident), { discard: true }),
        tell(store, 'incident.reported', incidents)
      )
    )
  )

const report = (store: Store, unstored: UnstoredIncidents, repeats: IncidentRepeats) =>
  Effect.fn('Incidents.report')(function* (reported: IncidentReport) {
    const at = yield* Clock.currentTimeMillis
    const notice: IncidentNotice = { ...reported, incidentId: incidentIdOf(reported), at }
    unstored.add(incidentOf(notice))
    if (repeats.has(notice.incidentId, at)) return
    yield* logReport(reported)
    const storing = storeUnstored(store, unstored).pipe(
      Effect.catch(error => Effect.logDebug('Incidents wait in memory: they cannot be stored now', error))
    )
    // Outside of the caller's transaction: when that fails, the incident has happened all the same.
    yield* store.sql.afterCommit(storing)
  })

const isKnown = (sql: SqlClient.SqlClient, unstored: UnstoredIncidents, incidentId: string) =>
  unstored.has(incidentId)
    ? Effect.succeed(true)
    : Effect.orElseSucceed(hasIncident(sql, incidentId), () => false)

const list = (sql: SqlClient.SqlClient, unstored: UnstoredIncidents) =>
  Effect.fn('Incidents.list')(function* (query: IncidentQuery) {
    const stored = yield* listIncidents(sql, query)
    const waiting = unstored
      .list()
      .filter(
        ({ accountId }) =>
          query.acknowledged !== true && (query.accountId === undefined || accountId === query.accountId)
      )
    const known = new Map(stored.map(incident => [incident.incidentId, incident]))
    const isWaiting = new Set(waiting.map(({ incidentId }) => incidentId))
    const repeated = waiting.map(incident => {
      const earlier = known.get(incident.incidentId)
      return earlier === undefined ? incident : merged(earlier, incident)
    })
    return [...repeated, ...stored.filter(({ incidentId }) => !isWaiting.has(incidentId))].slice(
      0,
      query.limit
    )
  }, asDatabaseError('reading incidents'))

const resolveAndTell = (store: Store, over: ResolvedIncidents, now: number) =>
  Effect.flatMap(resolveIncidents(store.sql, over, now), incidents =>
    tell(store, 'incident.resolved', incidents)
  ).pipe(store.sql.withTransaction)

const resolve = (store: Store, unstored: UnstoredIncidents, repeats: IncidentRepeats) =>
  Effect.fn('Incidents.resolve')(function* (over: ResolvedIncidents) {
    const now = yield* Clock.currentTimeMillis
    yield* resolveAndTell(store, over, now)
    repeats.forgetAll()
    if (unstored.isEmpty()) return
    // Not within the caller's transaction: another fiber may be storing incidents, and wait for that transaction to end.
    yield* store.sql.afterCommit(
      Effect.andThen(
        storeUnstored(store, unstored),
        resolveAndTell(store, { ...over, reportedUntil: now }, now)
      ).pipe(Effect.catch(error => Effect.logWarning('Incidents that are over stay unresolved', error)))
    )
  }, asDatabaseError('resolving incidents'))

const acknowledge = (store: Store, unstored: UnstoredIncidents, repeats: IncidentRepeats) =>
  Effect.fn('Incidents.acknowledge')(function* (
    incidentId: string,
    accounts: 'all' | ReadonlyArray<string> = 'all'
  ) {
    repeats.forget(incidentId)
    // Repeats that wait were seen, too.
    yield* storeUnstored(store, unstored)
    const now = yield* Clock.currentTimeMillis
    return yield* acknowledgeIncident(store.sql, incidentId, accounts, now).pipe(
      Effect.tap(incident => tell(store, 'incident.acknowledged', incident === undefined ? [] : [incident])),
      store.sql.withTransaction
    )
  }, asDatabaseError('acknowledging an incident'))

/** Never ends. */
const storeAgain = (store: Store, unstored: UnstoredIncidents) =>
  Effect.sleep(STORE_AGAIN_MS).pipe(
    Effect.andThen(Effect.ignore(storeUnstored(store, unstored))),
    Effect.forever
  )
