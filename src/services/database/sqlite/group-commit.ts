// Group commit: transactions that queue for the connection anyway share one commit, which is what costs: it writes every page that they
// have changed. Each goes on only once the commit that holds its changes has succeeded; with nobody in the queue, nobody waits for anybody,
// but those that may (`CommitsLater`): they wait for the next transaction, for some milliseconds.
import { Deferred, Effect, Exit, Scope, Semaphore } from 'effect'
import type { SqlError } from 'effect/sql'
import { CommitsLater, SharesCommit } from '../transaction.ts'
import type { OpenTransaction, TransactionEnd } from '../open-transaction.ts'
import type { LogFlush } from './log-flush.ts'
import type { WriteTurns } from './write-turns.ts'

type Ended = (how: TransactionEnd) => void

/** What has changed the database since BEGIN, and waits for the same COMMIT. */
interface Group {
  readonly begunAt: number
  readonly committed: Deferred.Deferred<void, SqlError.SqlError>
  /** Whom its members have to tell. */
  readonly ended: Array<Ended>
  members: number
  /** A member cannot wait for company: the group is committed as soon as nobody is in the queue. */
  isAwaited: boolean
  /** Ends the wait of members that wait for company. */
  timer: NodeJS.Timeout | undefined
}

/** The right to use the connection, from its place in the queue on until it has committed or given up. */
export interface Turn {
  readonly begin: Effect.Effect<void, SqlError.SqlError>
  /** Completes when its changes are committed; the disk has them later. */
  readonly commit: Effect.Effect<void, SqlError.SqlError>
  /** Undoes what this turn has changed, and nothing that another one has. */
  readonly rollback: Effect.Effect<void, SqlError.SqlError>
  /** To be called when a part of the transaction was undone. */
  readonly undonePartly: () => void
}

export interface GroupCommit {
  readonly turn: Effect.Effect<Turn, never, Scope.Scope>
  /** Work outside of any transaction: what waits for a commit is committed before. */
  readonly alone: <A, E, R>(work: Effect.Effect<A, E, R>) => Effect.Effect<A, E | SqlError.SqlError, R>
  /** Commits what waits for company. */
  readonly hurry: () => void
  /** Of the transaction that uses the connection. */
  readonly onEnd: OpenTransaction['Service']['onEnd']
}

/** A group is committed when it has as many members, or is as old, although more of them are in the queue or (`companyMs`) may come. */
const LIMITS = { mostMembers: 32, longestMs: 2, companyMs: 5 }

const SAVEPOINT = 'member'

export interface GroupCommitOptions {
  /** Runs a statement that controls the transaction. */
  readonly control: (statement: string) => Effect.Effect<unknown, SqlError.SqlError>
  /** Whether SQLite has a transaction open; some of its errors end it. */
  readonly isOpen: () => boolean
  readonly begin: string
  /** What the members of a group are told whose transaction SQLite has ended because of another member. */
  readonly ended: () => SqlError.SqlError
  readonly log: Pick<LogFlush, 'committed'>
  /** Of this thread, beside another one that writes. */
  readonly turns: Pick<WriteTurns, 'take' | 'give' | 'isOtherWaiting'>
}

