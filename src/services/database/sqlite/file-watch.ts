// Notices that the file of an open database is not the one that was opened any more, and remembers damage that SQLite reports.
import { type Stats, statSync } from 'node:fs'
import type { DatabaseProblem } from '../health.ts'
import { DAMAGED_CODES } from './database-file.ts'

export interface FileWatch {
  readonly problem: () => DatabaseProblem | undefined
  /** Throws when what is written now would be lost. */
  readonly assertInPlace: () => void
  /** Every error of SQLite; damage is remembered. */
  readonly noteError: (cause: unknown) => void
  /** The disk has not taken what is committed; nobody knows how much of it is there. */
  readonly noteFailedFlush: (cause: unknown) => void
}

/** SQLITE_CORRUPT: what the callers' errors are classified by. */
const CORRUPT = 11

class FileLost extends Error {
  readonly errcode = CORRUPT
}

/** Of these, nothing is written any more. */
const isFinal = (problem: DatabaseProblem | undefined): problem is DatabaseProblem =>
  problem !== undefined && problem.kind !== 'damaged'

const lookAt = (path: string): Stats | undefined => statSync(path, { throwIfNoEntry: false })

const differenceOf = (before: Stats | undefined, now: Stats | undefined): string | undefined => {
  if (before === undefined) return undefined
  if (now === undefined) return 'was removed'
  if (now.ino !== before.ino || now.dev !== before.dev) return 'was replaced by another one'
  // In WAL mode only VACUUM makes a database smaller, and no server runs it.
  return now.size < before.size ? 'was made shorter' : undefined
}

/** Watches an open database; one in memory has no file. */
export const watchFile = (file: string): FileWatch => {
  let known: DatabaseProblem | undefined
  const opened = file === ':memory:' ? undefined : lookAt(file)
  const log = `${file}-wal`
  let openedLog = opened === undefined ? undefined : lookAt(log)

  const look = (): DatabaseProblem | undefined => {
    if (opened === undefined || isFinal(known)) return known
    const change = differenceOf(opened, lookAt(file))
    const now = lookAt(log)
    // SQLite cuts the log, but never removes it while it is open.
    openedLog ??= now
    const isLogGone = openedLog !== undefined && openedLog.ino !== now?.ino
    if (change !== undefined)
      known = { kind: 'replaced', file, reason: `the file ${change} while the server ran` }
    else if (isLogGone)
      known = { kind: 'replaced', file: log, reason: 'the file was removed or replaced while the server ran' }
    return known
  }

  return {
    problem: look,
    assertInPlace: () => {
      const problem = look()
      if (isFinal(problem)) throw new FileLost(`Nothing is written any more: ${problem.reason}`)
    },
    noteError: cause => {
      if (!(cause instanceof Error && 'errcode' in cause && typeof cause.errcode === 'number')) return
      if (DAMAGED_CODES.has(cause.errcode & 0xff) && !(cause instanceof FileLost))
        known ??= { kind: 'damaged', file, reason: cause.message }
    },
    noteFailedFlush: cause => {
      const reason = cause instanceof Error ? cause.message : String(cause)
      known = { kind: 'disk', file: log, reason: `the disk did not take what was written (${reason})` }
    }
  }
}
