// Group commit: transactions that queue for the connection anyway share one commit, which is what costs: it waits for the disk.
// Each goes on only once the commit that holds its changes has succeeded; with nobody in the queue, nobody waits for anybody.
import { Deferred, Effect, type Scope, Semaphore } from 'effect'
import type { SqlError } from 'effect/sql'
import { SharesCommit } from '../transaction.ts'

/** What has changed the database since BEGIN, and waits for the same COMMIT. */
interface Group {
  readonly begunAt: number
  readonly committed: Deferred.Deferred<void, SqlError.SqlError>
  members: number
}

/** The right to use the connection, from its place in the queue on until it has committed or given up. */
export interface Turn {
  readonly begin: Effect.Effect<void, SqlError.SqlError>
  /** Completes when its changes are on the disk. */
  readonly commit: Effect.Effect<void, SqlError.SqlError>
  /** Undoes what this turn has changed, and nothing that another one has. */
  readonly rollback: Effect.Effect<void, SqlError.SqlError>
}

export interface GroupCommit {
  readonly turn: Effect.Effect<Turn, never, Scope.Scope>
  /** Work outside of any transaction: what waits for a commit is committed before. */
  readonly alone: <A, E, R>(work: Effect.Effect<A, E, R>) => Effect.Effect<A, E | SqlError.SqlError, R>
}

/** A group is committed when it has as many members, or is as old, although more of them are in the queue. */
const LIMITS = { mostMembers: 32, longestMs: 2 }

const SAVEPOINT = 'member'

export interface GroupCommitOptions {
  /** Runs a statement that controls the transaction. */
  readonly control: (statement: string) => Effect.Effect<unknown, SqlError.SqlError>
  /** Whether SQLite has a transaction open; some of its errors end it. */
  readonly isOpen: () => boolean
  readonly begin: string
  /** What the members of a group are told whose transaction SQLite has ended because of another member. */
  readonly ended: () => SqlError.SqlError
}

export const makeGroupCommit = (
  { begin, control, ended, isOpen }: GroupCommitOptions,
  { longestMs, mostMembers } = LIMITS
): GroupCommit => {
  const connection = Semaphore.makeUnsafe(1)
  let queued = 0
  let group: Group | undefined

  const settle = (closing: Group, result: Effect.Effect<void, SqlError.SqlError>) =>
    Effect.asVoid(Deferred.complete(closing.committed, result))

  /** Commits the open group; its members are told. */
  const close: Effect.Effect<void, SqlError.SqlError> = Effect.suspend(() => {
    if (group === undefined) return Effect.void
    const closing = group
    group = undefined
    const committing = Effect.asVoid(control('COMMIT')).pipe(
      // What cannot be committed is undone, so that the next turn begins with nothing.
      Effect.tapError(() => (isOpen() ? Effect.ignore(control('ROLLBACK')) : Effect.void))
    )
    return Effect.flatMap(Effect.exit(committing), exit => Effect.andThen(settle(closing, exit), exit))
  })

  /** SQLite has ended the transaction by itself: nothing of the group is written. */
  const lost = Effect.suspend(() => {
    if (group === undefined) return Effect.void
    const undone = group
    group = undefined
    return settle(undone, Effect.fail(ended()))
  })

  /** Nobody may be left waiting for a commit: the last one to leave makes it. */
  const leave: Effect.Effect<void> = Effect.suspend(() => {
    const closing = queued === 0 ? Effect.ignore(close) : Effect.void
    return Effect.andThen(isOpen() ? closing : lost, connection.release(1))
  })

  const queue = Effect.suspend(() => {
    queued += 1
    return connection.take(1).pipe(
      Effect.ensuring(Effect.sync(() => (queued -= 1))),
      Effect.onInterrupt(() => (queued === 0 ? connection.withPermit(Effect.ignore(close)) : Effect.void))
    )
  })

  const makeTurn = (): { readonly turn: Turn; readonly leave: Effect.Effect<void> } => {
    let isHere = true
    let isFirst = false

    const leaveOnce = Effect.suspend(() => {
      if (!isHere) return Effect.void
      isHere = false
      return leave
    })

    const turn: Turn = {
      begin: Effect.gen(function* () {
        if (!(yield* SharesCommit)) yield* Effect.ignore(close)
        if (group !== undefined) {
          yield* control(`SAVEPOINT ${SAVEPOINT}`)
          return
        }
        isFirst = true
        // A transaction that could not be undone before is, now.
        if (isOpen()) yield* control('ROLLBACK')
        yield* control(begin)
        group = { begunAt: performance.now(), committed: Deferred.makeUnsafe(), members: 0 }
      }),
      commit: Effect.gen(function* () {
        const joined = group
        if (joined === undefined || !isOpen()) {
          yield* lost
          return yield* ended()
        }
        joined.members += 1
        if (!isFirst) yield* control(`RELEASE ${SAVEPOINT}`)
        const isFull = joined.members >= mostMembers || performance.now() - joined.begunAt >= longestMs
        if (queued === 0 || isFull || !(yield* SharesCommit)) return yield* close
        yield* leaveOnce
        yield* Deferred.await(joined.committed)
      }),
      rollback: Effect.suspend(() => {
        if (!isFirst) {
          return Effect.andThen(
            control(`ROLLBACK TO ${SAVEPOINT}`),
            Effect.asVoid(control(`RELEASE ${SAVEPOINT}`))
          )
        }
        group = undefined
        return Effect.asVoid(control('ROLLBACK'))
      })
    }
    return { turn, leave: leaveOnce }
  }

  return {
    turn: Effect.uninterruptibleMask(restore =>
      Effect.andThen(
        restore(queue),
        Effect.map(
          Effect.acquireRelease(Effect.sync(makeTurn), made => made.leave),
          ({ turn }) => turn
        )
      )
    ),
    alone: work => connection.withPermit(Effect.andThen(close, work))
  }
}
