// Puts a backup into a data folder that this process owns. What was there is set aside, never removed. The next start of the server
// recognises the copy and fetches from the phones what came since.
import { existsSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { inspectDatabase } from '../sqlite/database-file.ts'
import { setAside } from '../sqlite/data-folder.ts'
import { DATABASE, VAULT_KEY } from '../sqlite/folder-inspection.ts'
import { newerThan } from '../migrations.ts'
import { attempt, refuse } from './failure.ts'
import { copyFiles, copyPrivately, isSameText, sha256Of } from './files.ts'
import { type Manifest, readManifest } from './manifest.ts'

export interface RestoreOptions {
  readonly dataDir: string
  readonly source: string
  /** The vault key of the backup; without it the folder's own is used, or VAULT_KEY. */
  readonly keyFile: string | undefined
}

const manifestOf = (source: string): Manifest => {
  try {
    return readManifest(source)
  } catch {
    return refuse(`${source} is no complete backup: its backup.json is missing or cannot be read`)
  }
}

const verify = ({ keyFile, source }: Pick<RestoreOptions, 'keyFile' | 'source'>): Manifest => {
  const manifest = manifestOf(source)
  const database = join(source, DATABASE)
  const found = inspectDatabase(database)
  if (found.kind !== 'ours') return refuse(`The database of the backup (${database}) is ${found.kind}`)
  const newer = newerThan(found.upgrades)
  if (newer !== undefined)
    refuse(
      `The backup was made by a newer version: its database has the upgrade ${newer.found.id}, and this version knows those up to ${newer.known.id}`
    )
  if (sha256Of(database) !== manifest.database.sha256)
    refuse(`The database of the backup (${database}) is not as it was made: its SHA-256 differs`)
  if (keyFile !== undefined && Buffer.from(readFileSync(keyFile, 'utf8').trim(), 'base64').length !== 32)
    refuse(`${keyFile} is no vault key`)
  return manifest
}

const placeKey = (dataDir: string, keyFile: string): void => {
  const key = join(dataDir, VAULT_KEY)
  if (isSameText(key, keyFile)) return
  if (existsSync(key)) renameSync(key, `${key}.${Date.now()}.old`)
  copyPrivately(keyFile, key)
}

const place = ({ dataDir, keyFile, source }: RestoreOptions) => {
  const unfinished = join(dataDir, `${DATABASE}.restoring`)
  copyPrivately(join(source, DATABASE), unfinished)
  const files = copyFiles(source, dataDir)
  const apiKey = join(source, 'api-key.sha256')
  if (existsSync(apiKey) && !existsSync(join(dataDir, 'api-key.sha256')))
    copyPrivately(apiKey, join(dataDir, 'api-key.sha256'))
  if (keyFile !== undefined) placeKey(dataDir, keyFile)
  // Last, and at once: until here the folder is as it was.
  const aside = setAside(dataDir, [DATABASE, `${DATABASE}-wal`, `${DATABASE}-shm`])
  renameSync(unfinished, join(dataDir, DATABASE))
  return { files: files.count, damagedFiles: files.damaged, aside }
}

/** Reads the backup completely, before anything in the data folder is changed. */
export const verifyBackup = (options: Pick<RestoreOptions, 'keyFile' | 'source'>) =>
  attempt(() => verify(options))

/** The data folder must be claimed. Answers what was put there, and under which names its former database is kept. */
export const placeBackup = (options: RestoreOptions) => attempt(() => place(options))
