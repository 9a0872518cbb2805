// Flushes SQLite's write-ahead log in the background. SQLite itself would do so within COMMIT, and the event loop would stand still until
// the disk has answered. One flush serves all transactions that were committed before it began.
import { closeSync, fdatasync, fstatSync, fsyncSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import type { SqlError } from 'effect/sql'
import type { Durability, OnDurable } from '../durability.ts'

export interface LogFlush extends Durable {
  /** To be called after each COMMIT. */
  readonly committed: () => void
  /** Another thread may commit to the same log from now on, without telling; to be called once for each of its tasks. */
  readonly besideBegins: () => void
  readonly besideEnded: () => void
}

type Durable = Pick<(typeof Durability)['Service'], 'isDurable' | 'whenDurable'>

interface Waiting {
  readonly commits: number
  readonly onDurable: OnDurable
}

/**
 * `flush` brings everything that was written before it was called to the disk. Once it has failed nobody knows what the disk has: from
 * then on everything that waits fails, until the server is started again.
 */
export const makeLogFlush = (
  flush: () => Promise<void>,
  failed: (cause: unknown) => SqlError.SqlError
): LogFlush => {
  let committed = 0
  let durable = 0
  let isFlushing = false
  let tasksBeside = 0
  let failure: SqlError.SqlError | undefined
  const waiting: Array<Waiting> = []

  /** One by one: who is told may ask again, and comes after those who have asked before. */
  const release = (): void => {
    let next = waiting[0]
    while (next !== undefined && (failure !== undefined || next.commits <= durable)) {
      waiting.shift()
      next.onDurable(failure)
      next = waiting[0]
    }
  }
  const isDurable = (): boolean =>
    failure === undefined && tasksBeside === 0 && durable === committed && waiting.length === 0

  const flushAll = async (): Promise<void> => {
    try {
      while (durable < committed) {
        const commits = committed
        await flush()
        durable = commits
        release()
      }
      isFlushing = false
    } catch (cause) {
      failure = failed(cause)
      release()
    }
  }

  const noteCommit = (): void => {
    committed += 1
    if (isFlushing) return
    isFlushing = true
    // What else is committed in this turn of the event loop is flushed with it.
    setImmediate(() => void flushAll())
  }

  return {
    committed: noteCommit,
    besideBegins: () => void (tasksBeside += 1),
    besideEnded: () => {
      tasksBeside -= 1
      noteCommit()
    },
    isDurable,
    whenDurable: onDurable => {
      if (failure !== undefined || isDurable()) return onDurable(failure)
      // Whatever the other thread has committed until now can be read: it is flushed, too.
      if (tasksBeside > 0) noteCommit()
      waiting.push({ commits: committed, onDurable })
    }
  }
}

/** Of a database in memory, which nothing survives. */
export const NO_LOG: LogFlush = {
  committed: () => undefined,
  besideBegins: () => undefined,
  besideEnded: () => undefined,
  isDurable: () => true,
  whenDurable: onDurable => onDurable(undefined)
}

/** An open log and its name in its folder. */
export interface Log {
  readonly flush: () => Promise<void>
  readonly bytes: () => number
  readonly close: () => void
}

/** Windows flushes names by itself, and cannot open a folder. */
const flushNames = (folder: string): void => {
  if (process.platform === 'win32') return
  const opened = openSync(folder, 'r')
  try {
    fsyncSync(opened)
  } finally {
    closeSync(opened)
  }
}

/** SQLite keeps the log's file as long as the database is open, and takes no locks on it: it can be opened and closed beside SQLite. */
export const openLog = (database: string): Log => {
  const file = openSync(`${database}-wal`, 'r+')
  flushNames(dirname(database))
  return {
    flush: () =>
      new Promise((resolve, reject) =>
        fdatasync(file, error => (error === null ? resolve() : reject(error)))
      ),
    bytes: () => fstatSync(file).size,
    close: () => closeSync(file)
  }
}
