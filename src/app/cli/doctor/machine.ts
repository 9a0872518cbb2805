// What `doctor` finds out about this machine without the network: settings, permissions, disk, database.
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Effect, Result } from 'effect'
import type { Config } from '../../../config.ts'
import { inspectFolder, DATABASE, VAULT_KEY } from '../../../services/database/sqlite/folder-inspection.ts'
import { sizeOf } from '../../../services/database/sqlite/database-file.ts'
import { readThrough } from '../../../services/database/sqlite/read-through.ts'
import { keyInFile, type KeyStanding, standingOf } from '../../../services/vault/key-of-database.ts'
import { failed, wordsOf } from '../failure.ts'
import { ENV_FILE, misspeltNames } from '../read-settings.ts'
import { plain, sizeText } from '../screen/style.ts'
import { bad, type Finding, ok, skipped, warning } from './finding.ts'

const OTHERS_CAN_READ = 0o077
const SECRETS = ['API_KEY', 'VAULT_KEY', 'WHATSAPP_PROXY_URL']

/** The settings as they were read, and names that are none. */
export const checkSettings = (settings: Result.Result<Config, string>): Finding => {
  if (Result.isFailure(settings))
    return bad(
      'settings',
      plain(settings.failure),
      'Correct it in the environment or in .env; `backscroll start --help` lists all settings'
    )
  const [misspelt] = misspeltNames()
  return misspelt === undefined
    ? ok('settings', 'every setting is usable')
    : warning('settings', misspelt, 'Correct the name, or remove it')
}

const othersCanRead = (file: string): boolean =>
  process.platform !== 'win32' && (statSync(file).mode & OTHERS_CAN_READ) !== 0

/** Files with secrets that others can read, and a server that runs with more rights than it needs. */
export const checkPermissions = ({ DATA_DIR }: Config): Finding => {
  const files = [ENV_FILE, join(DATA_DIR, VAULT_KEY), join(DATA_DIR, DATABASE)]
  const open = files.filter(file => existsSync(file) && othersCanRead(file))
  const [first] = open
  if (first === ENV_FILE && !SECRETS.some(name => (process.env[name] ?? '') !== ''))
    return ok('permissions', 'no file with secrets can be read by others')
  if (first !== undefined)
    return warning('permissions', `other users can read ${open.join(', ')}`, `chmod 600 ${open.join(' ')}`)
  if (process.getuid?.() === 0)
    return warning(
      'permissions',
      'this is root',
      'Run the server as a user of its own, who owns DATA_DIR (docs/deployment.md)'
    )
  return ok('permissions', 'no file with secrets can be read by others')
}

/** The folder, or the nearest one above it that there is. */
const existing = (folder: string): string =>
  existsSync(folder) ? folder : existing(dirname(resolve(folder)))

export const checkFolder = ({ DATA_DIR }: Config): Finding => {
  try {
    const standing = inspectFolder(DATA_DIR)
    if (standing.kind === 'refused') return bad('data folder', plain(standing.refusal), 'See there')
    if (standing.kind === 'ours' && standing.leftovers.length > 0)
      return bad(
        'data folder',
        `${DATA_DIR} has ${standing.leftovers.join(', ')}, but no database`,
        'Restore a backup (backscroll restore), or begin an empty database (backscroll start --new)'
      )
    const folder = existing(DATA_DIR)
    accessSync(folder, constants.W_OK | constants.X_OK)
    return ok('data folder', standing.kind === 'new' ? `${DATA_DIR} is made at the first start` : DATA_DIR)
  } catch (cause) {
    return bad(
      'data folder',
      wordsOf(cause),
      `Make ${DATA_DIR} writable for this user, or choose another DATA_DIR`
    )
  }
}

const SCARCE_BYTES = 1024 ** 3
const TOO_LITTLE_BYTES = 100 * 1024 ** 2

export const checkDisk = ({ DATA_DIR }: Config): Finding => {
  const { bavail, blocks, bsize } = statfsSync(existing(DATA_DIR))
  const free = bavail * bsize
  const found = `${sizeText(free)} free of ${sizeText(blocks * bsize)}`
  const advice =
    'Free some space, or move DATA_DIR to a larger disk: what cannot be written is not acknowledged'
  if (free < TOO_LITTLE_BYTES) return bad('disk', found, advice)
  return free < SCARCE_BYTES ? warning('disk', found, advice) : ok('disk', found)
}

const MEBIBYTE = 1024 ** 2

/** Reads the database as a start would. */
export const checkDatabase = ({ DATABASE_CHECK_MAX_MB, DATA_DIR }: Config): Effect.Effect<Finding> =>
  Effect.try({
    try: (): Finding => {
      const file = join(DATA_DIR, DATABASE)
      const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
      if (size === 0) return skipped('database', 'there is none yet')
      if (size > DATABASE_CHECK_MAX_MB * MEBIBYTE)
        return ok('database', `${sizeText(size)}, not read through: larger than DATABASE_CHECK_MAX_MB`)
      const damages = readThrough(file)
      return damages.length === 0
        ? ok('database', `${sizeText(size)}, read through without damage`)
        : bad(
            'database',
            damages.join('; '),
            'Keep the file, and restore DATA_DIR from a backup (docs/backup.md)'
          )
    },
    catch: cause => failed(wordsOf(cause))
  }).pipe(
    Effect.catch(({ message }) =>
      Effect.succeed(
        bad(
          'database',
          message,
          'Make the files in DATA_DIR readable for this user; if they are, restore a backup (docs/backup.md)'
        )
      )
    )
  )

/** Whether the server will open what it has sealed. */
export const checkKey = ({ DATA_DIR, VAULT_KEY: key }: Config): Effect.Effect<Finding> => {
  const database = join(DATA_DIR, DATABASE)
  const file = join(DATA_DIR, VAULT_KEY)
  const described = (standing: KeyStanding): Finding => {
    if (standing === 'unused') return skipped('vault key', 'nothing is sealed yet')
    return standing === 'opens'
      ? ok('vault key', 'opens the database')
      : bad(
          'vault key',
          'the database was written with another one',
          'Start with the key that belongs to it: VAULT_KEY, or the file vault.key in DATA_DIR'
        )
  }
  return Effect.suspend(() => {
    if ((sizeOf(database) ?? 0) === 0) return Effect.succeed(skipped('vault key', 'there is no database yet'))
    if (key === '' && !existsSync(file))
      return Effect.succeed(
        bad('vault key', `${file} is missing`, 'Put the file back, or set VAULT_KEY to what it held')
      )
    return Effect.map(standingOf(database, key === '' ? keyInFile(file) : key), described)
  }).pipe(Effect.catchDefect(() => Effect.succeed(skipped('vault key', 'the database cannot be read'))))
}
