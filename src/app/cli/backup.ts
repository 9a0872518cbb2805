// Backs a data folder up and restores one: npm run backup -- FOLDER, npm run restore -- FOLDER
import { Effect, Logger } from 'effect'
import { makeBackup } from '../../services/database/backup/backup.ts'
import { placeBackup, verifyBackup } from '../../services/database/backup/restore.ts'
import { claim } from '../../services/database/sqlite/data-folder.ts'
import { loadSettings, parseArguments, refuse, runCommand } from './terminal.ts'

const BACKUP_USAGE = `npm run backup -- [--key FILE] FOLDER

  Copies the database, received files and files that wait to be sent from DATA_DIR into a new folder, and reads the copy
  completely. The server may run meanwhile. The vault key is not in it: --key writes it to a file of its own, which has to
  be kept apart (docs/backup.md).
`

const RESTORE_USAGE = `npm run restore -- [--key FILE] FOLDER

  Puts a backup into DATA_DIR. The server must not run. The database that is there is set aside, not removed. The next
  start recognises the copy and asks the phones for what came since (docs/backup.md).
`

const OPTIONS = { key: { type: 'string' } } as const

const print = (result: object): void => void process.stdout.write(`${JSON.stringify(result)}\n`)

/** The one folder, and where the key is. */
const argumentsOf = (args: ReadonlyArray<string>, usage: string) => {
  const { paths, values } = parseArguments(args, OPTIONS, usage)
  const [folder, ...more] = paths
  if (folder === undefined || more.length > 0) return refuse(usage, 2)
  return { folder, keyFile: values.key }
}

const explain =
  (what: string) =>
  (failure: unknown): string =>
    `${what}: ${failure instanceof Error ? failure.message || failure.name : 'for an unknown reason'}`

export const backup = (args: ReadonlyArray<string>): void => {
  const { folder, keyFile } = argumentsOf(args, BACKUP_USAGE)
  const config = loadSettings(message => refuse(message, 2))
  const program = Effect.gen(function* () {
    const manifest = yield* makeBackup({
      dataDir: config.DATA_DIR,
      target: folder,
      keyFile,
      counted: ['accounts', 'messages']
    })
    print({ folder, key: keyFile ?? null, ...manifest })
    if (keyFile === undefined)
      process.stderr.write(
        'The vault key is not in the backup: without it the accounts have to be linked again. Keep it apart (--key FILE).\n'
      )
    for (const file of manifest.damagedFiles) process.stderr.write(`${file} is damaged and was left out.\n`)
  })
  runCommand(program, { explain: explain('No backup was made'), interrupted: 1 })
}

export const restore = (args: ReadonlyArray<string>): void => {
  const { folder, keyFile } = argumentsOf(args, RESTORE_USAGE)
  const config = loadSettings(message => refuse(message, 2))
  const program = Effect.gen(function* () {
    const { database, madeAt } = yield* verifyBackup({ source: folder, keyFile })
    yield* claim(config.DATA_DIR, { replacesDatabase: true })
    const placed = yield* placeBackup({ dataDir: config.DATA_DIR, source: folder, keyFile })
    print({ dataDir: config.DATA_DIR, madeAt, ...database, ...placed })
  })
  runCommand(program.pipe(Effect.scoped, Effect.provide(Logger.layer([]))), {
    explain: explain('Nothing was restored'),
    interrupted: 1
  })
}
