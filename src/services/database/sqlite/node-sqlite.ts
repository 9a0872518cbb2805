// Effect's SqlClient over the SQLite that is built into Node: no native package to install.
// One connection writes, in the order of a queue; another one reads what is committed, and waits for nobody.
import type { DatabaseSync } from 'node:sqlite'
import { Context, Effect, Layer, Option, Stream } from 'effect'
import { SqlClient, type SqlConnection, type SqlError, Statement } from 'effect/sql'
import { Reactivity } from 'effect/reactivity'
import { SqlBulk } from '../bulk.ts'
import { Durability, untilDurable, untilDurableIfWaited } from '../durability.ts'
import { DatabaseHealth } from '../health.ts'
import { OpenTransaction } from '../open-transaction.ts'
import { camelCaseRows } from '../rows.ts'
import {
  makeStoredVersions,
  type PublishedVersions,
  StoredVersions,
  versionsMemory
} from '../stored-versions.ts'
import { joinTransaction } from '../transaction.ts'
import { type SharedMemory, WriterBeside } from '../writer-beside.ts'
import { copyLargeLogs } from './checkpoints.ts'
import {
  BEGIN,
  failure,
  makeConnection,
  openReader,
  openWriter,
  type SqliteConnection
} from './connection.ts'
import { sizeOf } from './database-file.ts'
import { type FileWatch, watchFile } from './file-watch.ts'
import { type GroupCommit, makeGroupCommit, type Turn } from './group-commit.ts'
import { type LogFlush, makeLogFlush, NO_LOG, openLog } from './log-flush.ts'
import { makeWriteTurns, turnsMemory, type WriteTurns } from './write-turns.ts'

/** Statements that can share a commit with others although they are not in a transaction. */
const CHANGES = /^\s*(?:INSERT|UPDATE|DELETE)\b/i
const READS = /^\s*(?:SELECT\b|WITH\b(?!.*\b(?:INSERT|UPDATE|DELETE)\b))/is

const COMMIT = 'COMMIT'
const ROLLBACK = 'ROLLBACK'
const ROLLBACK_PART = 'ROLLBACK TO'

const ended = () => failure(new Error('SQLite has ended the transaction because of an error'), 'transaction')

/** What is done within a transaction fails once SQLite has ended it because of an error: it would be committed alone. */
const whileOpen =
  (database: DatabaseSync) =>
  <A>(work: Effect.Effect<A, SqlError.SqlError>): Effect.Effect<A, SqlError.SqlError> =>
    Effect.suspend(() => (database.isTransaction ? work : Effect.fail(ended())))

/** The connection of a transaction: what controls it is done by its turn. */
const inTurn = (database: DatabaseSync, writer: SqliteConnection, turn: Turn): SqlConnection.Connection => {
  const within = whileOpen(database)
  return {
    execute: (text, params, transform) => {
      if (text === BEGIN) return Effect.as(turn.begin, [])
      if (text === COMMIT) return Effect.as(turn.commit, [])
      if (text === ROLLBACK) return Effect.as(turn.rollback, [])
      const work = within(writer.execute(text, params, transform))
      return text.startsWith(ROLLBACK_PART) ? Effect.tap(work, Effect.sync(turn.undonePartly)) : work
    },
    executeRaw: (...statement) => within(writer.executeRaw(...statement)),
    executeValues: (...statement) => within(writer.executeValues(...statement)),
    executeValuesUnprepared: (...statement) => within(writer.executeValuesUnprepared(...statement)),
    executeUnprepared: (...statement) => within(writer.executeUnprepared(...statement)),
    executeStream: (...statement) => Stream.fromIterableEffect(within(writer.execute(...statement)))
  }
}

/**
 * The caller of a transaction waits for the disk; what is to happen after the commit does not, or what is committed could be read for a
 * moment before anybody was told.
 */
const waitingForDisk = (client: SqlClient.SqlClient, log: LogFlush): SqlClient.SqlClient => {
  const { transactionService, withTransaction } = client
  return Object.assign(client, {
    withTransaction: <R, E, A>(work: Effect.Effect<A, E, R>) =>
      Effect.flatMap(Effect.serviceOption(transactionService), running =>
        Option.isSome(running)
          ? withTransaction(work)
          : Effect.tap(withTransaction(work), untilDurableIfWaited(log))
      )
  })
}

