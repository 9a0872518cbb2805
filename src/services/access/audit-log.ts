// The log of changes made through the API. An entry is written before the change, so that no change is without one; how it ended
// is added a moment later, together with others.
import { Clock, Context, Effect, Latch, Layer } from 'effect'
import { SqlClient, type SqlError } from 'effect/sql'
import type { AuditedRequest, AuditEntry } from '../../domain/audit.ts'
import { SqlBulk } from '../database/bulk.ts'
import { Durability, untilDurable, WaitsForDisk } from '../database/durability.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import {
  type AuditOutcome,
  type AuditQuery,
  countEntries,
  deleteEntries,
  insertEntry,
  outcomeRow,
  readEntries,
  UPDATE_OUTCOME
} from './audit-rows.ts'

const STORED_AFTER = '500 millis'

/**
 * Writes the entry of the request that is being answered, in the transaction of its change: both are committed, or neither. To be run
 * before anything else in the one transaction that is the change; nothing where no request is, or its entry is written before.
 */
export const EntryWithChange = Context.Reference<Effect.Effect<void, SqlError.SqlError>>(
  'backscroll/services/access/EntryWithChange',
  { defaultValue: () => Effect.void }
)

/** The entry of a change. */
export interface ChangeEntry {
  /** The change is given it as `EntryWithChange`. */
  readonly withChange: Effect.Effect<void, SqlError.SqlError>
  /** The number of the entry, once the disk has it. One that its change was to write, but has not, is written now. */
  readonly written: Effect.Effect<number, DatabaseError>
}

export class AuditLog extends Context.Service<
  AuditLog,
  {
    /** Writes the entry of a change that is about to be made. It is on the disk before anything that is committed after it. */
    readonly begin: (request: AuditedRequest) => Effect.Effect<ChangeEntry, DatabaseError>
    /** An entry that is written by its change, which is answered when the disk has it; by itself only where nothing is changed. */
    readonly defer: (request: AuditedRequest) => ChangeEntry
    /** Notes how the change ended, in memory for a moment. */
    readonly end: (auditId: number, outcome: AuditOutcome) => Effect.Effect<void>
    readonly list: (query: AuditQuery) => Effect.Effect<ReadonlyArray<AuditEntry>, DatabaseError>
    /** Removes up to so many entries from before a time (milliseconds since 1970); answers how many. */
    readonly removeOld: (before: number, limit: number) => Effect.Effect<number, DatabaseError>
    /** How many those are, and the time of the oldest. */
    readonly countOld: (
      before: number
    ) => Effect.Effect<{ readonly removed: number; readonly oldest: number | null }, DatabaseError>
  }
>()('backscroll/services/access/AuditLog') {
  static readonly layer: Layer.Layer<AuditLog, never, SqlClient.SqlClient | SqlBulk | Durability> =
    Layer.effect(
      AuditLog,
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const bulk = yield* SqlBulk
        const writing = { bulk, durability: yield* Durability, sql }
        const outcomes = makeOutcomes(bulk)
        yield* Effect.addFinalizer(() => Effect.ignore(outcomes.store))
        yield* Effect.forkScoped(outcomes.storeSoon)
        return AuditLog.of({
          begin: request => begin(writing, request),
          defer: request => defer(writing, request),
          end: outcomes.add,
          list: query =>
            Effect.andThen(outcomes.store, readEntries(sql, query)).pipe(
              asDatabaseError('reading the audit log')
            ),
          removeOld: (before, limit) =>
            deleteEntries(sql, before, limit).pipe(asDatabaseError('pruning the audit log')),
          countOld: before => countEntries(sql, before).pipe(asDatabaseError('reading the audit log'))
        })
      })
    )
}

/** By which entries are written. */
interface Writing {
  readonly bulk: SqlBulk['Service']
  readonly durability: Durability['Service']
  readonly sql: SqlClient.SqlClient
}

/** Its own transaction, which shares its commit with others and does not wait for the disk: the log is flushed in its order. */
const begin = ({ bulk, durability, sql }: Writing, request: AuditedRequest) =>
  Effect.flatMap(Clock.currentTimeMillis, now => sql.withTransaction(insertEntry(bulk, request, now))).pipe(
    Effect.provideService(WaitsForDisk, false),
    asDatabaseError('writing the audit log'),
    Effect.map((auditId): ChangeEntry => ({
      withChange: Effect.void,
      // Where the disk fails, the change itself has failed, or its client is told that it has.
      written: Effect.as(Effect.ignore(untilDurable(durability)), auditId)
    }))
  )

const defer = (writing: Writing, request: AuditedRequest): ChangeEntry => {
  const { bulk, sql } = writing
  let committed: number | undefined
  return {
    withChange: Effect.gen(function* () {
      if (committed !== undefined) return
      const auditId = yield* insertEntry(bulk, request, yield* Clock.currentTimeMillis)
      // A transaction that fails takes its entry with it.
      yield* sql.afterCommit(Effect.sync(() => void (committed = auditId)))
    }),
    written: Effect.suspend(() =>
      committed === undefined
        ? Effect.flatMap(begin(writing, request), ({ written }) => written)
        : Effect.succeed(committed)
    )
  }
}

/** Outcomes that are not stored yet. */
const makeOutcomes = (bulk: SqlBulk['Service']) => {
  const waiting = new Map<number, AuditOutcome>()
  const some = Latch.makeUnsafe(false)
  const store = Effect.suspend(() => {
    const taken = [...waiting]
    if (taken.length === 0) return Effect.void
    return Effect.tap(
      bulk.runMany(
        UPDATE_OUTCOME,
        taken.map(([auditId, outcome]) => outcomeRow(auditId, outcome))
      ),
      () => Effect.sync(() => taken.forEach(([auditId]) => waiting.delete(auditId)))
    )
  })
  return {
    add: (auditId: number, outcome: AuditOutcome) =>
      Effect.andThen(
        Effect.sync(() => void waiting.set(auditId, outcome)),
        some.open
      ),
    store,
    /** Never ends. */
    storeSoon: Effect.gen(function* () {
      yield* some.await
      yield* Effect.sleep(STORED_AFTER)
      yield* some.close
      yield* store
    }).pipe(
      Effect.catch(error =>
        Effect.andThen(Effect.logDebug('Outcomes in the audit log are stored later', error), some.open)
      ),
      Effect.forever
    )
  }
}