export const makeGroupCommit = (
  { begin, control, ended, isOpen, log, turns }: GroupCommitOptions,
  { companyMs, longestMs, mostMembers } = LIMITS
): GroupCommit => {
  const connection = Semaphore.makeUnsafe(1)
  let queued = 0
  let group: Group | undefined
  let hasTurn = false
  /** Whom the transaction has to tell that uses the connection. */
  let told: Map<string, Ended> | undefined

  const takeTurn = Effect.andThen(
    turns.take,
    Effect.sync(() => (hasTurn = true))
  )
  const giveTurn = Effect.sync(() => {
    if (hasTurn) turns.give()
    hasTurn = false
  })

  const settle = (closing: Group, result: Effect.Effect<void, SqlError.SqlError>) =>
    Effect.asVoid(Deferred.complete(closing.committed, result))

  /** Commits the open group; its members are told. */
  const close: Effect.Effect<void, SqlError.SqlError> = Effect.suspend(() => {
    if (group === undefined) return Effect.void
    const closing = group
    group = undefined
    clearTimeout(closing.timer)
    const committing = control('COMMIT').pipe(
      Effect.tap(() => Effect.sync(log.committed)),
      // What cannot be committed is undone, so that the next turn begins with nothing.
      Effect.tapError(() => (isOpen() ? Effect.ignore(control('ROLLBACK')) : Effect.void)),
      Effect.onExit(exit =>
        Effect.sync(() => tell(closing.ended, Exit.isSuccess(exit) ? 'committed' : 'undone'))
      ),
      Effect.ensuring(giveTurn)
    )
    return Effect.flatMap(Effect.exit(committing), exit => Effect.andThen(settle(closing, exit), exit))
  })

  /** A transaction that could not be undone before is, now. */
  const undoLeftover = Effect.suspend(() => (isOpen() ? Effect.asVoid(control('ROLLBACK')) : Effect.void))

  /** SQLite has ended the transaction by itself: nothing of the group is written. */
  const lost = Effect.suspend(() => {
    if (group === undefined) return Effect.void
    const undone = group
    group = undefined
    clearTimeout(undone.timer)
    tell(undone.ended, 'undone')
    return Effect.andThen(giveTurn, settle(undone, Effect.fail(ended())))
  })

  /** Nobody may be left waiting for a commit: who goes makes it, unless somebody else uses the connection or will. */
  const closeAbandoned = connection.withPermitsIfAvailable(1)(
    Effect.suspend(() => {
      if (!isOpen()) return lost
      return queued === 0 ? Effect.ignore(close) : Effect.void
    })
  )

  const giveBack = (place: Scope.Closeable) => Effect.andThen(Scope.close(place, Exit.void), closeAbandoned)

  /** Whoever uses the connection then, or waits for it, makes the commit. */
  const hurry = (): void => {
    if (group?.timer === undefined) return
    group.isAwaited = true
    Effect.runFork(closeAbandoned)
  }

  /** Whether the group stays open for whoever comes next, although nobody is in the queue. */
  const waitsForCompany = (open: Group): boolean =>
    queued === 0 &&
    !open.isAwaited &&
    open.members < mostMembers &&
    performance.now() - open.begunAt < companyMs &&
    !turns.isOtherWaiting()

  const mayWait = Effect.zipWith(CommitsLater, SharesCommit, (later, shares) => shares && later())

  /** Waits for the connection; it is given back when the scope is closed. */
  const take = (
    place: Scope.Closeable,
    restore: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  ) =>
    Effect.suspend(() => {
      queued += 1
      return restore(connection.takeScoped(1)).pipe(
        Scope.provide(place),
        Effect.ensuring(Effect.sync(() => (queued -= 1))),
        Effect.onInterrupt(() => giveBack(place))
      )
    })

  const begun = Effect.andThen(
    takeTurn,
    Effect.onError(control(begin), () => giveTurn)
  )

  const makeTurn = (place: Scope.Closeable) => {
    let isFirst = false
    const mine = new Map<string, Ended>()

    /** From here on somebody else may use the connection; answers whom this turn has to tell. */
    const ends = (): ReadonlyArray<Ended> => {
      if (told === mine) told = undefined
      const all = [...mine.values()]
      mine.clear()
      return all
    }
    const undone = (): void => tell(ends(), 'undone')

    const turn: Turn = {
      begin: Effect.gen(function* () {
        told = mine
        if (!isOpen()) yield* lost
        if (!(yield* SharesCommit)) yield* Effect.ignore(close)
        if (group !== undefined) {
          yield* control(`SAVEPOINT ${SAVEPOINT}`)
          return
        }
        isFirst = true
        yield* undoLeftover
        yield* begun
        const committed = Deferred.makeUnsafe<void, SqlError.SqlError>()
        const begunAt = performance.now()
        group = { begunAt, committed, ended: [], members: 0, isAwaited: false, timer: undefined }
      }),
      commit: Effect.gen(function* () {
        const joined = group
        if (joined === undefined || !isOpen()) {
          yield* lost
          return yield* ended()
        }
        joined.members += 1
        if (!isFirst) yield* control(`RELEASE ${SAVEPOINT}`)
        joined.ended.push(...ends())
        if (!(yield* mayWait)) joined.isAwaited = true
        if (waitsForCompany(joined)) {
          joined.timer ??= setTimeout(hurry, companyMs)
          yield* Scope.close(place, Exit.void)
          return yield* Deferred.await(joined.committed)
        }
        const isFull = joined.members >= mostMembers || performance.now() - joined.begunAt >= longestMs
        if (queued === 0 || isFull || !(yield* SharesCommit)) yield* close
        // Others use the connection while this one waits.
        yield* giveBack(place)
        yield* Deferred.await(joined.committed)
      }),
      rollback: Effect.suspend(() => {
        if (!isFirst) {
          return Effect.andThen(
            control(`ROLLBACK TO ${SAVEPOINT}`),
            Effect.andThen(control(`RELEASE ${SAVEPOINT}`), Effect.sync(undone))
          )
        }
        group = undefined
        return control('ROLLBACK').pipe(Effect.andThen(Effect.sync(undone)), Effect.ensuring(giveTurn))
      }),
      undonePartly: () => tell([...mine.values()], 'partlyUndone')
    }
    return { turn, undone }
  }

  return {
    turn: Effect.uninterruptibleMask(restore =>
      Effect.gen(function* () {
        const place = yield* Scope.make()
        yield* take(place, restore)
        const { turn, undone } = makeTurn(place)
        // Where SQLite or a defect has ended it, nothing was said of its end yet.
        yield* Effect.addFinalizer(() => Effect.andThen(Effect.sync(undone), giveBack(place)))
        return turn
      })
    ),
    alone: work =>
      connection.withPermit(
        Effect.andThen(
          Effect.andThen(Effect.ignore(close), undoLeftover),
          Effect.acquireUseRelease(
            takeTurn,
            () => work,
            () => giveTurn
          )
        )
      ),
    hurry,
    onEnd: (key, ended) => {
      if (told === undefined) ended('committed')
      if (told === undefined || told.has(key)) return false
      told.set(key, ended)
      return true
    }
  }
}

const tell = (all: ReadonlyArray<Ended>, how: TransactionEnd): void => all.forEach(ended => ended(how))
