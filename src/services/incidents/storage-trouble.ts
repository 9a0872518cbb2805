// Incidents about the disk or the database, by what is wrong with it: full, locked, read-only, damaged.
import type { Effect } from 'effect'
import { causesOf } from '../database/error.ts'
import type { IncidentKind } from '../../domain/incident.ts'
import type { IncidentReport, Incidents } from './incidents.ts'

interface Trouble {
  readonly kind: Extract<IncidentKind, `storage.${string}`>
  readonly reason: string
  readonly advice: string
}

const FAILED: Trouble = {
  kind: 'storage.failed',
  reason: 'the database failed',
  advice: 'Look at the disk and at the log'
}
const LOCKED: Trouble = {
  kind: 'storage.locked',
  reason: 'another program holds the database',
  advice: 'End whatever has backscroll.db open; backups should use sqlite3 .backup'
}
const READ_ONLY: Trouble = {
  kind: 'storage.readOnly',
  reason: 'the database is read-only',
  advice: 'Make DATA_DIR writable for this process again'
}
const DISK_ERRORS: Trouble = {
  kind: 'storage.failed',
  reason: 'the disk answers with errors',
  advice: 'Check the disk'
}
const DAMAGED: Trouble = {
  kind: 'storage.damaged',
  reason: 'the database is damaged',
  advice: 'Stop the server and restore DATA_DIR from a backup (docs/backup.md)'
}
const FULL: Trouble = {
  kind: 'storage.full',
  reason: 'the disk is full',
  advice: 'Free space where DATA_DIR is'
}

/** SQLite's primary result codes: https://www.sqlite.org/rescode.html */
const BY_SQLITE_CODE: ReadonlyMap<number, Trouble> = new Map([
  [5, LOCKED],
  [8, READ_ONLY],
  [10, DISK_ERRORS],
  [11, DAMAGED],
  [13, FULL],
  [26, DAMAGED]
])

/** Errors of the operating system, for files beside the database. */
const BY_SYSTEM_CODE: ReadonlyMap<string, Trouble> = new Map([
  ['ENOSPC', FULL],
  ['EDQUOT', FULL],
  ['EROFS', READ_ONLY],
  ['EACCES', READ_ONLY],
  ['EIO', DISK_ERRORS]
])

/** What is wrong with the storage, by the first code among the causes of an error; `undefined` when none of them is about it. */
export const knownTroubleOf = (error: unknown): Trouble | undefined => {
  for (const cause of causesOf(error)) {
    if ('errcode' in cause && typeof cause.errcode === 'number')
      return BY_SQLITE_CODE.get(cause.errcode & 0xff) ?? FAILED
    const named =
      'code' in cause && typeof cause.code === 'string' ? BY_SYSTEM_CODE.get(cause.code) : undefined
    if (named !== undefined) return named
  }
  return undefined
}

/** The same for an error that is about the storage. */
export const troubleOf = (error: unknown): Trouble => knownTroubleOf(error) ?? FAILED

/** The incident about work that waits because the storage fails; `what` is a sentence without its reason. */
export const storageTrouble = (accountId: string, what: string, error: unknown): IncidentReport => {
  const { advice, kind, reason } = troubleOf(error)
  return {
    accountId,
    kind,
    severity: 'error',
    subject: what,
    happened: `${what}: ${reason}`,
    did: 'It waits and is tried again; nothing is acknowledged to WhatsApp before it is written, so nothing is lost',
    advice: `${advice}. The server continues automatically`
  }
}

/** Reports storage trouble as incidents; what a worker calls for a pass that failed. */
export const reportStorageTrouble =
  (incidents: Incidents['Service']) =>
  (accountId: string, what: string, error: unknown): Effect.Effect<void> =>
    incidents.report(storageTrouble(accountId, what, error))
