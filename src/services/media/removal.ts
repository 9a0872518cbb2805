// Removes files that no message refers to: those of deleted messages, and those that no message ever named.
import { Effect, type Semaphore, Stream } from 'effect'
import { encodedHash } from './download.ts'
import type { MediaFiles } from './files.ts'
import type { MessageFiles } from './message-files.ts'

const ORPHANS_AT_ONCE = 100

interface Removing {
  readonly files: MediaFiles['Service']
  readonly messageFiles: MessageFiles
  /** Held also while a file is found and then referred to, so that it is not removed in between. */
  readonly fileLock: Semaphore.Semaphore
}

/** The caller holds the lock. */
const removeUnreferenced = ({ files, messageFiles }: Removing) =>
  Effect.fnUntraced(function* (hash: string) {
    const isReferenced = yield* messageFiles.isReferenced(hash)
    if (!isReferenced) yield* files.remove(Buffer.from(hash, 'base64').toString('hex'))
    yield* messageFiles.removeOrphan(hash)
  })

const removeOrphans = Effect.fnUntraced(function* (removing: Removing) {
  const remove = removeUnreferenced(removing)
  let orphans: ReadonlyArray<string>
  do {
    orphans = yield* removing.messageFiles.orphans(ORPHANS_AT_ONCE)
    for (const hash of orphans) yield* removing.fileLock.withPermit(remove(hash))
  } while (orphans.length === ORPHANS_AT_ONCE)
})

const removeUnknown = (removing: Removing) => {
  const remove = removeUnreferenced(removing)
  return (before: number) =>
    Stream.runForEach(removing.files.writtenBefore(before), file =>
      removing.fileLock.withPermit(remove(encodedHash(file)))
    )
}

export const makeRemoval = (removing: Removing) => ({
  /** Removes the file with this hash (base64) unless a message has it. The caller holds the lock. */
  removeUnreferenced: removeUnreferenced(removing),
  /** Removes the files of deleted messages. */
  removeOrphans: removeOrphans(removing),
  /** Removes files that no message refers to and that were written before a time (milliseconds since 1970). */
  removeUnknown: removeUnknown(removing)
})

export type Removal = ReturnType<typeof makeRemoval>
