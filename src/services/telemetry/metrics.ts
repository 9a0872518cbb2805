// What is counted and measured, under the names that Prometheus scrapes. No metric holds message text, numbers or names:
// accounts are counted, not told apart.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Clock, Context, Effect, Layer, Metric } from 'effect'
import { SqlClient } from 'effect/sql'
import { ACCOUNT_STATES, type AccountState } from '../../domain/account.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { type OwnedTable, Tables } from '../database/tables.ts'

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

/** Counts what became of the documents of one round. */
export const countFirestore = (outcomes: ReadonlyArray<string>): Effect.Effect<void> => {
  const counts = new Map<string, number>()
  for (const outcome of outcomes) counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  return Effect.forEach(
    counts,
    ([outcome, n]) => Metric.update(Metric.withAttributes(firestore, { outcome }), n),
    { discard: true }
  )
}

/** Counts, each ready to be run. */
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

/** How many accounts are in each state. */
export const noteStates = (states: Iterable<AccountState>): Effect.Effect<void> => {
  const counts = new Map<AccountState, number>(ACCOUNT_STATES.map(state => [state, 0]))
  for (const state of states) counts.set(state, (counts.get(state) ?? 0) + 1)
  return Effect.forEach(
    counts,
    ([state, n]) => Metric.update(Metric.withAttributes(accounts, { state }), n),
    { discard: true }
  )
}

const messages = gauge('messages', 'Messages stored')
const residentMemory = gauge('resident_memory_bytes', 'Memory of the process that is in use')
const eventLoopDelay = gauge('event_loop_delay_seconds', 'Since the last scrape, by quantile')

/** How exactly the event loop's delay is measured, milliseconds. */
const RESOLUTION_MS = 10

/** What measures the queue of a table, if it is one: how many rows wait, and for how long the oldest has waited. */
const gaugesOf = ({ name, queue }: OwnedTable) => {
  if (queue === undefined) return []
  const { age, description, waiting } = queue
  const depth = gauge(queue.gauge, description)
  const measureDepth = (sql: SqlClient.SqlClient) =>
    Effect.flatMap(sql.unsafe<{ n: number }>(`SELECT COUNT(*) AS n FROM ${name} WHERE ${waiting}`), ([row]) =>
      Metric.update(depth, row?.n ?? 0)
    )
  if (age === undefined) return [measureDepth]
  const oldest = gauge(age.gauge, age.description)
  const measureAge = Effect.fnUntraced(function* (sql: SqlClient.SqlClient) {
    const [row] = yield* sql.unsafe<{ since: number | null }>(
      `SELECT MIN(${age.since}) AS since FROM ${name} WHERE ${waiting}`
    )
    const now = yield* Clock.currentTimeMillis
    yield* Metric.update(oldest, row?.since == null ? 0 : Math.max(0, now - row.since) / 1000)
  })
  return [measureDepth, measureAge]
}

export class Gauges extends Context.Service<
  Gauges,
  {
    /** Measures everything that is not counted as it happens. */
    readonly refresh: Effect.Effect<void, DatabaseError>
  }
>()('backscroll/services/telemetry/Gauges') {
  static readonly layer: Layer.Layer<Gauges, never, SqlClient.SqlClient | Tables> = Layer.effect(
    Gauges,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const tables = yield* Tables
      const delay = yield* Effect.acquireRelease(
        Effect.sync(() => {
          const monitor = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
          monitor.enable()
          return monitor
        }),
        monitor => Effect.sync(() => monitor.disable())
      )

      const measureQueues = Effect.forEach(tables.all.flatMap(gaugesOf), refresh => refresh(sql), {
        discard: true
      })
      const measureMessages = Effect.flatMap(
        sql<{ n: number }>`SELECT COALESCE(SUM(messages), 0) AS n FROM accounts`,
        ([row]) => Metric.update(messages, row?.n ?? 0)
      )

      const ofProcess = Effect.gen(function* () {
        yield* Metric.update(residentMemory, process.memoryUsage.rss())
        for (const quantile of [0.5, 0.99, 1]) {
          const seconds = Math.max(0, delay.percentile(quantile * 100) / 1e9 - RESOLUTION_MS / 1000)
          yield* Metric.update(
            Metric.withAttributes(eventLoopDelay, { quantile: String(quantile) }),
            Number.isFinite(seconds) ? seconds : 0
          )
        }
        delay.reset()
      })

      return Gauges.of({
        refresh: Effect.all([measureQueues, measureMessages, ofProcess], { discard: true }).pipe(
          asDatabaseError('measuring')
        )
      })
    })
  )
}
