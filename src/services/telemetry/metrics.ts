// The metrics that Prometheus scrapes. No metric holds message text, phone numbers or names: accounts are counted, not
// distinguished.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Clock, Context, Effect, Layer, Metric } from 'effect'
import { SqlClient } from 'effect/sql'
import { ACCOUNT_STATES, type AccountState } from '../../domain/account.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'

const counter = (name: string, description: string) =>
  Metric.counter(`backscroll_${name}_total`, { description, incremental: true })
const gauge = (name: string, description: string) => Metric.gauge(`backscroll_${name}`, { description })

const transitions = counter('account_transitions', 'State changes of accounts, by both states')
const reconnects = counter('reconnects', 'Connections that were lost and are tried again, by WhatsApp’s code')
const unexpectedEvents = counter(
  'unexpected_events',
  'Events that an account had no use for in its state, by event and state'
)
const restarts = counter(
  'account_restarts',
  'Accounts started anew, by whether they crashed or somebody asked'
)
const received = counter('messages_received', 'Messages that arrived live and were stored')
const sent = counter('messages_sent', 'Messages that WhatsApp has acknowledged')

const firestore = counter('firestore_operations', 'Documents of Firestore, by what became of them')

/** Updates a metric once for each distinct value, with how often it occurs, under the attribute `name`. */
const updateByValue = <Value extends string>(
  metric: Metric.Metric<number, unknown>,
  name: string,
  values: Iterable<Value>,
  counts = new Map<Value, number>()
): Effect.Effect<void> => {
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return Effect.forEach(
    counts,
    ([value, n]) => Metric.update(Metric.withAttributes(metric, { [name]: value }), n),
    { discard: true }
  )
}

/** Counts the documents of one round by their outcome. */
export const countFirestore = (outcomes: ReadonlyArray<string>): Effect.Effect<void> =>
  updateByValue(firestore, 'outcome', outcomes)

/** Counts single events. */
export const count = {
  transition: (from: AccountState, to: AccountState) =>
    Metric.update(Metric.withAttributes(transitions, { from, to }), 1),
  reconnect: (code: number) => Metric.update(Metric.withAttributes(reconnects, { code: String(code) }), 1),
  unexpected: (event: string, state: string) =>
    Metric.update(Metric.withAttributes(unexpectedEvents, { event, state }), 1),
  restart: (cause: 'crash' | 'command') => Metric.update(Metric.withAttributes(restarts, { cause }), 1),
  received: (messages: number) => Metric.update(received, messages),
  sent: Metric.update(sent, 1)
}

const accounts = gauge('accounts', 'Accounts, by state')

/** How many accounts are in each state; a state that no account is in is 0. */
export const noteStates = (states: Iterable<AccountState>): Effect.Effect<void> =>
  updateByValue(accounts, 'state', states, new Map(ACCOUNT_STATES.map(state => [state, 0])))

/** Each with the statement that returns its value as `n`. */
const DEPTHS = [
  [
    gauge('inbox_waiting', 'Received and acknowledged, not stored for applications yet'),
    'SELECT COUNT(*) AS n FROM journal WHERE ingested_at IS NULL'
  ],
  [
    gauge('outbox_waiting', 'Accepted and not sent yet'),
    `SELECT COUNT(*) AS n FROM outbox WHERE status IN ('queued', 'sending')`
  ],
  [
    gauge('history_chunks_pending', 'History chunks that are announced and not stored yet'),
    `SELECT COUNT(*) AS n FROM history_chunks WHERE state = 'pending'`
  ],
  [
    gauge('backfill_parts_open', 'Gaps and beginnings that the phones are, or will be, asked for'),
    `SELECT COUNT(*) AS n FROM backfill_tasks WHERE status IN ('waiting', 'asked')`
  ],
  [
    gauge('firestore_waiting', 'Documents that have yet to be written to Firestore'),
    'SELECT COUNT(*) AS n FROM firestore_documents WHERE due IS NOT NULL'
  ],
  [
    gauge('gaps_open', 'Stretches of threads that may lack messages'),
    'SELECT COUNT(*) AS n FROM gaps WHERE closed_at IS NULL'
  ],
  [gauge('messages', 'Messages stored'), 'SELECT COALESCE(SUM(messages), 0) AS n FROM accounts'],
  [
    gauge('incidents_unacknowledged', 'Incidents that nobody has seen'),
    'SELECT COUNT(*) AS n FROM incidents WHERE acknowledged_at IS NULL'
  ]
] as const

const ingestLag = gauge('ingest_lag_seconds', 'How long the oldest entry of the inbox has waited')
const residentMemory = gauge('resident_memory_bytes', 'Memory of the process that is in use')
const eventLoopDelay = gauge('event_loop_delay_seconds', 'Since the last scrape, by quantile')

/** How exactly the event loop's delay is measured, milliseconds. */
const RESOLUTION_MS = 10

export class Gauges extends Context.Service<
  Gauges,
  {
    /** Measures everything that is not counted as it happens. */
    readonly refresh: Effect.Effect<void, DatabaseError>
  }
>()('backscroll/services/telemetry/Gauges') {
  static readonly layer: Layer.Layer<Gauges, never, SqlClient.SqlClient> = Layer.effect(
    Gauges,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const delay = yield* measuredDelay
      return Gauges.of({
        refresh: Effect.all([updateDepths(sql), updateIngestLag(sql), updateProcess(delay)], {
          discard: true
        }).pipe(asDatabaseError('measuring'))
      })
    })
  )
}

/** Measures the event loop's delay until the scope closes. */
const measuredDelay = Effect.acquireRelease(
  Effect.sync(() => {
    const monitor = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
    monitor.enable()
    return monitor
  }),
  monitor => Effect.sync(() => monitor.disable())
)

const updateDepths = (sql: SqlClient.SqlClient) =>
  Effect.forEach(
    DEPTHS,
    ([metric, statement]) =>
      Effect.flatMap(sql.unsafe<{ n: number }>(statement), ([row]) => Metric.update(metric, row?.n ?? 0)),
    { discard: true }
  )

const updateIngestLag = Effect.fnUntraced(function* (sql: SqlClient.SqlClient) {
  const [row] = yield* sql<{ at: number | null }>`SELECT MIN(received_at) AS at FROM journal
    WHERE ingested_at IS NULL`
  const at = row?.at ?? null
  const now = yield* Clock.currentTimeMillis
  yield* Metric.update(ingestLag, at === null ? 0 : Math.max(0, now - at) / 1000)
})

const QUANTILES = [0.5, 0.99, 1]

const updateProcess = Effect.fnUntraced(function* (delay: ReturnType<typeof monitorEventLoopDelay>) {
  yield* Metric.update(residentMemory, process.memoryUsage.rss())
  for (const quantile of QUANTILES) {
    const seconds = Math.max(0, delay.percentile(quantile * 100) / 1e9 - RESOLUTION_MS / 1000)
    yield* Metric.update(
      Metric.withAttributes(eventLoopDelay, { quantile: String(quantile) }),
      Number.isFinite(seconds) ? seconds : 0
    )
  }
  delay.reset()
})
