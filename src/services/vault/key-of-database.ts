// Whether a key is the one that a database was written with, found out without a server: before a restore, and by `doctor`.
import { readFileSync } from 'node:fs'
import { Effect } from 'effect'
import { firstRowIn } from '../database/sqlite/database-file.ts'
import { CHECK_LABEL, make } from './seal.ts'

/** The key in a file, as `vault.key` is. */
export const keyInFile = (file: string): Uint8Array =>
  Buffer.from(readFileSync(file, 'utf8').trim(), 'base64')

export type KeyStanding =
  | 'opens'
  | 'another'
  /** Nothing in the database is sealed yet. */
  | 'unused'

/** Throws when the file cannot be read. */
export const standingOf = (database: string, key: Uint8Array): Effect.Effect<KeyStanding> => {
  const sealed = firstRowIn(database, 'SELECT sealed FROM vault_check')?.['sealed']
  if (!(sealed instanceof Uint8Array)) return Effect.succeed('unused')
  return make(key)
    .open(CHECK_LABEL, sealed)
    .pipe(
      Effect.as('opens' as const),
      Effect.orElseSucceed(() => 'another' as const)
    )
}