const FAILED_AFTER_COMMIT = { log: 'Error', message: 'What was to happen after a commit failed' } as const

/**
 * What is to happen after the commit happens together: for each effect, the client would copy the services in scope twice, and there are
 * several for each message. They run with the services that are in scope where the first is added.
 */
const afterCommitTogether = (client: SqlClient.SqlClient): SqlClient.SqlClient => {
  const { afterCommit, transactionService } = client
  const waiting = new WeakMap<object, Array<Effect.Effect<void>>>()
  return Object.assign(client, {
    afterCommit: (effect: Effect.Effect<void>) =>
      Effect.flatMap(Effect.serviceOption(transactionService), running => {
        if (Option.isNone(running)) return afterCommit(effect)
        const together = waiting.get(running.value)
        if (together !== undefined) return Effect.sync(() => void together.push(effect))
        const first = [effect]
        waiting.set(running.value, first)
        return afterCommit(
          Effect.suspend(() => Effect.forEach(first, one => Effect.ignoreCause(one, FAILED_AFTER_COMMIT)))
        )
      })
  })
}

/** Changes outside of a transaction are one. */
const asTransaction = <A>(groups: GroupCommit, change: Effect.Effect<A, SqlError.SqlError>) =>
  Effect.scoped(
    Effect.flatMap(groups.turn, turn =>
      Effect.uninterruptible(
        Effect.andThen(
          turn.begin,
          Effect.matchCauseEffect(change, {
            onFailure: cause => Effect.andThen(turn.rollback, Effect.failCause(cause)),
            onSuccess: result => Effect.as(turn.commit, result)
          })
        )
      )
    )
  )

/** What statements outside of a transaction are run on. A database in memory has no reader. */
const outside = (
  writer: SqliteConnection,
  reader: SqliteConnection | undefined,
  groups: GroupCommit,
  log: LogFlush
): SqlConnection.Connection => {
  const routed = <A>(
    text: string,
    run: (connection: SqliteConnection) => Effect.Effect<A, SqlError.SqlError>
  ): Effect.Effect<A, SqlError.SqlError> => {
    if (reader !== undefined && READS.test(text)) return run(reader)
    return CHANGES.test(text)
      ? Effect.tap(asTransaction(groups, run(writer)), untilDurableIfWaited(log))
      : groups.alone(run(writer))
  }
  return {
    execute: (text, ...rest) => routed(text, on => on.execute(text, ...rest)),
    executeRaw: (text, ...rest) => routed(text, on => on.executeRaw(text, ...rest)),
    executeValues: (text, ...rest) => routed(text, on => on.executeValues(text, ...rest)),
    executeValuesUnprepared: (text, ...rest) => routed(text, on => on.executeValuesUnprepared(text, ...rest)),
    executeUnprepared: (text, ...rest) => routed(text, on => on.executeUnprepared(text, ...rest)),
    executeStream: (text, ...rest) => Stream.fromIterableEffect(routed(text, on => on.execute(text, ...rest)))
  }
}

const opened = (open: () => DatabaseSync) =>
  Effect.acquireRelease(Effect.try({ try: open, catch: cause => failure(cause, 'open') }), database =>
    Effect.sync(() => database.close())
  )

/** Closed when everything is on the disk. */
const flushedLog = (file: string, watch: FileWatch) =>
  Effect.gen(function* () {
    const opened = yield* Effect.try({ try: () => openLog(file), catch: cause => failure(cause, 'open') })
    const noteSize = yield* copyLargeLogs(file)
    const flush = async (): Promise<void> => {
      noteSize(opened.bytes())
      await opened.flush()
    }
    const log = makeLogFlush(flush, cause => {
      watch.noteFailedFlush(cause)
      return failure(cause, 'flush')
    })
    yield* Effect.addFinalizer(() =>
      Effect.ensuring(Effect.ignore(untilDurable(log)), Effect.sync(opened.close))
    )
    return log
  })

interface Opened {
  readonly database: DatabaseSync
  readonly watch: FileWatch
  /** For what is read outside of transactions; without it the writer does. */
  readonly reader: SqliteConnection | undefined
  readonly log: LogFlush
  readonly turns: WriteTurns
  readonly versions: PublishedVersions
}

