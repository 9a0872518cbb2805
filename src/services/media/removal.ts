// Removing files: of messages that were deleted, unless another one has the same content, and such that no message knows.
import { Effect, type Semaphore, Stream } from 'effect'
import { encodedHash } from './download.ts'
import { MediaFiles } from './files.ts'
import type { Records } from './records.ts'

const ORPHANS_AT_ONCE = 100

/** `keeping` is held by whoever finds a file and refers to it, so that it is not removed in between. */
export const makeRemoval = Effect.fnUntraced(function* (records: Records, keeping: Semaphore.Semaphore) {
  const files = yield* MediaFiles

  /** Removes the file unless a message has it. */
  const removeUnreferred = Effect.fnUntraced(function* (hash: string) {
    const isReferred = yield* records.isReferred(hash)
    if (!isReferred) yield* files.remove(Buffer.from(hash, 'base64').toString('hex'))
    yield* records.forgetOrphan(hash)
  })

  const removeOrphans = Effect.gen(function* () {
    let orphans: ReadonlyArray<string>
    do {
      orphans = yield* records.orphans(ORPHANS_AT_ONCE)
      for (const hash of orphans) yield* keeping.withPermit(removeUnreferred(hash))
    } while (orphans.length === ORPHANS_AT_ONCE)
  })

  const removeUnknown = (before: number) =>
    Stream.runForEach(files.writtenBefore(before), file =>
      keeping.withPermit(removeUnreferred(encodedHash(file)))
    )

  return { removeUnreferred, removeOrphans, removeUnknown }
})
