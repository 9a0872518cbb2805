// What a power cut leaves of a database whose server has just been killed: the disk has what was flushed, and nothing else.
import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DATABASE } from '../../src/services/database/sqlite/folder-inspection.ts'
import { FRAME_HEADER_BYTES, HEADER_BYTES, type LogPlace, placeIn } from './flushed-log.ts'

/** What SQLite keeps about the log in the shared memory beside it. */
interface SharedPlace {
  readonly salts: string
  /** Frames of which a checkpoint has begun to copy pages into the database. SQLite flushes the log before. */
  readonly copied: number
}

const sharedOf = (database: string): SharedPlace | undefined => {
  const shared = `${database}-shm`
  if (!existsSync(shared)) return undefined
  const data = readFileSync(shared)
  return {
    salts: data.toString('hex', 32, 40),
    copied: Math.max(data.readUInt32LE(96), data.readUInt32LE(128))
  }
}

const recordedIn = (record: string): LogPlace | undefined => {
  // A server that was killed while it was written has not told anybody of that flush.
  try {
    return JSON.parse(readFileSync(record, 'utf8')) as LogPlace
  } catch {
    return undefined
  }
}

/** Takes away what was not flushed; answers how many bytes of the log that were. */
export const cutPower = (dataDir: string, record: string): number => {
  const database = join(dataDir, DATABASE)
  if (!existsSync(`${database}-wal`)) return 0
  const file = openSync(`${database}-wal`, 'r+')
  try {
    const written = placeIn(file)
    const flushed = recordedIn(record)
    const shared = sharedOf(database)
    if (written === undefined || flushed === undefined || shared?.salts !== written.salts) return 0
    const copied = HEADER_BYTES + shared.copied * (FRAME_HEADER_BYTES + written.pageBytes)
    const kept = Math.max(copied, flushed.salts === written.salts ? flushed.end : HEADER_BYTES)
    if (kept < fstatSync(file).size) ftruncateSync(file, kept)
    return Math.max(0, written.end - kept)
  } finally {
    closeSync(file)
  }
}
