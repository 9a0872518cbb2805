// Makes a backup of a data folder, of a running server too: the database of one moment, then the files beside it. The vault key is
// written elsewhere.
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import type { Effect } from 'effect'
import { copyDatabase, verifyCopy } from '../sqlite/copy.ts'
import { DATABASE, inspectFolder, VAULT_KEY } from '../sqlite/folder-inspection.ts'
import { attempt, type BackupError, refuse } from './failure.ts'
import { copyFiles, copyPrivately, isSameText, sha256Of } from './files.ts'
import { type Manifest, writeManifest } from './manifest.ts'

export interface BackupOptions {
  readonly dataDir: string
  /** A folder that does not exist yet, or is empty. */
  readonly target: string
  /** Where the vault key is written, beside the backup and not in it, unless it is there; it is left out when this is not given. */
  readonly keyFile: string | undefined
  /** Tables whose rows are counted, for whoever reads the result. */
  readonly counted: ReadonlyArray<string>
}

const checkTarget = ({ dataDir, keyFile, target }: BackupOptions): void => {
  const inside = (path: string, folder: string) => !relative(resolve(folder), resolve(path)).startsWith('..')
  if (inside(target, dataDir)) refuse('The backup cannot be made in DATA_DIR itself')
  if (keyFile !== undefined && inside(keyFile, target))
    refuse('The vault key belongs elsewhere: whoever finds it beside the backup can use the accounts')
  if (existsSync(target) && (!statSync(target).isDirectory() || readdirSync(target).length > 0))
    refuse(`${target} exists and is not an empty folder. Choose another one for each backup`)
}

const checkSource = ({ dataDir, keyFile }: BackupOptions): void => {
  const standing = inspectFolder(dataDir)
  if (standing.kind === 'refused') refuse(standing.refusal)
  if (standing.kind !== 'ours' || standing.isEmpty) refuse(`DATA_DIR (${dataDir}) has no database`)
  if (keyFile === undefined) return
  if (!existsSync(join(dataDir, VAULT_KEY)))
    refuse(
      `DATA_DIR (${dataDir}) has no ${VAULT_KEY}: the key is the value of VAULT_KEY, and has to be kept by you`
    )
  if (!existsSync(keyFile)) return
  if (statSync(keyFile).isDirectory()) refuse(`${keyFile} is a folder: name a file in it`)
  // From an earlier backup: one copy is enough.
  if (!isSameText(keyFile, join(dataDir, VAULT_KEY)))
    refuse(`${keyFile} exists and holds something else than the vault key. Name another file`)
}

const write = ({ counted, dataDir, keyFile, target }: BackupOptions): Manifest => {
  mkdirSync(target, { recursive: true, mode: 0o700 })
  chmodSync(target, 0o700)
  const database = join(target, DATABASE)
  copyDatabase(join(dataDir, DATABASE), database)
  chmodSync(database, 0o600)
  const contents = verifyCopy(database, counted)
  // After the database: what its messages name is there, unless it was removed since.
  const { bytes, count, damaged } = copyFiles(dataDir, target)
  for (const name of ['api-key.sha256'])
    if (existsSync(join(dataDir, name))) copyPrivately(join(dataDir, name), join(target, name))
  if (keyFile !== undefined && !existsSync(keyFile)) copyPrivately(join(dataDir, VAULT_KEY), keyFile)
  const manifest: Manifest = {
    format: 1,
    madeAt: Date.now(),
    database: { sha256: sha256Of(database), bytes: statSync(database).size, ...contents },
    files: { count, bytes },
    damagedFiles: damaged
  }
  writeManifest(target, manifest)
  return manifest
}

/** Answers what is in the backup, which was read completely once. Nothing is left of one that fails. */
export const makeBackup = (options: BackupOptions): Effect.Effect<Manifest, BackupError> =>
  attempt(() => {
    process.umask(0o077)
    checkTarget(options)
    checkSource(options)
    try {
      return write(options)
    } catch (cause) {
      rmSync(options.target, { recursive: true, force: true })
      throw cause
    }
  })
