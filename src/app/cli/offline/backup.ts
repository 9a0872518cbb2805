// Backs a data folder up and restores one.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Effect, Logger } from 'effect'
import type { Config } from '../../../config.ts'
import { makeBackup } from '../../../services/database/backup/backup.ts'
import { placeBackup, verifyBackup } from '../../../services/database/backup/restore.ts'
import { claim } from '../../../services/database/sqlite/data-folder.ts'
import { DATABASE, VAULT_KEY as KEY_FILE } from '../../../services/database/sqlite/folder-inspection.ts'
import { keyInFile, standingOf } from '../../../services/vault/key-of-database.ts'
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

/** The keys that the next start may use, each with what to say when it is another than that of the backup. */
const keysOf = ({ DATA_DIR, VAULT_KEY }: Config, keyFile: string | undefined) => {
  const own = join(DATA_DIR, KEY_FILE)
  const fromFile = keyFile ?? (VAULT_KEY === '' && existsSync(own) ? own : undefined)
  return [
    ...(fromFile === undefined
      ? []
      : [
          [
            keyInFile(fromFile),
            `${fromFile} is another vault key. Name the file of the right one (--key FILE)`
          ] as const
        ]),
    ...(VAULT_KEY === ''
      ? []
      : [[VAULT_KEY, 'VAULT_KEY is another vault key. Set it to the right one'] as const])
  ]
}

/** A key that does not belong to the backup is noticed now, and not when the server is started on it. */
const checkKeys = Effect.fnUntraced(function* (config: Config, { folder, keyFile }: BackupPlace) {
  for (const [key, advice] of keysOf(config, keyFile))
    if ((yield* standingOf(join(folder, DATABASE), key)) === 'another')
      return yield* failed(`The backup does not open with this key: ${advice}`)
})

/** Puts a backup into the data folder, which no server may use meanwhile. */
export const restore = (config: Config, place: BackupPlace) =>
  Effect.gen(function* () {
    const { DATA_DIR } = config
    const { folder, keyFile } = place
    const { database, madeAt } = yield* verifyBackup({ source: folder, keyFile })
    yield* checkKeys(config, place)
    yield* claim(DATA_DIR, { replacesDatabase: true })
    const placed = yield* placeBackup({ dataDir: DATA_DIR, source: folder, keyFile })
    return { dataDir: DATA_DIR, madeAt, ...database, ...placed }
  }).pipe(
    Effect.scoped,
    Effect.provide(Logger.layer([])),
    Effect.mapError(failure => failed(`Nothing was restored: ${wordsOf(failure)}`))
  )
