// A real disk of a few MiB, to be filled and made read-only: a tmpfs of its own, where the system lets us mount one.
import { spawnSync } from 'node:child_process'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../../harness/server-process.ts'

export interface SmallDisk {
  readonly path: string
  readonly remove: () => void
  /** Writes until nothing more fits; the returned function frees it again. */
  readonly fill: () => () => void
  readonly mount: (mode: 'ro' | 'rw') => void
}

const run = (...args: ReadonlyArray<string>): boolean =>
  spawnSync(args[0] ?? '', args.slice(1), { stdio: 'ignore' }).status === 0

const make = (mebibytes: number): SmallDisk | undefined => {
  const { path, remove } = temporaryFolder()
  if (!run('mount', '-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=0700`, 'tmpfs', path)) {
    remove()
    return undefined
  }
  return {
    path,
    remove: () => {
      run('umount', '-l', path)
      remove()
    },
    mount: mode => {
      if (!run('mount', '-o', `remount,${mode}`, path)) throw new Error(`${path} cannot be mounted ${mode}`)
    },
    fill: () => {
      const file = join(path, 'filler')
      const handle = openSync(file, 'w')
      for (const size of [1_048_576, 4096, 1]) {
        try {
          while (writeSync(handle, Buffer.alloc(size)) === size);
        } catch (cause) {
          if (!(cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC')) throw cause
        }
      }
      closeSync(handle)
      return () => rmSync(file)
    }
  }
}

const probe = make(1)
probe?.remove()

/** Whether this machine lets a test have disks of its own (Linux, as root). */
export const canMount = probe !== undefined

export const smallDisk = (mebibytes: number): SmallDisk => {
  const disk = make(mebibytes)
  if (disk === undefined) throw new Error('A disk for tests cannot be mounted here')
  return disk
}
