// Copies the files beside a database, each of which is named by the SHA-256 of its content.
import { createHash } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync
} from 'node:fs'
import { join } from 'node:path'

/** The folders of a data folder that belong to its messages. */
const FOLDERS = ['media', 'outgoing']

const CHUNK_BYTES = 1_048_576
const HASH_NAME = /^[0-9a-f]{64}$/

export const sha256Of = (file: string): string => {
  const hash = createHash('sha256')
  const chunk = Buffer.alloc(CHUNK_BYTES)
  const handle = openSync(file, 'r')
  try {
    for (let read = readSync(handle, chunk); read > 0; read = readSync(handle, chunk))
      hash.update(chunk.subarray(0, read))
  } finally {
    closeSync(handle)
  }
  return hash.digest('hex')
}

/** Whether both are there and hold the same text, but for space around it. */
export const isSameText = (one: string, other: string): boolean =>
  existsSync(one) && readFileSync(one, 'utf8').trim() === readFileSync(other, 'utf8').trim()

/** Whole and on the disk before it has its name; readable by its owner only. */
export const copyPrivately = (from: string, to: string): void => {
  const unfinished = `${to}.part`
  copyFileSync(from, unfinished, constants.COPYFILE_FICLONE)
  chmodSync(unfinished, 0o600)
  const handle = openSync(unfinished, 'r+')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  renameSync(unfinished, to)
}

export interface CopiedFiles {
  readonly count: number
  readonly bytes: number
  /** Not copied: their content is not what their name says. */
  readonly damaged: ReadonlyArray<string>
}

const isMissing = (cause: unknown): boolean =>
  cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'

/** `undefined` when the file was removed meanwhile, as a running server does with what nobody needs. */
const copyChecked = (from: string, to: string, hash: string): number | 'damaged' | undefined => {
  try {
    copyPrivately(from, to)
  } catch (cause) {
    if (isMissing(cause)) return undefined
    throw cause
  }
  if (sha256Of(to) === hash) return statSync(to).size
  rmSync(to)
  return 'damaged'
}

/** Copies what the target does not have; uploads and downloads that are under way are left out. */
export const copyFiles = (from: string, to: string): CopiedFiles => {
  let [count, bytes] = [0, 0]
  const damaged: Array<string> = []
  for (const folder of FOLDERS) {
    if (!existsSync(join(from, folder))) continue
    mkdirSync(join(to, folder), { recursive: true, mode: 0o700 })
    for (const name of readdirSync(join(from, folder)).filter(file => HASH_NAME.test(file))) {
      const target = join(to, folder, name)
      if (existsSync(target)) continue
      const copied = copyChecked(join(from, folder, name), target, name)
      if (copied === 'damaged') damaged.push(`${folder}/${name}`)
      else if (copied !== undefined) {
        count += 1
        bytes += copied
      }
    }
  }
  return { count, bytes, damaged }
}
