// The metrics that Prometheus scrapes. No metric holds message text, phone numbers or names: accounts are counted, not
// distinguished.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Clock, Context, Effect, Layer, Metric } from 'effect'
import { SqlClient, type SqlError } from 'effect/sql'
import { ACCOUNT_STATES, type AccountState } from '../../domain/account.ts'
import type { AddOnKind } from '../../domain/sealed-add-on.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { type OwnedTable, Tables } from '../database/tables.ts'
import { ServerTime, type SteadyTime } from '../process/steady-clock.ts'

const counter = (name: string, description: string) =>
  Metric.counter(`backscroll_${name}_total`, { description, incremental: true })
const gauge = (name: string, description: string) => Metric.gauge(`backscroll_${name}`, { description })

const transitions = counter('account_transitions', 'State changes of accounts, by both states')
const reconnects = counter('reconnects', 'Reconnects after a lost connection, by disconnect code')
const unexpectedEvents = counter(
  'unexpected_events',
  'Events that an account ignored in its state, by event and state'
)
const restarts = counter('account_restarts', 'Account restarts, by cause: crash or command')
const received = counter('messages_received', 'Messages that arrived live and were stored')
const sent = counter('messages_sent', 'Messages that WhatsApp has acknowledged')

const unsupported = counter(
  'messages_unsupported',
  'Messages of a kind that this version does not know, by kind'
)
const faultyStanzas = counter('stanzas_faulty', 'Stanzas that could not be handled, by tag')
const unknownMutations = counter(
  'app_state_unknown',
  'Changes of app state that this server has no use for, by kind'
)

const addOns = counter(
  'add_ons',
  'Encrypted edits, reactions, votes and the like, by kind and outcome: opened or unreadable'
)
const firestore = counter('firestore_operations', 'Firestore documents processed, by outcome')

const versionChecks = counter(
  'client_version_checks',
  'Times that WhatsApp’s page was asked for its client version, by outcome: found or failed'
)
const clientVersion = gauge('client_version', 'Last number of the WhatsApp client version 2.3000.n in use')

/** Notes the version that new connections use, by its last number. */
export const noteClientVersion = (revision: number): Effect.Effect<void> =>
  Metric.update(clientVersion, revision)

export const countVersionCheck = (outcome: 'found' | 'failed'): Effect.Effect<void> =>
  Metric.update(Metric.withAttributes(versionChecks, { outcome }), 1)

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

/** Counts messages by the name of their kind. The caller bounds how many different names there are. */
export const countUnsupported = (kinds: ReadonlyArray<string>): Effect.Effect<void> =>
  updateByValue(unsupported, 'kind', kinds)

/** What another thread has counted while it did something for this one. */
export interface Counted {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly times: number
}

/** What is counted by the work, in a registry of its own. */
export const countedBy = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const counted = Effect.map(Metric.snapshot, all =>
      all.flatMap(({ attributes, id: name, ...metric }): ReadonlyArray<Counted> =>
        metric.type === 'Counter'
          ? [{ name, attributes: { ...attributes }, times: Number(metric.state.count) }]
          : []
      )
    )
    return Effect.provideService(Effect.all([work, counted]), Metric.MetricRegistry, new Map())
  })

/** The counters that storing messages counts with. */
const OF_STORING = new Map([unsupported, addOns].map(metric => [metric.id, metric]))

/** Counts here what another thread has counted. */
export const countAll = (counted: ReadonlyArray<Counted>): Effect.Effect<void> =>
  Effect.forEach(
    counted,
    ({ attributes, name, times }) => {
      const metric = OF_STORING.get(name)
      return metric === undefined
        ? Effect.void
        : Metric.update(Metric.withAttributes(metric, attributes), times)
    },
    { discard: true }
  )

/** Counts single events. */
export const count = {
  transition: (from: AccountState, to: AccountState) =>
    Metric.update(Metric.withAttributes(transitions, { from, to }), 1),
  reconnect: (code: number) => Metric.update(Metric.withAttributes(reconnects, { code: String(code) }), 1),
  unexpected: (event: string, state: string) =>
    Metric.update(Metric.withAttributes(unexpectedEvents, { event, state }), 1),
  restart: (cause: 'crash' | 'command') => Metric.update(Metric.withAttributes(restarts, { cause }), 1),
  faultyStanza: (tag: string) => Metric.update(Metric.withAttributes(faultyStanzas, { tag }), 1),
  received: (messages: number) => Metric.update(received, messages),
  addOn: (kind: AddOnKind, outcome: 'opened' | 'unreadable') =>
    Metric.update(Metric.withAttributes(addOns, { kind, outcome }), 1),
  sent: Metric.update(sent, 1),
  /** The kinds as WhatsApp names them. */
  unknownMutations: (kinds: ReadonlyArray<string>) => updateByValue(unknownMutations, 'kind', kinds)
}

