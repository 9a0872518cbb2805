// Files of this machine: new ones, and what is said where one cannot be read or made. The words of the system name a call and a code.
import { closeSync, openSync, rmSync } from 'node:fs'
import { Effect, Exit } from 'effect'
import { misused, wordsOf } from './failure.ts'

const codeOf = (cause: unknown): string =>
  cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : ''

const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'you may not do that there',
  EEXIST: 'there is a file or folder with this name already. Choose another name',
  EISDIR: 'it is a folder',
  ENOENT: 'there is no such file or folder',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of its path is a file',
  EPERM: 'you may not do that there',
  EROFS: 'it is on a disk that cannot be written'
}

export const wordsOfFileError = (cause: unknown): string => WORDS[codeOf(cause)] ?? wordsOf(cause)

export const cannotBeRead = (path: string, cause: unknown): string =>
  `${path} cannot be read: ${wordsOfFileError(cause)}`

export const cannotBeMade = (path: string, cause: unknown): string =>
  `${path} cannot be made: ${codeOf(cause) === 'ENOENT' ? 'the folder for it does not exist' : wordsOfFileError(cause)}`

export const cannotBeWritten = (path: string, cause: unknown): string =>
  `${path} cannot be written: ${wordsOfFileError(cause)}`

/**
 * A new file, for its owner only, as the number by which it is written. It is there at the end when the scope closes with success, and
 * not otherwise.
 */
export const newFile = (path: string) =>
  Effect.acquireRelease(
    Effect.try({
      try: () => openSync(path, 'wx', 0o600),
      catch: cause => misused(cannotBeMade(path, cause))
    }),
    (file, exit) =>
      Effect.sync(() => {
        closeSync(file)
        if (Exit.isFailure(exit)) rmSync(path, { force: true })
      })
  )
