// How much the database takes, and how much its disk has left: what the status of the store tells.
import { stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { Context, Effect, Layer } from 'effect'
import type { DiskSpace as Space } from '../../domain/publishing.ts'
import { DATABASE } from './sqlite/folder-inspection.ts'

/** The database, and its log of what is not in it yet. */
const FILES = [DATABASE, `${DATABASE}-wal`]

const sizeOf = async (file: string): Promise<number> => {
  try {
    return (await stat(file)).size
  } catch {
    return 0
  }
}

const measure = async (folder: string): Promise<Space> => {
  const [{ bavail, blocks, bsize }, ...sizes] = await Promise.all([
    statfs(folder),
    ...FILES.map(file => sizeOf(join(folder, file)))
  ])
  return {
    databaseBytes: sizes.reduce((sum, size) => sum + size, 0),
    freeBytes: bavail * bsize,
    totalBytes: blocks * bsize
  }
}

export class DiskSpace extends Context.Service<
  DiskSpace,
  {
    /** `null` where the system does not tell. */
    readonly read: Effect.Effect<Space | null>
  }
>()('backscroll/services/database/DiskSpace') {
  /** Of the data folder. */
  static readonly layer = (folder: string): Layer.Layer<DiskSpace> =>
    Layer.succeed(
      DiskSpace,
      DiskSpace.of({
        read: Effect.orElseSucceed(
          Effect.tryPromise(() => measure(folder)),
          () => null
        )
      })
    )
}