const accounts = gauge('accounts', 'Accounts, by state')

/** How many accounts are in each state; a state that no account is in is 0. */
export const noteStates = (states: Iterable<AccountState>): Effect.Effect<void> =>
  updateByValue(accounts, 'state', states, new Map(ACCOUNT_STATES.map(state => [state, 0])))

const webhookLag = gauge(
  'webhook_lag_seconds',
  'For how long the oldest event has waited that an active webhook has not looked at yet'
)

export const noteWebhookLag = (seconds: number): Effect.Effect<void> => Metric.update(webhookLag, seconds)

const residentMemory = gauge('resident_memory_bytes', 'Memory of the process that is in use')
const clockOffset = gauge(
  'clock_offset_seconds',
  "How far the machine's clock is ahead of WhatsApp's, once WhatsApp has said the time"
)
const eventLoopDelay = gauge('event_loop_delay_seconds', 'Since the last scrape, by quantile')

/** How exactly the event loop's delay is measured, milliseconds. */
const RESOLUTION_MS = 10

type Queue = NonNullable<OwnedTable['queue']>
type Measure = (sql: SqlClient.SqlClient) => Effect.Effect<void, SqlError.SqlError>

/** How many rows of a queue wait. */
const measureDepth = (table: string, { description, gauge: name, waiting }: Queue): Measure => {
  const depth = gauge(name, description)
  return sql =>
    Effect.flatMap(
      sql.unsafe<{ n: number }>(`SELECT COUNT(*) AS n FROM ${table} WHERE ${waiting}`),
      ([row]) => Metric.update(depth, row?.n ?? 0)
    )
}

/** For how many seconds the oldest row of a queue has waited. */
const measureAge = (table: string, { waiting }: Queue, age: NonNullable<Queue['age']>): Measure => {
  const oldest = gauge(age.gauge, age.description)
  return Effect.fnUntraced(function* (sql: SqlClient.SqlClient) {
    const [row] = yield* sql.unsafe<{ since: number | null }>(
      `SELECT MIN(${age.since}) AS since FROM ${table} WHERE ${waiting}`
    )
    const now = yield* Clock.currentTimeMillis
    yield* Metric.update(oldest, row?.since == null ? 0 : Math.max(0, now - row.since) / 1000)
  })
}

const measureTotal = (table: string, total: NonNullable<OwnedTable['total']>): Measure => {
  const sum = gauge(total.gauge, total.description)
  return sql =>
    Effect.flatMap(
      sql.unsafe<{ n: number }>(`SELECT COALESCE(SUM(${total.column}), 0) AS n FROM ${table}`),
      ([row]) => Metric.update(sum, row?.n ?? 0)
    )
}

/** What measures a table, by its declaration. */
const measuresOf = ({ name, queue, total }: OwnedTable): ReadonlyArray<Measure> => [
  ...(queue === undefined ? [] : [measureDepth(name, queue)]),
  ...(queue?.age === undefined ? [] : [measureAge(name, queue, queue.age)]),
  ...(total === undefined ? [] : [measureTotal(name, total)])
]

/** Measures the event loop's delay until the scope closes. */
const eventLoopMonitor = Effect.acquireRelease(
  Effect.sync(() => {
    const monitor = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
    monitor.enable()
    return monitor
  }),
  monitor => Effect.sync(() => monitor.disable())
)

const QUANTILES = [0.5, 0.99, 1]

const measureProcess = Effect.fnUntraced(function* (delay: ReturnType<typeof monitorEventLoopDelay>) {
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

const measureClock = (time: SteadyTime): Effect.Effect<void> =>
  Effect.suspend(() => {
    const offset = time.offset()
    return offset === undefined ? Effect.void : Metric.update(clockOffset, offset / 1000)
  })

export class Gauges extends Context.Service<
  Gauges,
  {
    /** Measures everything that is not counted as it happens. */
    readonly refresh: Effect.Effect<void, DatabaseError>
  }
>()('backscroll/services/telemetry/Gauges') {
  static readonly layer: Layer.Layer<Gauges, never, ServerTime | SqlClient.SqlClient | Tables> = Layer.effect(
    Gauges,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const tables = yield* Tables
      const time = yield* ServerTime
      const delay = yield* eventLoopMonitor
      const measures = tables.all.flatMap(measuresOf)
      return Gauges.of({
        refresh: Effect.forEach(measures, measure => measure(sql), { discard: true }).pipe(
          Effect.andThen(measureProcess(delay)),
          Effect.andThen(measureClock(time)),
          asDatabaseError('measuring')
        )
      })
    })
  )
}
