// Trouble with the disk or the database, told as what it is: full, locked, read-only, damaged.
import type { IncidentKind } from '../../domain/incident.ts'
import type { News } from './incidents.ts'

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

/** By SQLite's primary result code. */
const BY_CODE: ReadonlyMap<number, Trouble> = new Map<number, Trouble>([
  [
    5,
    {
      kind: 'storage.locked',
      reason: 'another program holds the database',
      advice: 'End whatever has backscroll.db open; backups should use sqlite3 .backup'
    }
  ],
  [
    8,
    {
      kind: 'storage.readOnly',
      reason: 'the database is read-only',
      advice: 'Make DATA_DIR writable for this process again'
    }
  ],
  [10, { kind: 'storage.failed', reason: 'the disk answers with errors', advice: 'Check the disk' }],
  [
    11,
    {
      kind: 'storage.damaged',
      reason: 'the database is damaged',
      advice: 'Stop the server and restore DATA_DIR from a backup'
    }
  ],
  [13, { kind: 'storage.full', reason: 'the disk is full', advice: 'Free space where DATA_DIR is' }]
])

/** What the operating system says of files beside the database. */
const BY_ERROR_NAME: ReadonlyMap<string, number> = new Map([
  ['ENOSPC', 13],
  ['EDQUOT', 13],
  ['EROFS', 8],
  ['EACCES', 8],
  ['EIO', 10]
])

const codeOf = (error: unknown): number | undefined => {
  for (let at = error, depth = 0; typeof at === 'object' && at !== null && depth < 8; depth += 1) {
    if ('errcode' in at && typeof at.errcode === 'number') return at.errcode & 0xff
    const named = 'code' in at && typeof at.code === 'string' ? BY_ERROR_NAME.get(at.code) : undefined
    if (named !== undefined) return named
    const next: unknown = 'cause' in at ? at.cause : undefined
    at = next ?? ('reason' in at ? at.reason : undefined)
  }
  return undefined
}

/** What is wrong with the storage, by the error of a statement. */
export const troubleOf = (error: unknown): Trouble => {
  const code = codeOf(error)
  return (code === undefined ? undefined : BY_CODE.get(code)) ?? FAILED
}

/** The incident for work that waits because the storage fails; `what` is a sentence without its reason. */
export const storageTrouble = (accountId: string, what: string, error: unknown): News => {
  const { advice, kind, reason } = troubleOf(error)
  return {
    accountId,
    kind,
    severity: 'error',
    subject: what,
    happened: `${what}: ${reason}`,
    did: 'It waits and is tried again; nothing is acknowledged to WhatsApp before it is written, so nothing is lost',
    advice: `${advice}. The server goes on by itself`
  }
}
