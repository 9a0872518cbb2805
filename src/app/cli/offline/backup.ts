// Backs a data folder up and restores one.
import { Effect, Logger } from 'effect'
import type { Config } from '../../../config.ts'
import { makeBackup } from '../../../services/database/backup/backup.ts'
import { placeBackup, verifyBackup } from '../../../services/database/backup/restore.ts'
import { claim } from '../../../services/database/sqlite/data-folder.ts'
import { failed, wordsOf } from '../failure.ts'

export interface BackupPlace {
  readonly folder: string
  /** The file with the vault key. */
  readonly keyFile: string | undefined
}

/** Copies the data folder into a new one; the server may run meanwhile. */
export const backUp = ({ DATA_DIR }: Config, { folder, keyFile }: BackupPlace) =>
  makeBackup({ dataDir: DATA_DIR, target: folder, keyFile, counted: ['accounts', 'messages'] }).pipe(
    Effect.map(manifest => ({ folder, key: keyFile ?? null, ...manifest })),
    Effect.mapError(failure => failed(`No backup was made: ${wordsOf(failure)}`))
  )

/** Puts a backup into the data folder, which no server may use meanwhile. */
export const restore = ({ DATA_DIR }: Config, { folder, keyFile }: BackupPlace) =>
  Effect.gen(function* () {
    const { database, madeAt } = yield* verifyBackup({ source: folder, keyFile })
    yield* claim(DATA_DIR, { replacesDatabase: true })
    const placed = yield* placeBackup({ dataDir: DATA_DIR, source: folder, keyFile })
    return { dataDir: DATA_DIR, madeAt, ...database, ...placed }
  }).pipe(
    Effect.scoped,
    Effect.provide(Logger.layer([])),
    Effect.mapError(failure => failed(`Nothing was restored: ${wordsOf(failure)}`))
  )