/** The client with what else is made of the connection that writes, and what commits at once. */
const clientOn = Effect.fnUntraced(function* ({ database, log, reader, turns, versions, watch }: Opened) {
  const writer = makeConnection(database, watch)
  const groups = makeGroupCommit({
    control: text => writer.execute(text, [], undefined),
    isOpen: () => database.isTransaction,
    begin: BEGIN,
    ended,
    log: {
      committed: () => {
        log.committed()
        versions.committed()
      }
    },
    turns
  })
  const plain = outside(writer, reader, groups, log)
  const made = yield* SqlClient.make({
    acquirer: Effect.succeed(plain),
    borrower: use => use(plain),
    transactionAcquirer: Effect.map(groups.turn, turn => inTurn(database, writer, turn)),
    driver: 'node:sqlite',
    compiler: Statement.makeCompilerSqlite(),
    beginTransaction: BEGIN,
    isTransaction: () => database.isTransaction,
    prepareTransactionControls: true,
    transformRows: camelCaseRows,
    spanAttributes: [['db.system.name', 'sqlite']]
  }).pipe(Effect.provide(Reactivity.layer))
  const client = afterCommitTogether(waitingForDisk(made, log))
  const within = whileOpen(database)
  const context = Context.make(SqlClient.SqlClient, client).pipe(
    Context.add(
      SqlBulk,
      SqlBulk.of({
        runMany: (text, rows) => joinTransaction(client)(within(writer.runMany(text, rows))),
        insertMany: (text, rows) => joinTransaction(client)(within(writer.insertMany(text, rows)))
      })
    ),
    Context.add(StoredVersions, versions.service),
    Context.add(OpenTransaction, OpenTransaction.of({ onEnd: groups.onEnd }))
  )
  return { context, hurry: groups.hurry }
})

/**
 * A SqlClient (with SqlBulk, DatabaseHealth and Durability) on one SQLite file, or `:memory:`; closed with its scope. A database in memory can
 * begin as an `image`, which is what SQLite's serialization has made of another database. Another thread can write beside it (`layerBeside`).
 */
export const layer = (
  file: string,
  image?: Uint8Array
): Layer.Layer<
  | SqlClient.SqlClient
  | SqlBulk
  | DatabaseHealth
  | Durability
  | OpenTransaction
  | StoredVersions
  | WriterBeside,
  SqlError.SqlError
> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const openedWithLog = sizeOf(`${file}-wal`) !== undefined
      const database = yield* opened(() => openWriter(file, image))
      const watch = watchFile(file)
      const reader =
        file === ':memory:' ? undefined : makeConnection(yield* opened(() => openReader(file)), watch)
      const log = file === ':memory:' ? NO_LOG : yield* flushedLog(file, watch)
      const memory = { turns: turnsMemory(), versions: versionsMemory() }
      const turns = makeWriteTurns(memory.turns, 'main')
      const versions = makeStoredVersions(memory.versions, 'main')
      const { context, hurry } = yield* clientOn({ database, watch, reader, log, turns, versions })
      const ended = (how: 'finished' | 'crashed'): void => {
        log.besideEnded()
        if (how === 'finished') return
        versions.allChanged()
        turns.otherEnded()
      }
      return Context.merge(
        context,
        Context.make(DatabaseHealth, DatabaseHealth.of({ openedWithLog, problem: watch.problem })).pipe(
          Context.add(
            Durability,
            Durability.of({ isDurable: log.isDurable, whenDurable: log.whenDurable, hurry })
          ),
          Context.add(
            WriterBeside,
            WriterBeside.of({
              memory,
              begins: log.besideBegins,
              ended,
              noteError: watch.noteError
            })
          )
        )
      )
    })
  )

/** The same file for a thread beside the one that has opened it with `layer`, which brings to the disk what this one commits. */
export const layerBeside = (
  file: string,
  { turns, versions }: SharedMemory
): Layer.Layer<SqlClient.SqlClient | SqlBulk | OpenTransaction | StoredVersions, SqlError.SqlError> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const database = yield* opened(() => openWriter(file))
      const { context } = yield* clientOn({
        database,
        watch: watchFile(file),
        reader: undefined,
        log: NO_LOG,
        turns: makeWriteTurns(turns, 'beside'),
        versions: makeStoredVersions(versions, 'beside')
      })
      return context
    })
  )
