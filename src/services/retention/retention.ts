// Removes what is older than the operator wants to keep: once an hour, a little at a time. What it would remove can be asked before.
import { Clock, Context, Effect, Layer, Semaphore } from 'effect'
import { SqlClient } from 'effect/sql'
import {
  type Keeping,
  RETENTION_RULES,
  type RetentionCount,
  type RetentionRule,
  type RetentionState
} from '../../domain/retention.ts'
import { AccountStore } from '../conversations/account-store.ts'
import { OldMessages } from '../conversations/old-messages.ts'
import { AuditLog } from '../access/audit-log.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { Transaction } from '../database/transaction.ts'
import { EventLog } from '../events/event-log.ts'
import { Coverage } from '../history/coverage/coverage.ts'
import { troubleOf } from '../incidents/storage-trouble.ts'
import { Incidents } from '../incidents/incidents.ts'
import { LiveTraffic } from '../journal/traffic.ts'
import { Media } from '../media/media.ts'
import { type Kept, RULES } from './rules.ts'
import { beginRun, endRun, noteRemoved, readRuns } from './runs.ts'

export class Retention extends Context.Service<
  Retention,
  {
    /** The rules in force, and what they have removed. */
    readonly states: Effect.Effect<ReadonlyArray<RetentionState>, DatabaseError>
    /** What would be removed now if things were kept for so long; rules that are not given are as the settings say. */
    readonly dryRun: (
      keeping: Partial<Keeping>
    ) => Effect.Effect<ReadonlyArray<RetentionCount>, DatabaseError>
    /** Applies every rule, one after the other. Never fails: what cannot be removed now is by the next run. */
    readonly run: Effect.Effect<void>
  }
>()('backscroll/services/retention/Retention') {
  static layer(keeping: Keeping): Layer.Layer<Retention, DatabaseError, Kept | SqlClient.SqlClient> {
    return Layer.effect(Retention, makeRetention(keeping))
  }
}

const NEEDED = [
  AccountStore,
  AuditLog,
  Coverage,
  EventLog,
  Incidents,
  LiveTraffic,
  Media,
  OldMessages,
  Transaction
] as const

const makeRetention = Effect.fnUntraced(function* (keeping: Keeping) {
  const sql = yield* SqlClient.SqlClient
  const old = yield* OldMessages
  const provided = Effect.provideContext(Context.pick(...NEEDED)(yield* Effect.context<Kept>()))
  const running = new Map<RetentionRule, number>()
  const oneAtATime = Semaphore.makeUnsafe(1)
  // Before any account connects: nothing that is too old is fetched.
  const { messages } = keeping
  yield* old.setFloor(messages === undefined ? undefined : (yield* Clock.currentTimeMillis) - messages)

  const apply = (rule: RetentionRule, keep: number) =>
    provided(applyRule(sql, running, rule, keep)).pipe(
      Effect.catch(error =>
        Effect.logWarning(
          `What is older than ${RULES[rule].setting} could not be removed: ${troubleOf(error).reason}`
        )
      ),
      Effect.ensuring(Effect.sync(() => running.delete(rule)))
    )

  return Retention.of({
    states: Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const runs = yield* readRuns(sql)
      return RETENTION_RULES.map((rule): RetentionState => {
        const run = runs.find(one => one.rule === rule)
        const removedNow = running.get(rule) ?? 0
        return {
          ...inForce(rule, keeping[rule], now),
          setting: RULES[rule].setting,
          isRunning: running.has(rule),
          lastRun: run === undefined ? null : { ...lastOf(run), removed: run.removed + removedNow },
          removedInAll: (run?.removedInAll ?? 0) + removedNow
        }
      })
    }).pipe(asDatabaseError('reading retention')),
    dryRun: given =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        return yield* Effect.forEach(RETENTION_RULES, rule =>
          countRule(rule, { ...keeping, ...given }[rule], now)
        )
      }).pipe(provided),
    run: oneAtATime.withPermit(
      Effect.forEach(
        RETENTION_RULES,
        rule => {
          const keep = keeping[rule]
          return keep === undefined ? Effect.void : apply(rule, keep)
        },
        { discard: true }
      )
    )
  })
})

const inForce = (rule: RetentionRule, keep: number | undefined, now: number) => ({
  rule,
  keep: keep ?? null,
  keptSince: keep === undefined ? null : now - keep
})

const lastOf = ({ endedAt, startedAt }: { readonly startedAt: number; readonly endedAt: number | null }) => ({
  startedAt,
  endedAt
})

const countRule = Effect.fnUntraced(function* (rule: RetentionRule, keep: number | undefined, now: number) {
  const counted =
    keep === undefined ? { wouldRemove: 0, oldest: null, accounts: [] } : yield* RULES[rule].count(now - keep)
  const count: RetentionCount = { ...inForce(rule, keep, now), ...counted }
  return count
})

const applyRule = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  running: Map<RetentionRule, number>,
  rule: RetentionRule,
  keep: number
) {
  const startedAt = yield* Clock.currentTimeMillis
  running.set(rule, 0)
  yield* asRun(beginRun(sql, rule, startedAt))
  const note = Effect.suspend(() => {
    const removed = running.get(rule) ?? 0
    running.set(rule, 0)
    return removed === 0 ? Effect.void : Effect.asVoid(asRun(noteRemoved(sql, rule, removed)))
  })
  let removed = 0
  yield* RULES[rule]
    .remove(startedAt - keep, gone => {
      removed += gone
      running.set(rule, (running.get(rule) ?? 0) + gone)
    })
    .pipe(Effect.ensuring(Effect.ignore(note)))
  yield* asRun(endRun(sql, rule, yield* Clock.currentTimeMillis))
  if (removed > 0)
    yield* Effect.logInfo('What is too old to be kept was removed').pipe(
      Effect.annotateLogs({ rule, setting: RULES[rule].setting, removed })
    )
})

const asRun = asDatabaseError('noting what was removed')
